#include "storage/wal/frame.h"

#include <isa-l/crc.h>

#include <cstring>

#include "base/check.h"

namespace tocsin {
namespace {

constexpr size_t kSizeAt = 4;
constexpr size_t kNumberAt = 8;
constexpr size_t kChecksumAt = 16;

uint32_t LoadWord(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// Of size, number and payload.
uint32_t FrameChecksum(const uint8_t* frame, size_t payload_size) {
  auto* bytes = const_cast<unsigned char*>(frame);  // the library's signature; it only reads
  const uint32_t head = crc32_iscsi(bytes + kSizeAt, kChecksumAt - kSizeAt, 0xffffffff);
  return crc32_iscsi(bytes + kFrameHeaderBytes, static_cast<int>(payload_size), head) ^ 0xffffffff;
}

}  // namespace

void AppendFrame(uint64_t number, std::span<const uint8_t> payload, ByteBuffer* out) {
  TOCSIN_CHECK(payload.size() <= kFramePayloadMax);
  const auto size = static_cast<uint32_t>(payload.size());
  uint8_t* at = out->Room(kFrameHeaderBytes + payload.size());
  std::memcpy(at, &kFrameMagic, sizeof(kFrameMagic));
  std::memcpy(at + kSizeAt, &size, sizeof(size));
  std::memcpy(at + kNumberAt, &number, sizeof(number));
  std::memset(at + kChecksumAt, 0, sizeof(uint32_t));
  if (!payload.empty()) {
    std::memcpy(at + kFrameHeaderBytes, payload.data(), payload.size());
  }
  out->Use(at + kFrameHeaderBytes + payload.size());
}

void SealFrames(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t size = LoadWord(bytes.data() + kSizeAt);
    const uint32_t checksum = FrameChecksum(bytes.data(), size);
    std::memcpy(bytes.data() + kChecksumAt, &checksum, sizeof(checksum));
    bytes = bytes.subspan(kFrameHeaderBytes + size);
  }
}

bool FrameReader::FrameAt(size_t at, Frame* frame) const {
  if (bytes_.size() - at < kFrameHeaderBytes) {
    return false;
  }
  const auto* data = reinterpret_cast<const uint8_t*>(bytes_.data()) + at;
  const size_t size = LoadWord(data + kSizeAt);
  if (LoadWord(data) != kFrameMagic || size > kFramePayloadMax || size > bytes_.size() - at - kFrameHeaderBytes ||
      LoadWord(data + kChecksumAt) != FrameChecksum(data, size)) {
    return false;
  }
  std::memcpy(&frame->number, data + kNumberAt, sizeof(frame->number));
  frame->payload = {data + kFrameHeaderBytes, size};
  frame->offset = at;
  return true;
}

bool FrameReader::Next(Frame* frame, size_t* skipped) {
  *skipped = 0;
  const size_t start = at_;
  while (at_ < bytes_.size()) {
    if (FrameAt(at_, frame)) {
      *skipped = at_ - start;
      at_ += kFrameHeaderBytes + frame->payload.size();
      return true;
    }
    const void* next = memmem(bytes_.data() + at_ + 1, bytes_.size() - at_ - 1, &kFrameMagic, sizeof(kFrameMagic));
    at_ = next == nullptr ? bytes_.size() : static_cast<size_t>(static_cast<const char*>(next) - bytes_.data());
  }
  *skipped = at_ - start;
  return false;
}

}  // namespace tocsin
