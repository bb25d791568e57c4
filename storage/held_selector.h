#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/model/labels.h"
#include "base/model/matcher.h"
#include "base/model/sample.h"
#include "base/types.h"

namespace tocsin {

/// A series of a held selector; `id` as SelectedSeries::id().
struct HeldSeries {
  uint64_t id = 0;
  Labels labels;
};

/// How far a reader of one series has come.
struct SampleCursor {
  TimestampMs t = kMinTimestamp;  ///< the last sample seen
  uint64_t rewrites = 0;          ///< how often the series' past had changed by then
};

/// A selector that stays open: the store keeps its set of series, so that nobody searches for them again.
/// Threads: one thread at a time; several held selectors may be used at once. Must not outlive its store.
class HeldSelector {
 public:
  virtual ~HeldSelector() = default;

  /// Changes when series join or leave.
  virtual uint64_t version() const = 0;

  /// The series that joined and left since the last call; the first call tells all as joined.
  struct Changes {
    std::vector<HeldSeries> joined;
    std::vector<uint64_t> left;
  };
  virtual Changes TakeChanges() = 0;

  virtual size_t series_count() const = 0;

  /// Appends the samples after the cursor and up to max_t, and moves the cursor. False, and nothing is read, when the series' past has
  /// changed since (out-of-order samples, deletions) or the series has gone: then start anew with SampleCursor{}, or leave the series out.
  virtual bool ReadSince(uint64_t id, TimestampMs max_t, SampleCursor* cursor, SampleColumns* out) = 0;
};

/// The set of one held selector inside the head.
struct HeldSet {
  std::vector<Matcher> matchers;
  absl::flat_hash_set<uint32_t> slots;
  std::vector<HeldSeries> joined;
  std::vector<uint64_t> left;
  uint64_t version = 1;
  bool keeps_history = true;

  bool Matches(const Labels& labels) const;
};

/// All held selectors of a head, found by the metric name they ask for.
/// Threads: the head's lock.
class HeldRegistry {
 public:
  void Add(HeldSet* set);
  void Remove(HeldSet* set);
  void OnSeriesAdded(uint32_t slot, const Labels& labels);
  void OnSeriesRemoved(uint32_t slot);
  /// By slot, for slots below `end`: whether any held selector that keeps history reads it.
  std::vector<bool> HeldSlots(uint32_t end) const;
  bool empty() const { return all_.empty(); }

 private:
  std::vector<HeldSet*> all_;
  absl::flat_hash_map<std::string, std::vector<HeldSet*>> by_metric_;
  std::vector<HeldSet*> of_any_metric_;
};

}  // namespace tocsin
