#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tocsin {

/// Bits written from the most significant one of each byte on, as Prometheus's chunk encodings have them.
class BitWriter {
 public:
  /// Goes on behind the whole bytes of `bytes`.
  explicit BitWriter(std::string bytes = {}) : bytes_(std::move(bytes)) {}

  void WriteBit(bool bit) { WriteBits(bit ? 1 : 0, 1); }
  void WriteByte(uint8_t byte) { WriteBits(byte, 8); }

  /// The lowest `count` (1..64) bits of `value`.
  void WriteBits(uint64_t value, int count) {
    while (count > 0) {
      if (free_bits_ == 0) {
        bytes_.push_back('\0');
        free_bits_ = 8;
      }
      const int taken = count < free_bits_ ? count : free_bits_;
      const uint64_t part = (value >> (count - taken)) & ((1ULL << taken) - 1);
      bytes_.back() = static_cast<char>(static_cast<uint8_t>(bytes_.back()) | static_cast<uint8_t>(part << (free_bits_ - taken)));
      free_bits_ -= taken;
      count -= taken;
    }
  }

  std::string& bytes() { return bytes_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  int free_bits_ = 0;
};

/// Reads what BitWriter wrote. Behind the end it yields zeros and is no longer ok().
class BitReader {
 public:
  BitReader(const uint8_t* data, size_t size) : next_(data), end_(data + size) {}
  explicit BitReader(std::string_view bytes) : BitReader(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) {}

  bool ok() const { return ok_; }

  bool ReadBit() { return ReadBits(1) != 0; }

  /// `count` is 1..64.
  uint64_t ReadBits(int count) {
    if (count > 56) {
      const uint64_t high = ReadUpTo56(count - 32);
      return (high << 32) | ReadUpTo56(32);
    }
    return ReadUpTo56(count);
  }

  /// The number of leading ones, at most `limit`; the zero that ends them is taken.
  int ReadOnes(int limit) {
    int ones = 0;
    while (ones < limit && ReadBit()) {
      ++ones;
    }
    return ones;
  }

 private:
  uint64_t ReadUpTo56(int count) {
    if (valid_ < count) {
      Refill();
      if (valid_ < count) {
        ok_ = false;
        buffer_ = 0;
        valid_ = 0;
        next_ = end_;
        return 0;
      }
    }
    const uint64_t value = buffer_ >> (64 - count);
    buffer_ <<= count;
    valid_ -= count;
    return value;
  }

  // At least 56 valid bits where there are that many. The unread bits are the highest of buffer_.
  void Refill() {
    if (end_ - next_ >= 8) {
      uint64_t word;
      std::memcpy(&word, next_, sizeof(word));
      if constexpr (std::endian::native == std::endian::little) {
        word = __builtin_bswap64(word);
      }
      // Bits beyond the whole bytes that are counted come in as well; the next refill brings the same ones again.
      const int bytes = (63 - valid_) >> 3;
      buffer_ |= word >> valid_;
      next_ += bytes;
      valid_ += 8 * bytes;
      return;
    }
    while (valid_ <= 56 && next_ < end_) {
      buffer_ |= static_cast<uint64_t>(*next_++) << (56 - valid_);
      valid_ += 8;
    }
  }

  const uint8_t* next_;
  const uint8_t* end_;
  uint64_t buffer_ = 0;
  int valid_ = 0;
  bool ok_ = true;
};

}  // namespace tocsin
