// Reading of XOR chunks: the inner loop of every query. Bits are looked at in words of at least 57 that are loaded anew at each step
// instead of being kept in a buffer: the position is then the only thing that one sample must wait for.

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/chunk/varbit.h"
#include "storage/chunk/xor_chunk.h"

namespace tocsin {
namespace {

constexpr size_t kHeaderBytes = 2;
// Behind the current position there must be so many bytes: two words, the second one begun where the first ended.
constexpr size_t kPadding = 24;
// The bits of a word that are valid wherever it begins in its first byte.
constexpr int kWordBits = 57;
constexpr uint64_t kTop = uint64_t{1} << 63;

/// The bits from position `pos` of `data` on, the first one highest; kWordBits of them.
inline uint64_t WordAt(const uint8_t* data, size_t pos) {
  uint64_t word;
  std::memcpy(&word, data + (pos >> 3), sizeof(word));
  if constexpr (std::endian::native == std::endian::little) {
    word = __builtin_bswap64(word);
  }
  return word << (pos & 7);
}

/// `count` (1..64) bits from `pos` on.
inline uint64_t BitsAt(const uint8_t* data, size_t pos, int count) {
  if (count <= kWordBits) {
    return WordAt(data, pos) >> (64 - count);
  }
  const uint64_t high = WordAt(data, pos) >> 32;
  const int rest = count - 32;
  return high << rest | WordAt(data, pos + 32) >> (64 - rest);
}

/// A number of seven bits a byte, the lowest first. False: it does not end.
bool TakeUvarint(std::span<const uint8_t> bytes, size_t* at, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && *at < bytes.size(); shift += 7) {
    const uint8_t byte = bytes[(*at)++];
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return true;
    }
  }
  return false;
}

int64_t FromZigZag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

/// What is known after a sample, and where the next one begins.
struct Position {
  uint64_t t = 0;
  uint64_t delta = 0;
  uint64_t value = 0;
  int leading = 0;
  int trailing = 0;
  size_t pos = 0;
};

/// Takes what a time that is not as regular as before has: the first of `word`'s bits is set.
inline void TakeDeltaOfDelta(const uint8_t* data, uint64_t word, Position* at) {
  int ones = 1;
  while (ones < 4 && (word << ones & kTop) != 0) {
    ++ones;
  }
  if (ones == 4) {
    at->delta += BitsAt(data, at->pos + 4, 64);
    at->pos += 68;
    return;
  }
  constexpr int kWidths[] = {0, 14, 17, 20};
  const int width = kWidths[ones];
  at->delta += static_cast<uint64_t>(FromBits(word << (ones + 1) >> (64 - width), width));
  at->pos += static_cast<size_t>(ones + 1 + width);
}

/// Takes a value. `used`: the bits of `word` in front of it.
inline void TakeValue(const uint8_t* data, uint64_t word, int used, Position* at) {
  word <<= used;
  if ((word & kTop) == 0) {
    at->pos += 1;
    return;
  }
  int header = 2;
  if ((word << 1 & kTop) != 0) {
    header = 13;
    const int stored = static_cast<int>(word >> 51 & 63);
    const int significant = stored == 0 ? 64 : stored;
    at->leading = static_cast<int>(word >> 57 & 31);
    at->trailing = std::max(64 - at->leading - significant, 0);
  }
  const int significant = 64 - at->leading - at->trailing;
  const uint64_t bits = used + header + significant <= kWordBits ? word << header >> (64 - significant)
                                                                 : BitsAt(data, at->pos + static_cast<size_t>(header), significant);
  at->value ^= bits << at->trailing;
  at->pos += static_cast<size_t>(header + significant);
}

enum class End { kCount, kPosition, kTime, kDamaged };

