#pragma once

#include <cstdint>
#include <vector>

namespace tocsin {

/// What is known of a histogram against the one before it in its series (prometheus model/histogram).
enum class CounterResetHint : uint8_t { kUnknown = 0, kReset = 1, kNotReset = 2, kGauge = 3 };

/// `length` consecutive buckets, `offset` buckets after the end of the span before (the first: the index of its first bucket).
struct Span {
  int32_t offset = 0;
  uint32_t length = 0;

  bool operator==(const Span&) const = default;
};

/// Schemas -4..8: bucket i covers (2^((i-1)*2^-schema), 2^(i*2^-schema)]. kCustomBucketsSchema (NHCB): bounds in custom_values.
inline constexpr int32_t kMinExponentialSchema = -4;
inline constexpr int32_t kMaxExponentialSchema = 8;
inline constexpr int32_t kCustomBucketsSchema = -53;

/// A native histogram as PromQL computes with it: float counts, absolute per bucket.
/// Its operations are in base/model/float_histogram.h; what is kept in scrapes and chunks as integers in integer_histogram.h.
struct FloatHistogram {
  CounterResetHint counter_reset_hint = CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<double> positive_buckets;
  std::vector<double> negative_buckets;
  /// Upper bounds of the custom buckets, ascending, +Inf left out; empty for other schemas.
  std::vector<double> custom_values;

  bool uses_custom_buckets() const { return schema == kCustomBucketsSchema; }
};

}  // namespace tocsin
