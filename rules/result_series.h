#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/model/labels.h"
#include "base/model/sample.h"
#include "storage/appender.h"

namespace tocsin::rules {

/// A series that a rule writes.
struct ResultSeriesEntry {
  Labels labels;
  SeriesRef ref = SeriesRef::kNone;
  uint64_t seen = 0;     // the evaluation in which the rule gave it
  uint64_t written = 0;  // the evaluation in which a sample of it was stored
};

/// A sample that a rule gave for one of its series.
struct ResultSample {
  ResultSeriesEntry* series = nullptr;
  double value = 0;
  HistogramPtr histogram;
};

struct WriteOutcome {
  /// The first error, in upstream's words; OK when every sample was stored.
  absl::Status status;
  bool durable = true;
  size_t out_of_order = 0;
  size_t too_old = 0;
  size_t duplicates = 0;
};

/// The series that one rule writes: their references in the store, and which of them ended, so that these get a staleness marker.
/// Threads: one at a time.
class ResultSeries {
 public:
  /// Begins an evaluation; samples are then collected with Find() and Write() ends it. An evaluation that fails is just not written.
  void BeginEvaluation() { ++evaluation_; }

  /// The entry of a label set, made when it is new. Valid until the end of the next Write().
  ResultSeriesEntry* Find(const Labels& labels);

  /// Marks the entry as given in this evaluation; false when it was already (two results with one label set).
  bool MarkSeen(ResultSeriesEntry* entry) {
    if (entry->seen == evaluation_) {
      return false;
    }
    entry->seen = evaluation_;
    return true;
  }

  /// Stores the samples at `t`, and a staleness marker for each series of the last written evaluation that is not among them.
  WriteOutcome Write(Appendable& store, TimestampMs t, const std::vector<ResultSample>& samples);

  /// Grows when entries were removed: pointers kept from before are then invalid.
  uint64_t removals() const { return removals_; }

  size_t size() const { return entries_.size(); }

  /// The series that have not ended.
  std::vector<Labels> Current() const;

  /// Goes on for the rule that `from` belonged to.
  void TakeOver(ResultSeries& from);

 private:
  bool AppendOne(Appender& appender, TimestampMs t, const ResultSample& sample, WriteOutcome* outcome);
  void AppendStaleMarkers(Appender& appender, TimestampMs t);

  absl::flat_hash_map<Labels, std::unique_ptr<ResultSeriesEntry>> entries_;
  uint64_t evaluation_ = 1;
  uint64_t last_written_ = 0;
  uint64_t removals_ = 0;
  std::vector<RefSample> batch_;
  std::vector<AppendResult> results_;
};

}  // namespace tocsin::rules
