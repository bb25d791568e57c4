#pragma once

#include <bit>
#include <cstdint>

#include "storage/chunk/bit_stream.h"

namespace tocsin {

/// The state of one stream of doubles in Gorilla's encoding (Pelkonen et al., VLDB 2015, section 4.1.2).
struct XorValue {
  static constexpr uint8_t kNoWindow = 0xff;

  double value = 0;
  uint8_t leading = kNoWindow;
  uint8_t trailing = 0;

  void Write(double next, BitWriter* out);
  double Read(BitReader* in);
};

// Inline: reading a chunk keeps the reader's state in registers only when it sees all of it.
inline double XorValue::Read(BitReader* in) {
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

/// The next window of significant bits for a difference that is not zero: true when the one before still serves.
inline bool XorWindow(uint64_t delta, uint8_t* leading, uint8_t* trailing) {
  auto new_leading = static_cast<uint8_t>(std::countl_zero(delta));
  const auto new_trailing = static_cast<uint8_t>(std::countr_zero(delta));
  // Five bits hold the number of leading zeros.
  new_leading = new_leading > 31 ? 31 : new_leading;
  if (*leading != XorValue::kNoWindow && new_leading >= *leading && new_trailing >= *trailing) {
    return true;
  }
  *leading = new_leading;
  *trailing = new_trailing;
  return false;
}

}  // namespace tocsin
