#include <cmath>

#include "base/model/float_histogram.h"
#include "base/model/histogram_bucket.h"

namespace tocsin {
namespace {

/// What stays of one bucket, and the value that its observations are taken to have.
struct KeptPart {
  double count = 0;
  double value = 0;
};

struct TrimTotals {
  double count = 0;
  double sum = 0;
  bool dropped = false;
};

double MiddleOf(double lower, double upper, bool positive, bool linear) {
  if (std::isinf(lower)) {
    if (std::isinf(upper)) {
      return 0;
    }
    return upper > 0 ? upper / 2 : upper;
  }
  if (std::isinf(upper)) {
    return lower;
  }
  if (linear) {
    return (lower + upper) / 2;
  }
  const double middle = std::sqrt(std::abs(lower * upper));
  return positive ? middle : -middle;
}

/// A bucket without lower bound that has the limit inside. Where its upper bound is above zero it is taken to start at zero, as the
/// quantile functions do; else nothing is known of where its observations lie.
KeptPart SplitOpenBelow(const HistogramBucket& bucket, double limit, bool keep_below) {
  const bool finite_upper = !std::isinf(bucket.upper);
  if (keep_below) {
    if (limit > 0 && bucket.upper > 0 && finite_upper) {
      return {bucket.count * limit / bucket.upper, limit / 2};
    }
    return bucket.upper <= 0 ? KeptPart{bucket.count, limit} : KeptPart{};
  }
  if (limit >= 0 && finite_upper) {
    return {bucket.count * (1 - limit / bucket.upper), (limit + bucket.upper) / 2};
  }
  return {};
}

KeptPart SplitBucket(const HistogramBucket& bucket, double limit, bool keep_below, bool positive, bool custom) {
  if (std::isinf(bucket.lower) && bucket.lower < 0) {
    return SplitOpenBelow(bucket, limit, keep_below);
  }
  if (std::isinf(bucket.upper) && bucket.upper > 0) {
    return keep_below ? KeptPart{} : KeptPart{bucket.count, limit};
  }
  const double below = bucket.count * bucket.FractionBelow(limit, custom);
  if (keep_below) {
    return {below, MiddleOf(bucket.lower, limit, positive, custom)};
  }
  return {bucket.count - below, MiddleOf(limit, bucket.upper, positive, custom)};
}

KeptPart KeepOf(const HistogramBucket& bucket, double limit, bool keep_below, bool positive, bool custom) {
  if (keep_below ? bucket.upper <= limit : bucket.lower >= limit) {
    return {bucket.count, MiddleOf(bucket.lower, bucket.upper, positive, custom)};
  }
  if (keep_below ? bucket.lower < limit : bucket.upper > limit) {
    return SplitBucket(bucket, limit, keep_below, positive, custom);
  }
  return {};
}

/// True when the side has observations.
bool TrimSide(FloatHistogram* h, HistogramSide side, double limit, bool keep_below, TrimTotals* totals) {
  const bool positive = side == HistogramSide::kPositive;
  std::vector<double>& counts = positive ? h->positive_buckets : h->negative_buckets;
  bool populated = false;
  for (SideCursor cursor = CursorOf(*h, side); cursor.Next();) {
    if (cursor.count() == 0) {
      continue;
    }
    populated = true;
    const HistogramBucket bucket = MakeBucket(*h, side, cursor.index(), cursor.count());
    const KeptPart kept = KeepOf(bucket, limit, keep_below, positive, h->uses_custom_buckets());
    totals->count += kept.count;
    totals->sum += kept.value * kept.count;
    if (kept.count != bucket.count) {
      counts[cursor.position()] = kept.count;
      totals->dropped = true;
    }
  }
  return populated;
}

/// The zero bucket ends at zero on a side that has no observations when the other side has some.
KeptPart KeepOfZeroBucket(const FloatHistogram& h, double limit, bool keep_below, bool has_positive, bool has_negative) {
  const double lower = has_positive && !has_negative ? 0 : -h.zero_threshold;
  const double upper = has_negative && !has_positive ? 0 : h.zero_threshold;
  const double middle = (lower + upper) / 2;
  if (limit <= lower) {
    return keep_below ? KeptPart{} : KeptPart{h.zero_count, middle};
  }
  if (limit >= upper) {
    return keep_below ? KeptPart{h.zero_count, middle} : KeptPart{};
  }
  const double kept_width = keep_below ? limit - lower : upper - limit;
  return {h.zero_count * (kept_width / (upper - lower)), keep_below ? (lower + limit) / 2 : (limit + upper) / 2};
}

}  // namespace

void TrimHistogram(FloatHistogram* h, double limit, bool keep_below) {
  TrimTotals totals;
  const bool has_positive = TrimSide(h, HistogramSide::kPositive, limit, keep_below, &totals);
  const bool has_negative = TrimSide(h, HistogramSide::kNegative, limit, keep_below, &totals);
  if (h->zero_count > 0) {
    const KeptPart kept = KeepOfZeroBucket(*h, limit, keep_below, has_positive, has_negative);
    totals.dropped |= kept.count != h->zero_count;
    h->zero_count = kept.count;
    totals.count += kept.count;
    totals.sum += kept.value * kept.count;
  }
  if (totals.dropped) {
    h->count = totals.count;
    h->sum = totals.sum;
    CompactHistogram(h);
  }
}

}  // namespace tocsin
