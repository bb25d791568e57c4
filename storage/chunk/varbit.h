#pragma once

#include <cstdint>

#include "storage/chunk/bit_stream.h"

namespace tocsin {

/// The variable-length integers of Prometheus's histogram chunks (tsdb/chunkenc/varbit.go): a prefix of up to eight ones
/// chooses one of nine widths.
void WriteVarbitInt(int64_t value, BitWriter* out);
void WriteVarbitUint(uint64_t value, BitWriter* out);
int64_t ReadVarbitInt(BitReader* in);
uint64_t ReadVarbitUint(BitReader* in);

/// Whether `value` is one of the 2^bits numbers from -(2^(bits-1) - 1) to 2^(bits-1).
inline bool FitsBits(int64_t value, int bits) { return -((int64_t{1} << (bits - 1)) - 1) <= value && value <= int64_t{1} << (bits - 1); }

/// The number of that range which has these lowest `bits` bits.
inline int64_t FromBits(uint64_t value, int bits) {
  return value > (uint64_t{1} << (bits - 1)) ? static_cast<int64_t>(value - (uint64_t{1} << bits)) : static_cast<int64_t>(value);
}

}  // namespace tocsin
