#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/types.h"
#include "storage/appender.h"

namespace tocsin {

/// The newest exemplars of all series, in one bounded ring. Of a series they come in ascending time.
/// Threads: the head's lock.
class ExemplarRing {
 public:
  explicit ExemplarRing(size_t max) : max_(max) {}

  /// kOk (also for one equal to the series' newest, which is not kept again), or kOutOfOrder for one older than the series' newest.
  AppendResult Check(uint32_t slot, const Exemplar& exemplar) const;
  /// What Check lets pass.
  void Add(uint32_t slot, Exemplar exemplar);

  /// Of one series, with min_t <= t <= max_t, ascending.
  std::vector<Exemplar> Of(uint32_t slot, TimestampMs min_t, TimestampMs max_t) const;

  template <typename Each>
  void ForEach(Each each) const {
    for (size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[(next_ + i) % entries_.size()];
      each(entry.slot, entry.exemplar);
    }
  }

  void DropSeries(uint32_t slot) { newest_.erase(slot); }

  size_t size() const { return entries_.size(); }
  size_t max() const { return max_; }
  size_t series_count() const { return newest_.size(); }
  TimestampMs oldest_time() const { return entries_.empty() ? 0 : entries_[entries_.size() < max_ ? 0 : next_].exemplar.t; }

 private:
  struct Entry {
    uint32_t slot;
    Exemplar exemplar;
  };

  size_t max_;
  size_t next_ = 0;
  std::vector<Entry> entries_;
  absl::flat_hash_map<uint32_t, size_t> newest_;  // the place of each series' newest
};

}  // namespace tocsin
