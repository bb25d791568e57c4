#include "base/model/histogram_bucket.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/text/float_text.h"

namespace tocsin {
namespace {

constexpr int kFinestSchema = kMaxExponentialSchema;
constexpr int kBoundsPerOctave = 1 << kFinestSchema;

/// 2^(1/2^n) for n = 1..8. The first is one bit below the nearest double, since Prometheus's bounds are made from 1/sqrt(2).
constexpr std::array<double, kFinestSchema> kRootsOfTwo = {
    1.414213562373095,  1.189207115002721,  1.0905077326652577, 1.0442737824274138,
    1.0218971486541166, 1.0108892860517005, 1.0054299011128027, 1.0027112750502025,
};

/// The bounds of schema 8 in [0.5, 1), the same to the last bit as those that clients and Prometheus compute with: the product of the
/// roots that the bits of the index name, the largest first. Coarser schemas take every second, fourth, ... of them.
constexpr std::array<double, kBoundsPerOctave> MakeOctave() {
  std::array<double, kBoundsPerOctave> bounds{};
  for (int i = 0; i < kBoundsPerOctave; ++i) {
    double bound = 0.5;
    for (int n = 0; n < kFinestSchema; ++n) {
      if ((i >> (kFinestSchema - 1 - n)) & 1) {
        bound *= kRootsOfTwo[n];
      }
    }
    bounds[i] = bound;
  }
  return bounds;
}

constexpr std::array<double, kBoundsPerOctave> kOctave = MakeOctave();

constexpr double kOuterBound = std::numeric_limits<double>::infinity();

double ExponentialBound(int32_t index, int32_t schema) {
  if (schema > kMaxExponentialSchema || schema < -9) {
    return std::exp2(std::ldexp(index, -schema));  // not in use anywhere; data may say so all the same
  }
  int64_t exponent = 0;
  double fraction = 1;
  if (schema <= 0) {
    exponent = static_cast<int64_t>(index) * (int64_t{1} << -schema);
  } else {
    exponent = (index >> schema) + 1;
    fraction = kOctave[(index & ((1 << schema) - 1)) << (kFinestSchema - schema)];
  }
  const bool last_finite = schema <= 0 ? exponent == 1024 : exponent == 1025 && fraction == 0.5;
  if (last_finite) {
    return std::numeric_limits<double>::max();
  }
  const int64_t clamped = std::clamp<int64_t>(exponent, -5000, 5000);
  return std::ldexp(fraction, static_cast<int>(clamped));
}

HistogramBucket SideBucket(const FloatHistogram& h, HistogramSide side, int32_t index, double count) {
  HistogramBucket bucket;
  bucket.count = count;
  bucket.index = index;
  if (side == HistogramSide::kPositive) {
    bucket.upper = BucketBound(index, h.schema, h.custom_values);
    bucket.lower = BucketBound(AddBucketIndex(index, -1), h.schema, h.custom_values);
  } else {
    bucket.lower = -BucketBound(index, h.schema, h.custom_values);
    bucket.upper = -BucketBound(AddBucketIndex(index, -1), h.schema, h.custom_values);
  }
  if (h.uses_custom_buckets()) {
    bucket.lower_inclusive = index == 0;
    bucket.upper_inclusive = true;
  } else {
    bucket.lower_inclusive = bucket.lower < 0;
    bucket.upper_inclusive = bucket.upper > 0;
  }
  return bucket;
}

}  // namespace

double BucketBound(int32_t index, int32_t schema, std::span<const double> custom_values) {
  if (schema != kCustomBucketsSchema) {
    return ExponentialBound(index, schema);
  }
  if (index < 0) {
    return -kOuterBound;
  }
  return static_cast<size_t>(index) < custom_values.size() ? custom_values[index] : kOuterBound;
}

double HistogramBucket::FractionBelow(double v, bool linear) const {
  if (linear) {
    return (v - lower) / (upper - lower);
  }
  const double log_lower = std::log2(std::abs(lower));
  const double log_upper = std::log2(std::abs(upper));
  const double log_v = std::log2(std::abs(v));
  return v > 0 ? (log_v - log_lower) / (log_upper - log_lower) : 1 - (log_v - log_upper) / (log_lower - log_upper);
}

std::string HistogramBucket::ToString() const {
  std::string text(lower_inclusive ? "[" : "(");
  AppendGoFloat(lower, 'g', -1, &text);
  text += ',';
  AppendGoFloat(upper, 'g', -1, &text);
  text += upper_inclusive ? "]:" : "):";
  AppendGoFloat(count, 'g', -1, &text);
  return text;
}

HistogramBucket MakeBucket(const FloatHistogram& h, HistogramSide side, int32_t index, double count) {
  return SideBucket(h, side, index, count);
}

HistogramBucket ZeroBucket(const FloatHistogram& h) { return {-h.zero_threshold, h.zero_threshold, true, true, h.zero_count, 0}; }

HistogramBucket MakeBucket(const FloatHistogram& h, const BucketRef& ref) {
  if (ref.part == BucketPart::kZero) {
    return ZeroBucket(h);
  }
  HistogramBucket bucket =
      SideBucket(h, ref.part == BucketPart::kPositive ? HistogramSide::kPositive : HistogramSide::kNegative, ref.index, ref.count);
  if (bucket.upper < 0 && bucket.upper > -h.zero_threshold) {
    bucket.upper = -h.zero_threshold;
  } else if (bucket.lower > 0 && bucket.lower < h.zero_threshold) {
    bucket.lower = h.zero_threshold;
  }
  return bucket;
}

std::vector<HistogramBucket> AllBuckets(const FloatHistogram& h) {
  std::vector<HistogramBucket> buckets;
  VisitAscending(h, [&](const BucketRef& ref) {
    buckets.push_back(MakeBucket(h, ref));
    return true;
  });
  return buckets;
}

}  // namespace tocsin
