#include "storage/chunk/chunk.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"
#include "storage/chunk/histogram_chunk.h"

namespace tocsin {

bool ReadChunk(ChunkEncoding encoding, std::span<const uint8_t> bytes, TimestampMs min_t, TimestampMs max_t, SampleColumns* out) {
  bool whole = false;
  switch (encoding) {
    case ChunkEncoding::kXor:
      whole = XorRead(bytes, min_t, max_t, out);
      if (!out->histograms.empty()) {
        out->histograms.resize(out->size());
      }
      return whole;
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kFloatHistogram:
      return HistogramChunkRead(bytes, encoding == ChunkEncoding::kHistogram, min_t, max_t, out);
    case ChunkEncoding::kNone:
      break;
  }
  return false;
}

bool ReadChunkTail(std::span<const uint8_t> bytes, const XorTail& tail, TimestampMs min_t, TimestampMs max_t, SampleColumns* out) {
  const bool enough = XorReadTail(bytes, tail, min_t, max_t, out);
  if (!out->histograms.empty()) {
    out->histograms.resize(out->size());
  }
  return enough;
}

XorTail Chunk::tail() const {
  if (!has_tail_) {
    return {};
  }
  Tail tail;
  std::memcpy(&tail, bytes().data() + size_, sizeof(tail));
  return {tail.mark & ((XorMark{1} << kTailCountShift) - 1), static_cast<uint16_t>(tail.mark >> kTailCountShift), tail.delta, max_t_,
          tail.last_value};
}

uint16_t Chunk::sample_count() const { return ChunkSampleCount(bytes().data()); }

ChunkPtr ChunkPtr::Make(TimestampMs min_t, TimestampMs max_t, ChunkEncoding encoding, std::span<const uint8_t> bytes, const XorTail& tail) {
  TOCSIN_CHECK(bytes.size() >= 2 && bytes.size() < kChunkBytesMax);
  const bool has_tail = tail.mark != 0 && tail.samples <= Chunk::kTailSamplesMax;
  void* memory = std::malloc(sizeof(Chunk) + bytes.size() + (has_tail ? sizeof(Chunk::Tail) : 0));
  TOCSIN_CHECK(memory != nullptr);
  ChunkPtr made;
  made.chunk_ = new (memory) Chunk(min_t, max_t, encoding, bytes.size(), has_tail);
  auto* to = reinterpret_cast<uint8_t*>(made.chunk_ + 1);
  std::memcpy(to, bytes.data(), bytes.size());
  if (has_tail) {
    const Chunk::Tail rest{tail.mark | static_cast<XorMark>(tail.samples) << Chunk::kTailCountShift, tail.delta, tail.last_value};
    std::memcpy(to + bytes.size(), &rest, sizeof(rest));
  }
  return made;
}

void ChunkPtr::Acquire() {
  if (chunk_ != nullptr) {
    chunk_->references_.fetch_add(1, std::memory_order_relaxed);
  }
}

void ChunkPtr::Release() {
  if (chunk_ != nullptr && chunk_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    chunk_->~Chunk();
    std::free(chunk_);
  }
  chunk_ = nullptr;
}

void ChunkList::Append(ChunkPtr chunk) {
  const uint32_t count = items_ == nullptr ? 0 : items_->size;
  if (items_ == nullptr || count == items_->capacity) {
    const uint32_t capacity = count + 1 + count / 4;
    // Pointers may be moved as bytes.
    auto* grown = static_cast<Items*>(std::realloc(static_cast<void*>(items_), sizeof(Items) + capacity * sizeof(ChunkPtr)));
    TOCSIN_CHECK(grown != nullptr);
    items_ = grown;
    items_->size = count;
    items_->capacity = capacity;
  }
  new (items_->chunks() + count) ChunkPtr(std::move(chunk));
  ++items_->size;
}

void ChunkList::Drop(size_t count) {
  if (items_ == nullptr || count == 0) {
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    items_->chunks()[i].~ChunkPtr();
  }
  items_->size -= static_cast<uint32_t>(count);
  std::memmove(static_cast<void*>(items_->chunks()), static_cast<void*>(items_->chunks() + count), items_->size * sizeof(ChunkPtr));
  if (items_->size == 0) {
    std::free(items_);
    items_ = nullptr;
  }
}

void ChunkList::Replace(size_t i, ChunkPtr chunk) {
  if (chunk) {
    items_->chunks()[i] = std::move(chunk);
    return;
  }
  items_->chunks()[i].~ChunkPtr();
  --items_->size;
  std::memmove(static_cast<void*>(items_->chunks() + i), static_cast<void*>(items_->chunks() + i + 1),
               (items_->size - i) * sizeof(ChunkPtr));
  if (items_->size == 0) {
    std::free(items_);
    items_ = nullptr;
  }
}

}  // namespace tocsin
