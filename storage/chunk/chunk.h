#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/model/sample.h"
#include "base/types.h"
#include "storage/chunk/xor_chunk.h"

namespace tocsin {

/// Numbers as in Prometheus's chunk files and its streamed remote read.
enum class ChunkEncoding : uint8_t { kNone = 0, kXor = 1, kHistogram = 2, kFloatHistogram = 3 };

/// The least and the most bytes that a chunk may have to be taken for one.
inline constexpr size_t kChunkBytesMax = 1 << 24;

/// Appends the samples with min_t <= t <= max_t; brings `histograms` of `out` to length when it is in use. False when the bytes are
/// damaged.
bool ReadChunk(ChunkEncoding encoding, std::span<const uint8_t> bytes, TimestampMs min_t, TimestampMs max_t, SampleColumns* out);

/// The same of an XOR chunk from the tail's mark on; false, and nothing appended, when that is not enough.
bool ReadChunkTail(std::span<const uint8_t> bytes, const XorTail& tail, TimestampMs min_t, TimestampMs max_t, SampleColumns* out);

/// A closed chunk: immutable, shared by reference, in Prometheus's encoding as it would lie in a block. One allocation: this header, the
/// bytes and, where there is one, what is known of the tail behind it.
/// Threads: safe.
class Chunk {
 public:
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  TimestampMs min_t() const { return min_t_; }
  TimestampMs max_t() const { return max_t_; }
  ChunkEncoding encoding() const { return static_cast<ChunkEncoding>(encoding_); }
  std::span<const uint8_t> bytes() const { return {reinterpret_cast<const uint8_t*>(this + 1), size_}; }
  uint16_t sample_count() const;
  size_t memory_bytes() const { return sizeof(Chunk) + size_ + (has_tail_ ? sizeof(Tail) : 0); }
  /// Without a mark when there is none.
  XorTail tail() const;

 private:
  friend class ChunkPtr;
  // The rest of XorTail; the number of samples behind the mark is in the six highest bits of it, which a mark does not use.
  struct Tail {
    XorMark mark;
    uint32_t delta;
    double last_value;
  };
  static constexpr int kTailCountShift = 26;
  static constexpr uint16_t kTailSamplesMax = 63;

  Chunk(TimestampMs min_t, TimestampMs max_t, ChunkEncoding encoding, size_t size, bool has_tail)
      : min_t_(min_t),
        max_t_(max_t),
        references_(1),
        size_(static_cast<uint32_t>(size) & 0xffffff),
        encoding_(static_cast<uint32_t>(encoding) & 0x7f),
        has_tail_(has_tail) {}

  TimestampMs min_t_;
  TimestampMs max_t_;
  std::atomic<uint32_t> references_;
  uint32_t size_ : 24;
  uint32_t encoding_ : 7;
  uint32_t has_tail_ : 1;
};

/// A counted reference to a Chunk, one pointer large.
class ChunkPtr {
 public:
  ChunkPtr() = default;
  /// `tail`: of an XOR chunk, whose last sample is at max_t.
  static ChunkPtr Make(TimestampMs min_t, TimestampMs max_t, ChunkEncoding encoding, std::span<const uint8_t> bytes,
                       const XorTail& tail = XorTail{});
  ChunkPtr(const ChunkPtr& other) : chunk_(other.chunk_) { Acquire(); }
  ChunkPtr(ChunkPtr&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  ChunkPtr& operator=(ChunkPtr other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~ChunkPtr() { Release(); }

  const Chunk& operator*() const { return *chunk_; }
  const Chunk* operator->() const { return chunk_; }
  explicit operator bool() const { return chunk_ != nullptr; }

 private:
  void Acquire();
  void Release();

  Chunk* chunk_ = nullptr;
};

/// The closed chunks of a series in order of time: one pointer large, and no allocation while there are none.
class ChunkList {
 public:
  ChunkList() = default;
  ChunkList(const ChunkList&) = delete;
  ChunkList& operator=(const ChunkList&) = delete;
  ChunkList(ChunkList&& other) noexcept : items_(std::exchange(other.items_, nullptr)) {}
  ChunkList& operator=(ChunkList&& other) noexcept {
    std::swap(items_, other.items_);
    return *this;
  }
  ~ChunkList() { Drop(size()); }

  size_t size() const { return items_ == nullptr ? 0 : items_->size; }
  bool empty() const { return items_ == nullptr; }
  const ChunkPtr& operator[](size_t i) const { return items_->chunks()[i]; }
  const ChunkPtr& front() const { return (*this)[0]; }
  const ChunkPtr& back() const { return (*this)[size() - 1]; }

  /// Asks for the list to be brought into the cache.
  void Prefetch() const { __builtin_prefetch(items_); }

  void Append(ChunkPtr chunk);
  /// The `count` oldest go.
  void Drop(size_t count);
  void DropLast() { Replace(size() - 1, ChunkPtr()); }
  /// Of one chunk, by another one or, null, by nothing.
  void Replace(size_t i, ChunkPtr chunk);

  /// Of this list, without the chunks.
  size_t memory_bytes() const { return items_ == nullptr ? 0 : sizeof(Items) + items_->capacity * sizeof(ChunkPtr); }

 private:
  struct Items {
    uint32_t size;
    uint32_t capacity;
    ChunkPtr* chunks() { return reinterpret_cast<ChunkPtr*>(this + 1); }
  };

  Items* items_ = nullptr;
};

}  // namespace tocsin
