#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/histogram.h"
#include "base/types.h"
#include "engine/config/scrape_config.h"
#include "storage/appender.h"

namespace tocsin {

enum class MetricType : uint8_t { kUnknown, kCounter, kGauge, kHistogram, kGaugeHistogram, kSummary, kInfo, kStateset };

/// "unknown", "counter", ...
std::string_view ToString(MetricType type);

enum class EntryKind : uint8_t { kEnd, kError, kType, kHelp, kUnit, kComment, kSeries, kHistogram };

/// What a parser found last. Views are into the body, or last until the next entry.
struct ExpositionEntry {
  /// kSeries, kHistogram: the text that names the series, the same from one scrape to the next as long as the target writes it the same.
  std::string_view raw;
  double value = 0;
  bool has_timestamp = false;
  TimestampMs timestamp = 0;
  /// kHistogram; `integers`: it was exposed with whole counts.
  FloatHistogram histogram;
  bool integers = false;

  /// kType, kHelp, kUnit.
  std::string_view family;
  MetricType type = MetricType::kUnknown;
  std::string text;  ///< Help, unit or comment.
};

struct ExpositionOptions {
  bool type_and_unit_labels = false;
  /// Native histograms are not read; a histogram that has only native buckets then shows its count and sum.
  bool ignore_native_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  /// Classic series are given beside the native or converted histogram of the same name.
  bool keep_classic = false;
  /// `_created` lines are start timestamps and no series.
  bool created_timestamps = false;
};

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// Reads one exposition, entry by entry. The answers, and the texts of errors, are those of Prometheus 3.14's textparse.
class ExpositionParser {
 public:
  virtual ~ExpositionParser() = default;

  virtual EntryKind Next() = 0;
  const ExpositionEntry& entry() const { return entry_; }

  /// After kError.
  const std::string& error() const { return error_; }

  /// After kSeries or kHistogram: the labels in the order of the text, with __name__, values of `le` and `quantile` as OpenMetrics writes
  /// numbers. A name that is there twice stays twice.
  virtual void ReadLabels(LabelPairs* labels) = 0;

  /// The exemplars of the sample, one a call; false: no more.
  virtual bool NextExemplar(Exemplar* /*exemplar*/) { return false; }

  /// 0: unknown.
  virtual TimestampMs StartTimestamp() { return 0; }

  /// Whether times behind a value are seconds (OpenMetrics), not milliseconds.
  virtual bool times_are_seconds() const { return false; }

  // For bodies that are read piece by piece.

  /// Whether Continue may be called.
  virtual bool can_continue() const { return false; }
  /// After kEnd: the body goes on with whole lines, `last` ones or not. `*body` gets a line end where the format needs one, and must
  /// outlive this part's entries.
  virtual void Continue(std::string* /*body*/, bool /*last*/) {}

  // For formats of lines, where the caller knows the line at position() from the scrape before (see line_table.h).

  /// Whether these three may be called at all.
  virtual bool has_lines() const { return false; }
  /// Where the next line begins, and where the line of the last entry began.
  virtual size_t position() const { return 0; }
  virtual size_t entry_start() const { return 0; }
  /// Goes on behind a line (position() + its length) that the caller read by itself.
  virtual void SkipTo(size_t /*position*/) {}
  /// Behind a TYPE line.
  virtual void SkipType(size_t /*position*/, MetricType /*type*/) {}
  /// Next(), but the first `raw_length` bytes at position() are known to name a series: only what follows is read.
  virtual EntryKind NextKnown(size_t /*raw_length*/) { return Next(); }

 protected:
  EntryKind Fail(std::string error) {
    error_ = std::move(error);
    return EntryKind::kError;
  }

  ExpositionEntry entry_;
  std::string error_;
};

/// The parser for a Content-Type. `*body` gets a line end where the format needs one, and must outlive the parser.
/// Error: the target's type is not one of ours and there is no fallback (upstream's text). With a fallback, `*warning` says that it was
/// used.
absl::StatusOr<std::unique_ptr<ExpositionParser>> MakeExpositionParser(std::string* body, std::string_view content_type,
                                                                       std::optional<ScrapeProtocol> fallback,
                                                                       const ExpositionOptions& options, std::string* warning);

}  // namespace tocsin
