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

}  // namespace tocsin
