#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/model/labels.h"
#include "base/mutex.h"

namespace tocsin {

/// Which series of a list have the same labels among some names.
struct LabelSetPlaces {
  static constexpr uint32_t kGone = UINT32_MAX;

  std::vector<uint32_t> set_of;  ///< an entry a series: the number of its set, or kGone where the series had gone already
  uint32_t sets = 0;
  std::string encoded;         ///< the labels of all sets, one after the other
  std::vector<uint32_t> ends;  ///< where those of each set end in it; empty when none are kept

  /// `labels` has an entry a set, or none.
  void SetLabels(const std::vector<Labels>& labels) {
    constexpr size_t kEncodedMax = size_t{16} << 20;
    for (const Labels& set : labels) {
      encoded += set.encoded();
      ends.push_back(static_cast<uint32_t>(encoded.size()));
      if (encoded.size() > kEncodedMax) {
        encoded.clear();
        ends.clear();
        break;
      }
    }
    encoded.shrink_to_fit();
  }
  Labels LabelsOf(uint32_t set) const {
    const uint32_t begin = set == 0 ? 0 : ends[set - 1];
    return Labels::FromEncoded(encoded.substr(begin, ends[set] - begin));
  }
  size_t memory_bytes() const { return (set_of.capacity() + ends.capacity()) * sizeof(uint32_t) + encoded.capacity(); }
};

/// The LabelSetPlaces of one list of series for the names asked for last: a query that comes again, as those of rules do, need not look
/// at the labels of each series. Lives and goes with the list, which does not change. Threads: safe.
class LabelSetNumbers {
 public:
  using Places = std::shared_ptr<const LabelSetPlaces>;
  static constexpr size_t kMost = 3;

  /// Null: not known.
  Places Find(const std::vector<std::string>& names) const EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    for (const Entry& entry : entries_) {
      if (entry.names == names) {
        return entry.places;
      }
    }
    return nullptr;
  }

  void Add(const std::vector<std::string>& names, Places places) EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    if (entries_.size() == kMost) {
      entries_.erase(entries_.begin());
    }
    entries_.push_back({names, std::move(places)});
  }

  size_t memory_bytes() const EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    size_t bytes = 0;
    for (const Entry& entry : entries_) {
      bytes += entry.places->memory_bytes();
    }
    return bytes;
  }

 private:
  struct Entry {
    std::vector<std::string> names;
    Places places;
  };

  mutable Mutex mu_;
  std::vector<Entry> entries_ GUARDED_BY(mu_);
};

}  // namespace tocsin