/// Reads samples to *t and *v from `at` on, until `*left` are read, the position has passed `stop`, or the time `max_t`. Bits up to `end`
/// exist; those up to kPadding bytes behind `stop` can be looked at.
End ReadSamples(const uint8_t* data, size_t stop, size_t end, TimestampMs max_t, size_t* left, Position* position, TimestampMs** t_out,
                double** v_out) {
  Position at = *position;
  TimestampMs* t = *t_out;
  double* v = *v_out;
  size_t rest = *left;
  End why = End::kCount;
  while (rest > 0) {
    if (at.pos >= stop) {
      why = End::kPosition;
      break;
    }
    const uint64_t word = WordAt(data, at.pos);
    const Position before = at;
    if ((word & kTop) == 0) {
      at.pos += 1;
      TakeValue(data, word, 1, &at);
    } else {
      TakeDeltaOfDelta(data, word, &at);
      TakeValue(data, WordAt(data, at.pos), 0, &at);
    }
    at.t += at.delta;
    if (at.pos > end || static_cast<TimestampMs>(at.t) > max_t) {
      why = at.pos > end ? End::kDamaged : End::kTime;
      at = before;
      break;
    }
    *t++ = static_cast<TimestampMs>(at.t);
    *v++ = std::bit_cast<double>(at.value);
    --rest;
  }
  *position = at;
  *t_out = t;
  *v_out = v;
  *left = rest;
  return why;
}

/// ReadSamples up to the last byte.
End ReadToEnd(std::span<const uint8_t> bytes, TimestampMs max_t, size_t* left, Position* at, TimestampMs** t, double** v) {
  const size_t end = bytes.size() * 8;
  const size_t safe = bytes.size() > kPadding ? (bytes.size() - kPadding) * 8 : 0;
  const End why = ReadSamples(bytes.data(), safe, end, max_t, left, at, t, v);
  if (why != End::kPosition) {
    return why;
  }
  // The last bytes, in a copy with room behind them.
  const size_t byte = std::min(at->pos / 8, bytes.size());
  uint8_t copy[2 * kPadding] = {};
  const size_t tail = bytes.size() - byte;
  std::memcpy(copy, bytes.data() + byte, tail);
  at->pos -= byte * 8;
  return ReadSamples(copy, tail * 8, tail * 8, max_t, left, at, t, v);
}

/// Makes room for so many samples more.
void Extend(size_t room, SampleColumns* out) {
  const size_t size = out->size() + room;
  if (out->timestamps.capacity() < size) {
    out->timestamps.reserve(2 * size);
    out->values.reserve(2 * size);
  }
  out->timestamps.resize(size);
  out->values.resize(size);
}

/// Drops those of the columns' samples from `first` on that are older than `min_t`, and what lies behind `end`.
void Trim(size_t first, size_t end, TimestampMs min_t, SampleColumns* out) {
  size_t keep = first;
  if (end > first && out->timestamps[first] < min_t) {
    const auto begin = out->timestamps.begin();
    keep = static_cast<size_t>(std::lower_bound(begin + static_cast<ptrdiff_t>(first), begin + static_cast<ptrdiff_t>(end), min_t) - begin);
    std::copy(begin + static_cast<ptrdiff_t>(keep), begin + static_cast<ptrdiff_t>(end), begin + static_cast<ptrdiff_t>(first));
    std::copy(out->values.begin() + static_cast<ptrdiff_t>(keep), out->values.begin() + static_cast<ptrdiff_t>(end),
              out->values.begin() + static_cast<ptrdiff_t>(first));
  }
  out->timestamps.resize(first + end - keep);
  out->values.resize(first + end - keep);
}

