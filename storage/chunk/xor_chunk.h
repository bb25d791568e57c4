#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/model/sample.h"
#include "base/types.h"

namespace tocsin {

/// Prometheus's XOR chunk (tsdb/chunkenc/xor.go; docs/format/chunks.md): two bytes count, then per sample the time (first: varint, second:
/// uvarint delta, then delta of delta in 1, 16, 20, 24 or 68 bits) and the value (first: 64 bits, then Gorilla).
/// Storage draws it in storage/FORMAT.md.
///
/// The writing side is split so that a series pays few bytes for its open chunk: the buffer belongs to the caller, the state is this
/// struct.
struct XorState {
  uint16_t size = 0;      ///< bytes used of the buffer
  uint16_t capacity = 0;  ///< bytes of the buffer
  uint8_t free_bits = 0;  ///< of the last used byte
  uint8_t leading = 0xff;
  uint8_t trailing = 0;
};

/// Where a chunk's buffer lies.
class XorMemory {
 public:
  virtual ~XorMemory() = default;
  /// A buffer of at least `needed` bytes with the first `used` ones of `buffer` (null: none yet), which is given back.
  virtual uint8_t* Grow(uint8_t* buffer, size_t used, size_t needed, uint16_t* capacity) = 0;
};

/// malloc and realloc.
XorMemory& AllocatedXorMemory();

/// The most bytes that one more sample can take.
inline constexpr size_t kXorSampleBytesMax = 20;
/// A chunk is closed before it grows above this.
inline constexpr size_t kXorChunkBytesMax = 4000;

/// Appends (t, value) to the chunk in `*buffer` (of `memory`, grown as needed, null for none yet); `last_t`, `last_value` and `*delta` are
/// of the sample before (`*delta`: its distance to the one before it) and ignored for the first. `t > last_t`, t - last_t < 2^32.
void XorAppend(TimestampMs t, double value, TimestampMs last_t, double last_value, uint32_t* delta, XorState* state, uint8_t** buffer,
               XorMemory& memory = AllocatedXorMemory());

/// The number of samples / the time of the first of a chunk that has one.
inline uint16_t ChunkSampleCount(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]); }
TimestampMs XorFirstTime(const uint8_t* bytes, size_t size);

/// A place inside a chunk, in front of a sample: where its bits begin and the window of the value before, but neither a time nor a value.
/// The samples behind it are read as differences, and what is known of the last one makes them whole. Four bytes; 0: no place.
/// From the lowest bit: position 15, leading 5, trailing 6, the rest is 0.
using XorMark = uint32_t;
XorMark XorMarkAtEnd(const XorState& state);
/// Each so many samples a series marks its open chunk, and it keeps the last two: a window of five minutes of 15 s needs no more.
inline constexpr uint16_t kXorMarkSamples = 24;

/// The end of a chunk, from a mark on.
struct XorTail {
  XorMark mark = 0;
  uint16_t samples = 0;  ///< behind the mark
  uint32_t delta = 0;    ///< between the last two samples of the chunk
  TimestampMs last_t = 0;
  double last_value = 0;

  /// Whether samples of equal distance reach back to `t`.
  bool Reaches(TimestampMs t) const {
    return mark != 0 && t <= last_t && uint64_t{delta} * (samples - 1U) >= static_cast<uint64_t>(last_t) - static_cast<uint64_t>(t);
  }
};

/// As XorRead, from the tail's mark on. False, and nothing is appended, when samples in front of it are asked for as well.
bool XorReadTail(std::span<const uint8_t> bytes, const XorTail& tail, TimestampMs min_t, TimestampMs max_t, SampleColumns* out);

/// Appends the samples with min_t <= t <= max_t. False when the bytes are no XOR chunk; samples read up to there are in `out`.
/// `histograms` and `start_timestamps` of `out` are left as they are: the caller brings them to length.
bool XorRead(std::span<const uint8_t> bytes, TimestampMs min_t, TimestampMs max_t, SampleColumns* out);

}  // namespace tocsin
