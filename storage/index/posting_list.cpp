#include "storage/index/posting_list.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace tocsin {
namespace {

constexpr uint32_t kPostingBytesMax = 5;

}  // namespace

PostingList::~PostingList() { std::free(data_); }

void PostingList::Add(uint32_t slot) {
  if (count_ > 0 && slot <= last_) {
    std::vector<uint32_t> slots;
    ForEach([&](uint32_t one) { slots.push_back(one); });
    const auto at = std::lower_bound(slots.begin(), slots.end(), slot);
    if (at == slots.end() || *at != slot) {
      slots.insert(at, slot);
      Assign(slots);
    }
    return;
  }
  uint32_t delta = slot - (count_ > 0 ? last_ : 0);
  const uint32_t bytes = delta < (1U << 7)    ? 1
                         : delta < (1U << 14) ? 2
                         : delta < (1U << 21) ? 3
                         : delta < (1U << 28) ? 4
                                              : kPostingBytesMax;
  if (size_ + bytes > capacity_) {
    capacity_ = (size_ + bytes + size_ / 8 + 7) & ~7U;
    data_ = static_cast<uint8_t*>(std::realloc(data_, capacity_));
    TOCSIN_CHECK(data_ != nullptr);
  }
  for (; delta >= 0x80; delta >>= 7) {
    data_[size_++] = static_cast<uint8_t>(delta | 0x80);
  }
  data_[size_++] = static_cast<uint8_t>(delta);
  last_ = slot;
  ++count_;
}

void PostingList::Assign(const std::vector<uint32_t>& slots) {
  std::free(data_);
  data_ = nullptr;
  size_ = capacity_ = count_ = last_ = 0;
  for (const uint32_t slot : slots) {
    Add(slot);
  }
}

void PostingList::Swap(PostingList& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(count_, other.count_);
  std::swap(last_, other.last_);
}

}  // namespace tocsin
