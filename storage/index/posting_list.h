#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin {

/// The series (by their slot) that have one label pair: ascending, as differences, with equal ones in a row counted: series of one target
/// come one after the other, and a bucket's come in equal steps, so that most lists are a few bytes.
///
/// Bytes: varint (difference << 1 | repeated), and when repeated a varint of how often more than once. The last such item is kept apart.
class PostingList {
 public:
  PostingList() = default;
  PostingList(const PostingList&) = delete;
  PostingList& operator=(const PostingList&) = delete;
  PostingList(PostingList&& other) noexcept { Swap(other); }
  PostingList& operator=(PostingList&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~PostingList();

  /// Usually slots come in ascending order; another order costs a rewrite of the list. A slot that is there already is not added again.
  void Add(uint32_t slot);

  /// Removes the slots for which dead(slot) holds.
  template <typename Dead>
  void RemoveIf(Dead dead) {
    std::vector<uint32_t> kept;
    kept.reserve(count_);
    ForEach([&](uint32_t slot) {
      if (!dead(slot)) {
        kept.push_back(slot);
      }
    });
    if (kept.size() != count_) {
      Assign(kept);
    }
  }

  template <typename Each>
  void ForEach(Each each) const {
    uint32_t slot = 0;
    const auto walk = [&](uint32_t difference, uint32_t times) {
      for (uint32_t i = 0; i < times; ++i) {
        slot += difference;
        each(slot);
      }
    };
    for (const uint8_t* at = data_; at != data_ + size_;) {
      const uint64_t difference = TakeVarint(&at);
      walk(static_cast<uint32_t>(difference >> 1), (difference & 1) == 0 ? 1 : static_cast<uint32_t>(TakeVarint(&at)) + 1);
    }
    walk(last_difference_, last_times_);
  }

  uint32_t count() const { return count_; }
  size_t memory_bytes() const { return capacity_; }

 private:
  static uint64_t TakeVarint(const uint8_t** at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t byte = *(*at)++;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }
  void PutLastItem();
  void PutVarint(uint64_t value);
  void Assign(const std::vector<uint32_t>& slots);
  void Swap(PostingList& other) noexcept;

  uint8_t* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  uint32_t count_ = 0;
  uint32_t last_ = 0;
  uint32_t last_difference_ = 0;
  uint32_t last_times_ = 0;
};

}  // namespace tocsin
