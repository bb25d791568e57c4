#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/model/matcher.h"
#include "base/mutex.h"
#include "storage/index/pair_table.h"
#include "storage/series_table.h"

namespace tocsin {

/// Finds series by matchers. What a regular expression matched among the values of a name is remembered, and only values that came since
/// are tried again; whole results are remembered until a series comes or goes. Threads: safe; callers hold the lock under which table and
/// pairs do not change.
class SeriesFinder {
 public:
  SeriesFinder(const SeriesTable& table, const PairTable& pairs) : table_(table), pairs_(pairs) {}

  using Slots = std::shared_ptr<const std::vector<uint32_t>>;

  /// The slots of the series for which all matchers hold, ascending.
  Slots Find(std::span<const Matcher> matchers) EXCLUDES(mu_);
  /// The same, in the order of the series' labels.
  Slots FindSorted(std::span<const Matcher> matchers) EXCLUDES(mu_);

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
    uint64_t version = 0;
    Slots slots;
    Slots sorted;
  };

  Pairs Evaluate(const Matcher& matcher) EXCLUDES(mu_);
  std::shared_ptr<const std::vector<PairId>> MatchingPairs(const Matcher& matcher, NameId name, bool wanted) EXCLUDES(mu_);
  std::vector<uint32_t> FindUncached(std::span<const Matcher> matchers);
  std::vector<uint32_t> Enumerate(const Pairs& pairs) const;
  void Filter(const Pairs& pairs, std::vector<uint32_t>* slots) const;
  std::vector<uint32_t> SortedByLabels(const std::vector<uint32_t>& slots) const;

  const SeriesTable& table_;
  const PairTable& pairs_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, Cached> matches_ GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Result> results_ GUARDED_BY(mu_);
  size_t result_slots_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin
