#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "base/model/histogram.h"

namespace tocsin {

/// A native histogram with whole counts as expositions and remote write carry it: in each side the first bucket is a count, every other
/// one the difference to the bucket before it.
struct IntegerHistogram {
  CounterResetHint counter_reset_hint = CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  uint64_t zero_count = 0;
  uint64_t count = 0;
  double sum = 0;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<int64_t> positive_deltas;
  std::vector<int64_t> negative_deltas;
  std::vector<double> custom_values;
};

/// Reuses the memory of `out`.
void ToFloatHistogram(const IntegerHistogram& h, FloatHistogram* out);

/// As ValidateHistogram, and the buckets must add up to the count (or, when the sum is NaN, to no more).
absl::Status ValidateIntegerHistogram(const IntegerHistogram& h);

}  // namespace tocsin
