#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/model/float_histogram.h"
#include "base/model/histogram_bucket.h"
#include "base/model/sample.h"

namespace tocsin {
namespace {

bool SameBits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

template <typename Equal>
bool SameSide(const FloatHistogram& a, const FloatHistogram& b, HistogramSide side, const Equal& equal) {
  SideCursor left = CursorOf(a, side);
  SideCursor right = CursorOf(b, side);
  while (true) {
    const bool more = left.Next();
    if (more != right.Next()) {
      return false;
    }
    if (!more) {
      return true;
    }
    if (left.index() != right.index() || !equal(left.count(), right.count())) {
      return false;
    }
  }
}

template <typename Equal>
bool SameHistogram(const FloatHistogram& a, const FloatHistogram& b, const Equal& equal) {
  return a.schema == b.schema && equal(a.count, b.count) && equal(a.sum, b.sum) &&
         (!a.uses_custom_buckets() || a.custom_values == b.custom_values) && a.zero_threshold == b.zero_threshold &&
         equal(a.zero_count, b.zero_count) && SameSide(a, b, HistogramSide::kNegative, equal) &&
         SameSide(a, b, HistogramSide::kPositive, equal);
}

}  // namespace

bool AlmostEqual(double a, double b, double epsilon) {
  if (IsStaleNaN(a) || IsStaleNaN(b)) {
    return IsStaleNaN(a) && IsStaleNaN(b);
  }
  if ((std::isnan(a) && std::isnan(b)) || a == b) {
    return true;
  }
  constexpr double kSmallestNormal = std::numeric_limits<double>::min();
  const double magnitude = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || magnitude < kSmallestNormal) {
    return difference < epsilon * kSmallestNormal;
  }
  return difference / std::min(magnitude, std::numeric_limits<double>::max()) < epsilon;
}

bool IdenticalHistograms(const FloatHistogram& a, const FloatHistogram& b) { return SameHistogram(a, b, SameBits); }

bool AlmostEqualHistograms(const FloatHistogram& a, const FloatHistogram& b, double epsilon) {
  FloatHistogram left = a;
  FloatHistogram right = b;
  CompactHistogram(&left);
  CompactHistogram(&right);
  return SameHistogram(left, right, [epsilon](double x, double y) { return AlmostEqual(x, y, epsilon); });
}

bool HistogramHasOverflow(const FloatHistogram& h) {
  const auto infinite = [](double value) { return std::isinf(value); };
  const auto any = [&](const std::vector<double>& values) { return std::any_of(values.begin(), values.end(), infinite); };
  return infinite(h.zero_count) || infinite(h.count) || infinite(h.sum) || any(h.positive_buckets) || any(h.negative_buckets) ||
         any(h.custom_values);
}

}  // namespace tocsin
