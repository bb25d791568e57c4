#include "storage/index/posting_list.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace tocsin {
namespace {

// Of one item.
constexpr uint32_t kItemBytesMax = 10;

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
  const uint32_t difference = slot - last_;
  if (count_ == 0 || difference != last_difference_) {
    PutLastItem();
    last_difference_ = difference;
    last_times_ = 0;
  }
  ++last_times_;
  last_ = slot;
  ++count_;
}

void PostingList::PutVarint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    data_[size_++] = static_cast<uint8_t>(value | 0x80);
  }
  data_[size_++] = static_cast<uint8_t>(value);
}

void PostingList::PutLastItem() {
  if (last_times_ == 0) {
    return;
  }
  uint32_t needed = 0;
  for (uint64_t rest = uint64_t{last_difference_} << 1; needed == 0 || rest > 0; rest >>= 7) {
    ++needed;
  }
  needed = last_times_ > 1 ? kItemBytesMax : needed;
  if (size_ + needed > capacity_) {
    capacity_ = (size_ + needed + size_ / 8 + 7) & ~7U;
    data_ = static_cast<uint8_t*>(std::realloc(data_, capacity_));
    TOCSIN_CHECK(data_ != nullptr);
  }
  PutVarint(uint64_t{last_difference_} << 1 | (last_times_ > 1 ? 1 : 0));
  if (last_times_ > 1) {
    PutVarint(last_times_ - 1);
  }
}

void PostingList::Assign(const std::vector<uint32_t>& slots) {
  std::free(data_);
  data_ = nullptr;
  size_ = capacity_ = count_ = last_ = last_difference_ = last_times_ = 0;
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
  std::swap(last_difference_, other.last_difference_);
  std::swap(last_times_, other.last_times_);
}

}  // namespace tocsin
