#include "storage/index/shared_pairs.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace tocsin {

SharedPairLists::~SharedPairLists() {
  for (List* list : lists_) {
    std::free(list);
  }
}

// One more than the limit when there are more.
size_t SharedPairLists::Differences(uint32_t list, std::span<const PairId> wanted, size_t limit) const {
  const std::span<const PairId> has = pairs(list);
  if (has.size() != wanted.size()) {
    return limit + 1;
  }
  size_t differences = 0;
  for (size_t i = 0; i < has.size() && differences <= limit; ++i) {
    differences += has[i] != wanted[i] ? 1 : 0;
  }
  return differences;
}

uint32_t SharedPairLists::NewList(std::span<const PairId> wanted) {
  uint32_t number = 0;
  if (free_.empty()) {
    number = static_cast<uint32_t>(lists_.size());
    lists_.push_back(nullptr);
  } else {
    number = free_.back();
    free_.pop_back();
  }
  auto* list = static_cast<List*>(std::malloc(sizeof(List) + wanted.size_bytes()));
  TOCSIN_CHECK(list != nullptr);
  *list = List{0, static_cast<uint32_t>(wanted.size())};
  std::memcpy(static_cast<void*>(list + 1), wanted.data(), wanted.size_bytes());
  lists_[number] = list;
  memory_bytes_ += sizeof(List) + wanted.size_bytes();
  return number;
}

SharedPairLists::Placed SharedPairLists::Place(std::span<const PairId> wanted) {
  Placed placed;
  size_t fewest = std::min(kOwnPairsMax, wanted.size() / 2) + 1;
  uint32_t best = kNoId;
  for (const uint32_t list : recent_) {
    if (list != kNoId && wanted.size() <= UINT8_MAX) {
      if (const size_t differences = Differences(list, wanted, fewest - 1); differences < fewest) {
        fewest = differences;
        best = list;
      }
    }
  }
  if (best == kNoId) {
    best = NewList(wanted);
    if (recent_[next_recent_] != kNoId) {
      Release(recent_[next_recent_]);
    }
    recent_[next_recent_] = best;
    next_recent_ = (next_recent_ + 1) % kRecent;
    ++lists_[best]->references;
  }
  ++lists_[best]->references;
  placed.list = best;
  const std::span<const PairId> has = pairs(best);
  for (size_t i = 0; i < has.size(); ++i) {
    if (has[i] != wanted[i]) {
      placed.own[placed.own_count] = wanted[i];
      placed.own_places[placed.own_count++] = static_cast<uint8_t>(i);
    }
  }
  return placed;
}

void SharedPairLists::Release(uint32_t list) {
  TOCSIN_CHECK(lists_[list]->references > 0);
  if (--lists_[list]->references == 0) {
    memory_bytes_ -= sizeof(List) + lists_[list]->size * sizeof(PairId);
    std::free(lists_[list]);
    lists_[list] = nullptr;
    free_.push_back(list);
  }
}

}  // namespace tocsin
