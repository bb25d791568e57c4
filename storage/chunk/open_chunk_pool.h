#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "storage/chunk/xor_chunk.h"

namespace tocsin {

/// The buffers of open chunks, without holes.
///
/// Open chunks begin together, grow together through the same sizes and end together, each at its own pace: a general allocator is left
/// with pages of which a few bytes are in use. Here the buffers of one size lie side by side in pages; where one leaves, the last one is
/// moved into its place and its owner's pointer is set anew, so that pages are full but for the last of each size. Threads: the head's
/// lock; pools are used side by side by a replay.
class OpenChunkPool {
 public:
  /// Finds the pointer to the buffer of an owner.
  using PlaceOf = uint8_t** (*)(const void* owners, uint32_t owner);

  OpenChunkPool() = default;
  ~OpenChunkPool();
  OpenChunkPool(const OpenChunkPool&) = delete;
  OpenChunkPool& operator=(const OpenChunkPool&) = delete;

  void SetOwners(const void* owners, PlaceOf place_of) {
    owners_ = owners;
    place_of_ = place_of;
  }

  /// A buffer of at least `needed` bytes with the first `used` ones of `buffer` (null: none yet), which is given back. The owner's pointer
  /// must be set to it before the next call.
  uint8_t* Grow(uint32_t owner, uint8_t* buffer, size_t used, size_t needed, uint16_t* capacity);
  void Free(uint8_t* buffer, uint16_t capacity);

  /// Beside a buffer: the last marks of its chunk. None in a new one.
  struct Marks {
    XorMark earlier = 0;
    XorMark last = 0;
  };
  static Marks MarksOf(const uint8_t* buffer) {
    Marks marks;
    std::memcpy(&marks, buffer - sizeof(Marks), sizeof(Marks));
    return marks;
  }
  static void SetMarks(const Marks& marks, uint8_t* buffer) { std::memcpy(buffer - sizeof(Marks), &marks, sizeof(Marks)); }

  /// A capacity in one byte, and back; 0 is 0.
  static uint8_t Steps(uint16_t capacity) { return static_cast<uint8_t>(CellBytes(capacity) / kStepBytes); }
  static uint16_t Capacity(uint8_t steps) { return steps == 0 ? 0 : static_cast<uint16_t>(steps * kStepBytes - kHeadBytes); }
  /// Beside each buffer.
  static constexpr size_t kHeadBytes = sizeof(uint32_t) + sizeof(Marks);
  static constexpr size_t kCapacityMax = 255 * 16 - kHeadBytes;

  /// Bytes of all pages.
  size_t memory_bytes() const { return page_count_ * kPageBytes + large_bytes_; }

 private:
  static constexpr size_t kStepBytes = 16;
  static constexpr size_t kCellBytesMax = 512;  // above, each buffer is an allocation of its own
  static constexpr size_t kPageBytes = 8192;
  static constexpr size_t kClasses = kCellBytesMax / kStepBytes;

  // A cell is the owner's number, the marks and the buffer.
  struct Class {
    std::vector<std::unique_ptr<uint8_t[]>> pages;
    size_t cells = 0;
  };

  static size_t CellBytes(size_t capacity) { return capacity + kHeadBytes; }
  uint8_t* TakeCell(size_t cell_bytes);
  void GiveCell(uint8_t* cell, size_t cell_bytes);
  uint8_t* CellAt(const Class& of, size_t index, size_t cell_bytes) const;

  const void* owners_ = nullptr;
  PlaceOf place_of_ = nullptr;
  std::array<Class, kClasses> classes_;
  size_t page_count_ = 0;
  size_t large_bytes_ = 0;
};

/// Some pools, so that threads which work on different series need no lock: the one of a series follows from its slot.
class OpenChunkPools {
 public:
  static constexpr uint32_t kCount = 4;

  OpenChunkPools(const void* owners, OpenChunkPool::PlaceOf place_of) {
    for (OpenChunkPool& pool : pools_) {
      pool.SetOwners(owners, place_of);
    }
  }

  /// Neighbours share a pool, so that threads do not write to the same cache lines.
  static uint32_t NumberOf(uint32_t slot) { return (slot >> 6) % kCount; }
  OpenChunkPool& Of(uint32_t slot) { return pools_[NumberOf(slot)]; }

  size_t memory_bytes() const {
    size_t bytes = 0;
    for (const OpenChunkPool& pool : pools_) {
      bytes += pool.memory_bytes();
    }
    return bytes;
  }

 private:
  std::array<OpenChunkPool, kCount> pools_;
};

/// The buffer of one owner in a pool, for XorAppend.
class PooledXorMemory : public XorMemory {
 public:
  PooledXorMemory(OpenChunkPool& pool, uint32_t owner) : pool_(pool), owner_(owner) {}
  uint8_t* Grow(uint8_t* buffer, size_t used, size_t needed, uint16_t* capacity) override {
    return pool_.Grow(owner_, buffer, used, needed, capacity);
  }

 private:
  OpenChunkPool& pool_;
  uint32_t owner_;
};

}  // namespace tocsin