/// The first two samples, whose times are whole bytes. False when the bytes are damaged; `*read` of them are good.
bool ReadHead(std::span<const uint8_t> bytes, size_t count, Position* at, TimestampMs* t, double* v, size_t* read) {
  *read = 0;
  size_t byte = kHeaderBytes;
  uint64_t number = 0;
  if (!TakeUvarint(bytes, &byte, &number) || bytes.size() - byte < 8) {
    return false;
  }
  at->t = static_cast<uint64_t>(FromZigZag(number));
  for (int i = 0; i < 8; ++i) {
    at->value = at->value << 8 | bytes[byte++];
  }
  *t++ = static_cast<TimestampMs>(at->t);
  *v++ = std::bit_cast<double>(at->value);
  *read = 1;
  if (count < 2) {
    return true;
  }
  if (!TakeUvarint(bytes, &byte, &at->delta) || byte >= bytes.size()) {
    return false;
  }
  // The rest of a second sample is at most ten bytes: what is looked at lies in a copy with room behind it.
  uint8_t copy[16 + kPadding] = {};
  std::memcpy(copy, bytes.data() + byte, std::min<size_t>(16, bytes.size() - byte));
  TakeValue(copy, WordAt(copy, 0), 0, at);
  at->pos += byte * 8;
  if (at->pos > bytes.size() * 8) {
    return false;
  }
  at->t += at->delta;
  *t = static_cast<TimestampMs>(at->t);
  *v = std::bit_cast<double>(at->value);
  *read = 2;
  return true;
}

}  // namespace

TimestampMs XorFirstTime(const uint8_t* bytes, size_t size) {
  size_t at = kHeaderBytes;
  uint64_t number = 0;
  TakeUvarint({bytes, size}, &at, &number);
  return FromZigZag(number);
}

bool XorRead(std::span<const uint8_t> bytes, TimestampMs min_t, TimestampMs max_t, SampleColumns* out) {
  if (bytes.size() < kHeaderBytes) {
    return false;
  }
  const size_t count = ChunkSampleCount(bytes.data());
  if (count == 0) {
    return true;
  }
  // A sample takes at least two bits: a wrong count does not make room for more than there can be.
  const size_t first = out->size();
  const size_t room = std::max<size_t>(2, std::min(count, bytes.size() * 4));
  Extend(room, out);
  TimestampMs* t = out->timestamps.data() + first;
  double* v = out->values.data() + first;
  Position at;
  size_t head = 0;
  bool whole = ReadHead(bytes, count, &at, t, v, &head);
  while (head > 0 && t[head - 1] > max_t) {
    --head;
  }
  t += head;
  v += head;
  size_t left = std::min(count, room) - head;
  if (whole && head == 2 && left > 0) {
    const End why = ReadToEnd(bytes, max_t, &left, &at, &t, &v);
    whole = why == End::kCount ? left == 0 && count <= room : why == End::kTime;
  }
  Trim(first, static_cast<size_t>(t - out->timestamps.data()), min_t, out);
  return whole;
}

bool XorReadTail(std::span<const uint8_t> bytes, const XorTail& tail, TimestampMs min_t, TimestampMs max_t, SampleColumns* out) {
  if (!tail.Reaches(min_t)) {
    return false;
  }
  const size_t first = out->size();
  Extend(tail.samples, out);
  TimestampMs* const t = out->timestamps.data() + first;
  double* const v = out->values.data() + first;
  Position at;
  at.pos = tail.mark & 0x7fff;
  at.leading = static_cast<int>(tail.mark >> 15 & 31);
  at.trailing = static_cast<int>(tail.mark >> 20 & 63);
  size_t left = tail.samples;
  TimestampMs* t_end = t;
  double* v_end = v;
  bool whole = ReadToEnd(bytes, kMaxTimestamp, &left, &at, &t_end, &v_end) == End::kCount && left == 0;
  if (whole) {
    // All were read as if a sample 0 at time 0 with distance 0 stood in front of the mark. What the last one is tells what stood there.
    const uint64_t delta = tail.delta - at.delta;
    uint64_t add = static_cast<uint64_t>(tail.last_t) - at.t - delta * tail.samples;
    const uint64_t flip = std::bit_cast<uint64_t>(tail.last_value) ^ at.value;
    for (size_t i = 0; i < tail.samples; ++i) {
      add += delta;
      t[i] = static_cast<TimestampMs>(static_cast<uint64_t>(t[i]) + add);
      v[i] = std::bit_cast<double>(std::bit_cast<uint64_t>(v[i]) ^ flip);
    }
    whole = t[0] <= min_t;
  }
  const size_t end = whole ? static_cast<size_t>(std::upper_bound(t, t_end, max_t) - t) : 0;
  Trim(first, first + end, min_t, out);
  return whole;
}

}  // namespace tocsin
