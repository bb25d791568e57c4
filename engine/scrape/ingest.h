#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/memory_budget.h"
#include "engine/config/scrape_config.h"
#include "engine/scrape/body_pieces.h"
#include "engine/scrape/exposition/parser.h"
#include "engine/scrape/line_table.h"
#include "engine/scrape/metadata_table.h"
#include "engine/scrape/target.h"
#include "storage/appender.h"

namespace tocsin {

/// What one target's scrapes leave for the next one.
struct ScrapeMemory {
  LineTable lines;
  MetadataTable metadata;
  uint64_t scrape = 0;        ///< Counts the scrapes.
  MemoryReserve next_scrape;  ///< What that will take while it lasts, where it is large.
};

struct IngestOptions {
  bool created_timestamps = false;
  bool type_and_unit_labels = false;
  bool append_metadata = false;
  MemoryBudget* memory_budget = nullptr;  ///< Null: no limit.
};

/// What a scrape came to; the names of the report series are in brackets.
struct IngestCounts {
  size_t scraped = 0;  ///< Samples in the exposition (scrape_samples_scraped).
  size_t kept = 0;     ///< Without those that relabelling dropped (scrape_samples_post_metric_relabeling).
  size_t added = 0;    ///< New series (scrape_series_added).
  size_t refused = 0;  ///< New series that the memory budget did not admit.
  size_t matched = 0;  ///< Lines known from the scrape before.
  size_t parsed = 0;   ///< Entries that the parser read whole.
  size_t out_of_order = 0;
  size_t duplicates = 0;
  size_t out_of_bounds = 0;
  size_t exemplars_out_of_order = 0;
  bool sample_limit_hit = false;
  bool bucket_limit_hit = false;
  bool label_limit_hit = false;
};

/// Samples further ahead of now than this are out of bounds.
inline constexpr DurationMs kScrapeAheadMaxMs = 10 * kMinute;

/// Reads one exposition into one transaction, ends the series that are gone, and remembers the lines.
class Ingest {
 public:
  Ingest(const Target& target, const ScrapeConfig& config, const IngestOptions& options, ScrapeMemory* memory)
      : target_(target), config_(config), options_(options), memory_(memory) {}

  /// `t` is the time of samples without one. The body changes (parsers add a line end). On an error nothing must be kept of `appender`
  /// (roll it back) and the memory is as before; the series then end with EndAll in another transaction. ABORTED: the store has dropped
  /// series that the memory named; that is noted, do the same again with a new transaction.
  /// With `pieces` the body is read from there, one after the other into `body`.
  absl::Status Run(std::string* body, std::string_view content_type, TimestampMs t, TimestampMs now, Appender* appender,
                   BodyPieces* pieces = nullptr);

  const IngestCounts& counts() const { return counts_; }

 private:
  static constexpr size_t kBatchSamples = 2048;

  size_t TakeKnownLines();
  bool TakeKnownSeries(LineTable::Line* line, size_t* position);
  bool TakeKnownMetadata(const LineTable::Line& line, size_t* position);
  absl::Status ReadEntries();
  absl::Status NextPiece(std::string* body);
  bool MayRemember();
  absl::Status OnSeries(EntryKind kind);
  void OnMetadata(EntryKind kind);
  absl::Status OnUnknownSeries(EntryKind kind, LineTable::Line* line, uint64_t hash, bool twice);
  absl::Status AppendEntry(EntryKind kind, SeriesRef ref);
  absl::Status AppendHistogram(SeriesRef ref, TimestampMs t);
  void AppendExemplars(EntryKind kind, SeriesRef ref, TimestampMs t);
  void AppendMetadata(SeriesRef ref, const Labels& labels);
  bool UnderSampleLimit();
  void Track(LineTable::Line* line, bool has_timestamp);
  void Push(SeriesRef ref, TimestampMs t, double value);
  void Flush();
  void Count(AppendResult result, SeriesRef ref);
  void EndVanished(TimestampMs t);
  void RememberMetadata();

  const Target& target_;
  const ScrapeConfig& config_;
  const IngestOptions options_;
  ScrapeMemory* const memory_;
  IngestCounts counts_;

  // Of one Run.
  std::string_view body_;
  std::string* buffer_ = nullptr;  // that body_ is in
  BodyPieces* pieces_ = nullptr;
  TimestampMs t_ = 0;
  TimestampMs latest_t_ = 0;
  Appender* appender_ = nullptr;
  std::unique_ptr<ExpositionParser> parser_;
  std::optional<LineWalk> walk_;
  std::vector<RefSample> batch_;  ///< The first batch_size_ count.
  size_t batch_size_ = 0;
  std::vector<AppendResult> results_;
  absl::flat_hash_set<SeriesRef> gone_;
  std::vector<SeriesRef> untracked_;
  size_t limited_ = 0;
  LabelPairs pairs_;
  std::optional<uint32_t> family_place_;
};

/// Stale markers. Results do not count: a series that is back meanwhile is newer than its marker.
void AppendMarkers(std::span<const RefSample> markers, Appender* appender);

/// A scrape that failed or said nothing: every series of the target ends at `t`.
void EndAllSeries(LineTable* lines, TimestampMs t, Appender* appender);

}  // namespace tocsin
