#include "storage/chunk/xor_value.h"

namespace tocsin {

void XorValue::Write(double next, BitWriter* out) {
  const uint64_t delta = std::bit_cast<uint64_t>(next) ^ std::bit_cast<uint64_t>(value);
  value = next;
  if (delta == 0) {
    out->WriteBit(false);
    return;
  }
  const bool same_window = XorWindow(delta, &leading, &trailing);
  const int significant = 64 - leading - trailing;
  if (same_window) {
    out->WriteBits(0b10, 2);
  } else {
    out->WriteBits(0b11, 2);
    out->WriteBits(leading, 5);
    out->WriteBits(static_cast<uint64_t>(significant) & 63, 6);
  }
  out->WriteBits(delta >> trailing, significant);
}

double XorValue::Read(BitReader* in) {
  if (!in->ReadBit()) {
    return value;
  }
  if (in->ReadBit()) {
    leading = static_cast<uint8_t>(in->ReadBits(5));
    const int stored = static_cast<int>(in->ReadBits(6));
    const int width = stored == 0 ? 64 : stored;
    trailing = static_cast<uint8_t>(width > 64 - leading ? 0 : 64 - leading - width);
  }
  const int significant = leading == kNoWindow ? 64 : 64 - leading - trailing;
  const uint64_t bits = in->ReadBits(significant);
  value = std::bit_cast<double>(std::bit_cast<uint64_t>(value) ^ (bits << (leading == kNoWindow ? 0 : trailing)));
  return value;
}

}  // namespace tocsin
