#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace tocsin {

/// Reads what ByteBuffer wrote. Behind the end it yields zeros and is no longer ok().
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  /// Where the next byte is.
  const uint8_t* next() const { return next_; }
  bool empty() const { return next_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - next_); }

  uint8_t TakeByte() {
    if (next_ == end_) {
      ok_ = false;
      return 0;
    }
    return *next_++;
  }

  uint64_t TakeVarint() {
    if (next_ != end_ && *next_ < 0x80) [[likely]] {
      return *next_++;
    }
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = TakeByte();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  int64_t TakeZigZag() {
    const uint64_t bits = TakeVarint();
    return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
  }

  double TakeDouble() {
    uint64_t big = 0;
    if (left() < sizeof(big)) {
      Fail();
      return 0;
    }
    std::memcpy(&big, next_, sizeof(big));
    next_ += sizeof(big);
    return std::bit_cast<double>(__builtin_bswap64(big));
  }

  /// The highest `bytes` (0..8) bytes of a big-endian number whose others are 0.
  uint64_t TakeHighBytes(int bytes) {
    uint64_t big = 0;
    if (left() >= sizeof(big)) [[likely]] {
      std::memcpy(&big, next_, sizeof(big));
      next_ += bytes;
      return bytes == 0 ? 0 : __builtin_bswap64(big) >> (64 - 8 * bytes) << (64 - 8 * bytes);
    }
    for (int i = 0; i < bytes; ++i) {
      big |= static_cast<uint64_t>(TakeByte()) << (56 - 8 * i);
    }
    return big;
  }

  std::string_view TakeText() {
    const uint64_t size = TakeVarint();
    return TakeBytes(size);
  }

  std::string_view TakeBytes(uint64_t size) {
    if (size > left()) {
      Fail();
      return {};
    }
    const std::string_view text(reinterpret_cast<const char*>(next_), size);
    next_ += size;
    return text;
  }

 private:
  void Fail() {
    ok_ = false;
    next_ = end_;
  }

  const uint8_t* next_;
  const uint8_t* end_;
  bool ok_ = true;
};

/// Whether the bytes are what Labels::encoded() gives: whole, sorted by name, no name twice, no empty value.
inline bool IsEncodedLabels(std::string_view bytes) {
  ByteReader in({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  std::string_view before;
  bool first = true;
  while (in.ok() && !in.empty()) {
    const std::string_view name = in.TakeText();
    const std::string_view value = in.TakeText();
    if (!in.ok() || value.empty() || (!first && name <= before)) {
      return false;
    }
    before = name;
    first = false;
  }
  return in.ok();
}

}  // namespace tocsin
