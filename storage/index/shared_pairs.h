#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/index/pair_table.h"

namespace tocsin {

/// The label pairs of one series: those of a shared list, but for some that are its own.
/// Borrowed from the series and the list; gone with either.
class SeriesPairs {
 public:
  SeriesPairs(std::span<const PairId> shared, std::span<const PairId> own, const uint8_t* own_places)
      : shared_(shared), own_(own), own_places_(own_places) {}

  size_t size() const { return shared_.size(); }

  class Iterator {
   public:
    Iterator(const SeriesPairs& pairs, size_t place) : pairs_(pairs), place_(place) {}
    PairId operator*() const { return IsOwn() ? pairs_.own_[own_] : pairs_.shared_[place_]; }
    Iterator& operator++() {
      own_ += IsOwn() ? 1 : 0;
      ++place_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return place_ != other.place_; }

   private:
    bool IsOwn() const { return own_ < pairs_.own_.size() && pairs_.own_places_[own_] == place_; }

    const SeriesPairs& pairs_;
    size_t place_;
    size_t own_ = 0;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  std::span<const PairId> shared_;
  std::span<const PairId> own_;
  const uint8_t* own_places_;
};

/// Lists of label pairs, each shared by series that differ in few of them (the buckets of a histogram, the metrics of a pod): such a series
/// holds the number of a list and the pairs in which it differs.
/// Threads: const methods from many threads, others alone (the head's lock).
class SharedPairLists {
 public:
  /// A series differs in at most so many pairs from its list.
  static constexpr size_t kOwnPairsMax = 6;

  SharedPairLists() { recent_.fill(kNoId); }
  ~SharedPairLists();
  SharedPairLists(const SharedPairLists&) = delete;
  SharedPairLists& operator=(const SharedPairLists&) = delete;

  struct Placed {
    uint32_t list = 0;
    uint8_t own_count = 0;
    std::array<PairId, kOwnPairsMax> own;
    std::array<uint8_t, kOwnPairsMax> own_places;
  };

  /// A list for these pairs, one of the last ones used or a new one; one more reference.
  Placed Place(std::span<const PairId> pairs);
  void Release(uint32_t list);

  std::span<const PairId> pairs(uint32_t list) const { return {reinterpret_cast<const PairId*>(lists_[list] + 1), lists_[list]->size}; }

  size_t list_count() const { return lists_.size() - free_.size(); }
  size_t memory_bytes() const { return memory_bytes_ + lists_.capacity() * sizeof(List*); }

 private:
  // The pairs follow.
  struct List {
    uint32_t references;
    uint32_t size;
  };
  // Lists at hand for the next series; each counts as a reference.
  static constexpr size_t kRecent = 4;

  size_t Differences(uint32_t list, std::span<const PairId> pairs, size_t limit) const;
  uint32_t NewList(std::span<const PairId> pairs);

  std::vector<List*> lists_;
  std::vector<uint32_t> free_;
  std::array<uint32_t, kRecent> recent_;
  size_t next_recent_ = 0;
  size_t memory_bytes_ = 0;
};

}  // namespace tocsin
