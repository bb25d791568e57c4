#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace tocsin {

/// Bytes that grow, for the hot path of a commit: Room() makes room once an item, then plain stores.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer() { std::free(data_); }

  /// A place for up to `bytes` more; what was really written is told to Use().
  uint8_t* Room(size_t bytes) {
    if (size_ + bytes > capacity_) [[unlikely]] {
      Grow(bytes);
    }
    return data_ + size_;
  }
  void Use(const uint8_t* end) { size_ = static_cast<size_t>(end - data_); }

  void PutByte(uint8_t byte) { *Room(1) = byte, ++size_; }
  void PutVarint(uint64_t value);
  void PutZigZag(int64_t value) { PutVarint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }
  void PutDouble(double value);
  void PutText(std::string_view text);

  void Swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  void Clear() { size_ = 0; }
  /// Gives memory back when the last use was far below it.
  void ClearAndTrim(size_t keep_bytes);
  size_t size() const { return size_; }
  std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  void Grow(size_t bytes);

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tocsin
