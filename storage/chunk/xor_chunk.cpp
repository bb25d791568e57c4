#include "storage/chunk/xor_chunk.h"

#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "storage/chunk/varbit.h"
#include "storage/chunk/xor_value.h"

namespace tocsin {
namespace {

constexpr size_t kCountBytes = 2;
constexpr size_t kFirstCapacity = 32;

// Small steps: a chunk's buffer is at most about an eighth larger than its content.
size_t NextCapacity(size_t needed) {
  if (needed <= kFirstCapacity) {
    return kFirstCapacity;
  }
  const size_t step = needed <= 128 ? 16 : needed <= 256 ? 32 : needed <= 512 ? 64 : 128;
  return (needed + step - 1) / step * step;
}

class AllocatedMemory : public XorMemory {
 public:
  uint8_t* Grow(uint8_t* buffer, size_t /*used*/, size_t needed, uint16_t* capacity) override {
    const size_t wanted = NextCapacity(needed);
    auto* grown = static_cast<uint8_t*>(std::realloc(buffer, wanted));
    TOCSIN_CHECK(grown != nullptr);
    *capacity = static_cast<uint16_t>(wanted);
    return grown;
  }
};

/// The end of a chunk that is being written.
struct XorEnd {
  XorState* state;
  uint8_t** buffer;
  XorMemory& memory;
};

void Reserve(size_t more, const XorEnd& end) {
  const size_t needed = end.state->size + more;
  if (needed > end.state->capacity) [[unlikely]] {
    *end.buffer = end.memory.Grow(*end.buffer, end.state->size, needed, &end.state->capacity);
  }
}

// The lowest `count` (1..64) bits of value.
void PutBits(uint64_t value, int count, const XorEnd& end) {
  if (count < 64) {
    value &= (uint64_t{1} << count) - 1;
  }
  const int free = end.state->free_bits;
  if (count <= free) {
    (*end.buffer)[end.state->size - 1] |= static_cast<uint8_t>(value << (free - count));
    end.state->free_bits = static_cast<uint8_t>(free - count);
    return;
  }
  int rest = count - free;
  if (free > 0) {
    (*end.buffer)[end.state->size - 1] |= static_cast<uint8_t>(value >> rest);
  }
  const size_t bytes = static_cast<size_t>(rest + 7) / 8;
  Reserve(bytes, end);
  uint8_t* to = *end.buffer + end.state->size;
  const uint64_t aligned = value << (64 - rest);
  if (end.state->capacity - end.state->size >= static_cast<int>(sizeof(aligned))) [[likely]] {
    // One store; what it writes behind the end is written again by the next.
    const uint64_t big_endian = std::endian::native == std::endian::little ? __builtin_bswap64(aligned) : aligned;
    std::memcpy(to, &big_endian, sizeof(big_endian));
  } else {
    for (size_t i = 0; i < bytes; ++i) {
      to[i] = static_cast<uint8_t>(aligned >> (56 - 8 * i));
    }
  }
  end.state->size = static_cast<uint16_t>(end.state->size + bytes);
  end.state->free_bits = static_cast<uint8_t>(static_cast<int>(bytes) * 8 - rest);
}

void PutUvarint(uint64_t value, const XorEnd& end) {
  while (value >= 0x80) {
    PutBits((value & 0x7f) | 0x80, 8, end);
    value >>= 7;
  }
  PutBits(value, 8, end);
}

// Bits that are gathered before they are put: most samples take one store.
struct GatheredBits {
  uint64_t bits = 0;
  int count = 0;

  void Put(uint64_t value, int more, const XorEnd& end) {
    if (count + more > 64) {
      Flush(end);
    }
    if (more == 64) {
      PutBits(value, more, end);
      return;
    }
    bits = bits << more | value;
    count += more;
  }
  void Flush(const XorEnd& end) {
    if (count > 0) {
      PutBits(bits, count, end);
      count = 0;
    }
  }
};

void PutValue(double value, double last_value, GatheredBits* gathered, const XorEnd& end) {
  const uint64_t delta = std::bit_cast<uint64_t>(value) ^ std::bit_cast<uint64_t>(last_value);
  if (delta == 0) {
    gathered->Put(0, 1, end);
    return;
  }
  const bool same_window = XorWindow(delta, &end.state->leading, &end.state->trailing);
  const int significant = 64 - end.state->leading - end.state->trailing;
  if (same_window) {
    gathered->Put(0b10, 2, end);
  } else {
    gathered->Put((0b11U << 11) | (static_cast<unsigned>(end.state->leading) << 6) | (static_cast<unsigned>(significant) & 63), 13, end);
  }
  gathered->Put(delta >> end.state->trailing, significant, end);
}

void PutDeltaOfDelta(int64_t dod, GatheredBits* gathered, const XorEnd& end) {
  const auto bits = static_cast<uint64_t>(dod);
  if (dod == 0) {
    gathered->Put(0, 1, end);
  } else if (FitsBits(dod, 14)) {
    gathered->Put((0b10ULL << 14) | (bits & 0x3fff), 16, end);
  } else if (FitsBits(dod, 17)) {
    gathered->Put((0b110ULL << 17) | (bits & 0x1ffff), 20, end);
  } else if (FitsBits(dod, 20)) {
    gathered->Put((0b1110ULL << 20) | (bits & 0xfffff), 24, end);
  } else {
    gathered->Put(0b1111, 4, end);
    gathered->Put(bits, 64, end);
  }
}

}  // namespace

XorMemory& AllocatedXorMemory() {
  static AllocatedMemory memory;
  return memory;
}

XorMark XorMarkAtEnd(const XorState& state) {
  const bool window = state.leading != XorState{}.leading;
  const auto position = static_cast<uint32_t>(state.size * 8 - state.free_bits);
  return position | static_cast<uint32_t>(window ? state.leading : 0) << 15 | static_cast<uint32_t>(window ? state.trailing : 0) << 20;
}

void XorAppend(TimestampMs t, double value, TimestampMs last_t, double last_value, uint32_t* delta, XorState* state, uint8_t** buffer,
               XorMemory& memory) {
  const XorEnd end{state, buffer, memory};
  if (*buffer == nullptr) {
    *state = XorState{};
    Reserve(kCountBytes, end);
    std::memset(*buffer, 0, kCountBytes);
    state->size = kCountBytes;
  }
  const uint16_t count = ChunkSampleCount(*buffer);
  if (count == 0) {
    PutUvarint((static_cast<uint64_t>(t) << 1) ^ static_cast<uint64_t>(t >> 63), end);
    PutBits(std::bit_cast<uint64_t>(value), 64, end);
    *delta = 0;
  } else {
    const auto new_delta = static_cast<uint32_t>(t - last_t);
    GatheredBits gathered;
    if (count == 1) {
      PutUvarint(new_delta, end);
    } else {
      PutDeltaOfDelta(static_cast<int64_t>(new_delta) - static_cast<int64_t>(*delta), &gathered, end);
    }
    *delta = new_delta;
    PutValue(value, last_value, &gathered, end);
    gathered.Flush(end);
  }
  (*buffer)[0] = static_cast<uint8_t>((count + 1) >> 8);
  (*buffer)[1] = static_cast<uint8_t>(count + 1);
}

}  // namespace tocsin
