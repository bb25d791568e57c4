#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/model/histogram.h"

namespace tocsin {

/// The upper bound of bucket `index` on the positive side (negated, the lower bound on the negative side). Exponential schemas take any
/// index: the last finite bucket ends at the largest double, the one behind it at +Inf. Custom buckets: -1 is -Inf, the index behind
/// the last bound +Inf. Bounds equal those of Prometheus to the last bit.
double BucketBound(int32_t index, int32_t schema, std::span<const double> custom_values);

/// Bucket indices come from the network: their sums wrap around instead of being undefined.
inline int32_t AddBucketIndex(int32_t a, int32_t b) { return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }

/// The index that bucket `index` of schema `from` has in the coarser schema `to`.
inline int32_t BucketIndexInSchema(int32_t index, int32_t from, int32_t to) {
  return AddBucketIndex(AddBucketIndex(index, -1) >> (from - to < 31 ? from - to : 31), 1);
}

/// One bucket with its bounds.
struct HistogramBucket {
  double lower = 0;
  double upper = 0;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  double count = 0;
  int32_t index = 0;  // within its side; no meaning for the zero bucket

  /// The share of the width that lies at or below `v`, for lower < v < upper with finite bounds: linear (custom and zero buckets) or on a
  /// logarithmic scale (exponential buckets).
  double FractionBelow(double v, bool linear) const;

  /// "[0.5,1):3", in the notation of intervals.
  std::string ToString() const;
};

/// Walks the populated positions of one side: index and count, without bounds. Borrows the histogram.
/// A histogram whose spans ask for more buckets than there are ends early.
class SideCursor {
 public:
  SideCursor(std::span<const Span> spans, std::span<const double> counts) : spans_(spans), counts_(counts) {}

  bool Next() {
    while (in_span_ >= length_) {
      if (span_ == spans_.size()) {
        return false;
      }
      index_ = AddBucketIndex(index_, spans_[span_].offset);
      length_ = spans_[span_].length;
      in_span_ = 0;
      ++span_;
    }
    if (position_ == counts_.size()) {
      return false;
    }
    ++in_span_;
    index_ = AddBucketIndex(index_, 1);
    ++position_;
    return true;
  }

  int32_t index() const { return AddBucketIndex(index_, -1); }
  size_t position() const { return position_ - 1; }
  double count() const { return counts_[position_ - 1]; }

 private:
  std::span<const Span> spans_;
  std::span<const double> counts_;
  size_t span_ = 0;
  size_t position_ = 0;
  uint32_t in_span_ = 0;
  uint32_t length_ = 0;
  int32_t index_ = 0;
};

enum class HistogramSide { kNegative, kPositive };

inline SideCursor CursorOf(const FloatHistogram& h, HistogramSide side) {
  return side == HistogramSide::kPositive ? SideCursor(h.positive_spans, h.positive_buckets)
                                          : SideCursor(h.negative_spans, h.negative_buckets);
}

HistogramBucket MakeBucket(const FloatHistogram& h, HistogramSide side, int32_t index, double count);
HistogramBucket ZeroBucket(const FloatHistogram& h);

/// A bucket without its bounds, which cost more than all else: those who look for one bucket make the bounds of that one only.
enum class BucketPart : uint8_t { kNegative, kZero, kPositive };
struct BucketRef {
  BucketPart part = BucketPart::kZero;
  int32_t index = 0;
  double count = 0;
};

/// The bounds of a bucket as the walks below show it: those inside the zero bucket are moved to the zero threshold.
HistogramBucket MakeBucket(const FloatHistogram& h, const BucketRef& ref);

namespace histogram_internal {

template <typename Visit>
bool VisitOutward(const FloatHistogram& h, HistogramSide side, BucketPart part, const Visit& visit) {
  for (SideCursor cursor = CursorOf(h, side); cursor.Next();) {
    if (!visit(BucketRef{part, cursor.index(), cursor.count()})) {
      return false;
    }
  }
  return true;
}

template <typename Visit>
bool VisitInward(std::span<const Span> spans, std::span<const double> counts, BucketPart part, const Visit& visit) {
  int32_t index = 0;
  for (const Span& span : spans) {
    index = AddBucketIndex(AddBucketIndex(index, span.offset), static_cast<int32_t>(span.length));
  }
  size_t position = counts.size();
  for (size_t s = spans.size(); s-- > 0;) {
    for (uint32_t i = 0; i < spans[s].length; ++i) {
      if (position == 0) {
        return true;
      }
      index = AddBucketIndex(index, -1);
      if (!visit(BucketRef{part, index, counts[--position]})) {
        return false;
      }
    }
    index = static_cast<int32_t>(static_cast<uint32_t>(index) - static_cast<uint32_t>(spans[s].offset));
  }
  return true;
}

template <typename Visit>
bool VisitZero(const FloatHistogram& h, const Visit& visit) {
  return !(h.zero_count > 0) || visit(BucketRef{BucketPart::kZero, 0, h.zero_count});
}

}  // namespace histogram_internal

/// Calls visit(BucketRef) for every bucket from the lowest to the highest (or the other way) until it returns false: negative ones, the
/// zero bucket when it is populated, positive ones; buckets without observations included where a span has them.
template <typename Visit>
void VisitAscending(const FloatHistogram& h, const Visit& visit) {
  using namespace histogram_internal;
  (void)(VisitInward(h.negative_spans, h.negative_buckets, BucketPart::kNegative, visit) && VisitZero(h, visit) &&
         VisitOutward(h, HistogramSide::kPositive, BucketPart::kPositive, visit));
}

template <typename Visit>
void VisitDescending(const FloatHistogram& h, const Visit& visit) {
  using namespace histogram_internal;
  (void)(VisitInward(h.positive_spans, h.positive_buckets, BucketPart::kPositive, visit) && VisitZero(h, visit) &&
         VisitOutward(h, HistogramSide::kNegative, BucketPart::kNegative, visit));
}

/// All of them with bounds, ascending. For printing.
std::vector<HistogramBucket> AllBuckets(const FloatHistogram& h);

}  // namespace tocsin
