#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin {

/// The series (by their slot) that have one label pair: ascending, as varint differences, so that the usual neighbours take one byte each.
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
    const uint8_t* at = data_;
    uint32_t slot = 0;
    for (uint32_t i = 0; i < count_; ++i) {
      uint32_t delta = *at & 0x7f;
      for (int shift = 7; (*at++ & 0x80) != 0; shift += 7) {
        delta |= static_cast<uint32_t>(*at & 0x7f) << shift;
      }
      slot += delta;
      each(slot);
    }
  }

  uint32_t count() const { return count_; }
  size_t memory_bytes() const { return capacity_; }

 private:
  void Assign(const std::vector<uint32_t>& slots);
  void Swap(PostingList& other) noexcept;

  uint8_t* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  uint32_t count_ = 0;
  uint32_t last_ = 0;
};

}  // namespace tocsin
