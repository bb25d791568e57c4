#include "storage/wal/byte_buffer.h"

#include <algorithm>

#include "base/check.h"

namespace tocsin {

void ByteBuffer::Grow(size_t bytes) {
  capacity_ = std::max<size_t>({size_ + bytes, capacity_ + capacity_ / 2, 256});
  data_ = static_cast<uint8_t*>(std::realloc(data_, capacity_));
  TOCSIN_CHECK(data_ != nullptr);
}

void ByteBuffer::ClearAndTrim(size_t keep_bytes) {
  size_ = 0;
  if (capacity_ > keep_bytes) {
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }
}

void ByteBuffer::PutVarint(uint64_t value) {
  uint8_t* at = Room(10);
  for (; value >= 0x80; value >>= 7) {
    *at++ = static_cast<uint8_t>(value | 0x80);
  }
  *at++ = static_cast<uint8_t>(value);
  Use(at);
}

void ByteBuffer::PutDouble(double value) {
  const uint64_t big = __builtin_bswap64(std::bit_cast<uint64_t>(value));
  std::memcpy(Room(sizeof(big)), &big, sizeof(big));
  size_ += sizeof(big);
}

void ByteBuffer::PutText(std::string_view text) {
  PutVarint(text.size());
  if (!text.empty()) {
    std::memcpy(Room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
}

}  // namespace tocsin
