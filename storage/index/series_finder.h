#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/model/matcher.h"
#include "base/mutex.h"
#include "storage/index/label_set_numbers.h"
#include "storage/index/pair_table.h"
#include "storage/series_table.h"

namespace tocsin {

/// Finds series by matchers. What a regular expression matched among the values of a name is remembered, and only values that came since
/// are tried again. Whole results are remembered as well: those that have gone are taken out of them, and series that came since are tried
/// one by one. Threads: safe; callers hold the lock under which table and pairs do not change.
class SeriesFinder {
 public:
  SeriesFinder(const SeriesTable& table, const PairTable& pairs) : table_(table), pairs_(pairs) {}

  using Slots = std::shared_ptr<const std::vector<uint32_t>>;

  /// The slots of the series for which all matchers hold, ascending.
  Slots Find(std::span<const Matcher> matchers) EXCLUDES(mu_) { return Find(matchers, false).slots; }
  /// The same, in the order of the series' labels.
  struct Sorted {
    Slots slots;
    std::shared_ptr<LabelSetNumbers> sets;  // of `slots`
  };
  Sorted FindSorted(std::span<const Matcher> matchers) EXCLUDES(mu_) { return Find(matchers, true).sorted; }

  size_t memory_bytes() const EXCLUDES(mu_);

 private:
  // The pairs of one name whose values make a matcher hold (for a matcher that holds without the label too: fail).
  struct Pairs {
    std::shared_ptr<const std::vector<PairId>> pairs;
    bool fail = false;
    uint64_t series = 0;  // in their posting lists together
  };
  struct Cached {
    uint64_t removals = 0;
    size_t tried = 0;
    std::shared_ptr<const std::vector<PairId>> pairs;
  };
  struct Result {
    SeriesTable::Version version;
    Slots slots;
    Sorted sorted;  // nulls: not asked for

    size_t size() const { return slots->size() + (sorted.slots == nullptr ? 0 : sorted.slots->size()); }
  };

  Pairs Evaluate(const Matcher& matcher) EXCLUDES(mu_);
  std::shared_ptr<const std::vector<PairId>> MatchingPairs(const Matcher& matcher, NameId name, bool wanted) EXCLUDES(mu_);
  Result Find(std::span<const Matcher> matchers, bool sorted) EXCLUDES(mu_);
  /// Brings a result up to date, if that costs less than to find it anew.
  bool Update(std::span<const Matcher> matchers, Result* result) const;
  void AddNewSlots(const std::vector<uint32_t>& added, Result* result) const;
  bool Matches(std::span<const Matcher> matchers, const Series& series) const;
  void Remember(const std::string& key, const Result& result) EXCLUDES(mu_);
  std::vector<uint32_t> FindUncached(std::span<const Matcher> matchers);
  std::vector<uint32_t> Enumerate(const Pairs& pairs) const;
  void Filter(const Pairs& pairs, std::vector<uint32_t>* slots) const;
  static Sorted SortedList(std::vector<uint32_t> slots);
  std::vector<uint32_t> SortedByLabels(const std::vector<uint32_t>& slots) const;
  bool LabelsLess(uint32_t a, uint32_t b) const;

  const SeriesTable& table_;
  const PairTable& pairs_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, Cached> matches_ GUARDED_BY(mu_);
  // Results asked for since the last change of generations, and those of the generation before, of which the others are forgotten.
  absl::flat_hash_map<std::string, Result> results_ GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Result> older_results_ GUARDED_BY(mu_);
  size_t result_slots_ GUARDED_BY(mu_) = 0;  // in results_
};

}  // namespace tocsin
