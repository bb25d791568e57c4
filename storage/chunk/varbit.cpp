#include "storage/chunk/varbit.h"

namespace tocsin {
namespace {

constexpr int kMaxOnes = 8;
// The width behind a prefix of so many ones.
constexpr int kVarbitWidth[kMaxOnes + 1] = {0, 3, 6, 9, 12, 18, 25, 56, 64};

void WriteVarbit(uint64_t value, int ones, BitWriter* out) {
  if (ones == kMaxOnes) {
    out->WriteBits(0xff, kMaxOnes);
  } else {
    out->WriteBits(((1U << ones) - 1) << 1, ones + 1);
  }
  if (kVarbitWidth[ones] > 0) {
    out->WriteBits(value, kVarbitWidth[ones]);
  }
}

}  // namespace

void WriteVarbitInt(int64_t value, BitWriter* out) {
  int ones = 0;
  if (value != 0) {
    ones = 1;
    while (ones < kMaxOnes && !FitsBits(value, kVarbitWidth[ones])) {
      ++ones;
    }
  }
  WriteVarbit(static_cast<uint64_t>(value), ones, out);
}

void WriteVarbitUint(uint64_t value, BitWriter* out) {
  int ones = 0;
  if (value != 0) {
    ones = 1;
    while (ones < kMaxOnes && (value >> kVarbitWidth[ones]) != 0) {
      ++ones;
    }
  }
  WriteVarbit(value, ones, out);
}

int64_t ReadVarbitInt(BitReader* in) {
  const int width = kVarbitWidth[in->ReadOnes(kMaxOnes)];
  if (width == 0) {
    return 0;
  }
  const uint64_t bits = in->ReadBits(width);
  return width == 64 ? static_cast<int64_t>(bits) : FromBits(bits, width);
}

uint64_t ReadVarbitUint(BitReader* in) {
  const int width = kVarbitWidth[in->ReadOnes(kMaxOnes)];
  return width == 0 ? 0 : in->ReadBits(width);
}

}  // namespace tocsin
