#include <cmath>
#include <limits>

#include "base/kahan.h"
#include "base/model/histogram_bucket.h"
#include "base/model/histogram_quantile.h"

namespace tocsin {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// The zero bucket of a histogram that has observations on one side only ends at zero.
void NarrowZeroBucket(const FloatHistogram& h, HistogramBucket* bucket) {
  if (h.negative_buckets.empty() && !h.positive_buckets.empty()) {
    bucket->lower = 0;
  } else if (h.positive_buckets.empty() && !h.negative_buckets.empty()) {
    bucket->upper = 0;
  }
}

/// The bucket in which the rank falls, and the observations up to and with it.
struct RankSearch {
  BucketRef bucket;
  BucketRef last;  // the last one of all
  double count = 0;
  double count_of_all = 0;
};

RankSearch FindRank(const FloatHistogram& h, double rank, bool from_below) {
  RankSearch found;
  bool done = false;
  const auto visit = [&](const BucketRef& ref) {
    found.count_of_all += ref.count;
    found.last = ref;
    if (!done && ref.count != 0) {
      found.bucket = ref;
      found.count += ref.count;
      done = found.count >= rank;
    } else if (!done) {
      found.bucket = ref;
    }
    return !done || std::isnan(h.sum);
  };
  if (from_below) {
    VisitAscending(h, visit);
  } else {
    VisitDescending(h, visit);
  }
  return found;
}

double Interpolate(const FloatHistogram& h, const HistogramBucket& bucket, double fraction) {
  if (h.uses_custom_buckets() || (bucket.lower <= 0 && bucket.upper >= 0)) {
    return bucket.lower + (bucket.upper - bucket.lower) * fraction;
  }
  const double log_lower = std::log2(std::abs(bucket.lower));
  const double log_upper = std::log2(std::abs(bucket.upper));
  if (bucket.lower > 0) {
    return std::exp2(log_lower + (log_upper - log_lower) * fraction);
  }
  return -std::exp2(log_upper + (log_lower - log_upper) * (1 - fraction));
}

}  // namespace

NativeQuantile QuantileOfHistogram(double q, const FloatHistogram& h) {
  if (q < 0 || q > 1) {
    return {q < 0 ? -kUnbounded : kUnbounded};
  }
  if (h.count == 0 || std::isnan(q)) {
    return {std::nan("")};
  }
  // NaN observations are counted, but in no bucket: ranks are right from below only.
  const bool from_below = std::isnan(h.sum) || q < 0.5;
  double rank = (from_below ? q : 1 - q) * h.count;
  const RankSearch found = FindRank(h, rank, from_below);
  const bool has_buckets = !h.positive_buckets.empty() || !h.negative_buckets.empty() || h.zero_count > 0;
  HistogramBucket bucket = has_buckets ? MakeBucket(h, found.bucket) : HistogramBucket();
  if (!h.uses_custom_buckets()) {
    if (bucket.lower < 0 && bucket.upper > 0) {
      NarrowZeroBucket(h, &bucket);
    }
  } else if (bucket.lower == -kUnbounded) {
    if (bucket.upper <= 0) {
      return {bucket.upper};
    }
    bucket.lower = 0;
  } else if (bucket.upper == kUnbounded) {
    return {bucket.lower};
  }
  const double count = found.count > h.count ? h.count : found.count;
  if (count < rank) {
    return std::isnan(h.sum) ? NativeQuantile{std::nan(""), true, false} : NativeQuantile{bucket.upper};
  }
  rank = from_below ? rank - (count - bucket.count) : count - rank;
  NativeQuantile result;
  if (std::isnan(h.sum)) {
    // Prometheus 3.14 counts all observations with the variable that it interpolates with, so it interpolates in the last bucket.
    result.nan_skew = found.count_of_all < h.count;
    const bool is_last = found.last.part == found.bucket.part && found.last.index == found.bucket.index;
    bucket = is_last ? bucket : MakeBucket(h, found.last);
  }
  result.value = Interpolate(h, bucket, rank / bucket.count);
  return result;
}

NativeFraction FractionOfHistogram(double lower, double upper, const FloatHistogram& h) {
  if (h.count == 0 || std::isnan(lower) || std::isnan(upper)) {
    return {std::nan("")};
  }
  if (lower >= upper) {
    return {0};
  }
  double rank = 0;
  double lower_rank = 0;
  double upper_rank = 0;
  bool lower_set = false;
  bool upper_set = false;
  double count_of_all = 0;
  const auto place = [&](const HistogramBucket& bucket, bool linear, double v, double* v_rank, bool* v_set) {
    if (*v_set || (bucket.lower < v && bucket.upper <= v)) {
      return;
    }
    *v_set = true;
    if (bucket.lower >= v) {
      *v_rank = rank;
    } else if (linear && bucket.lower == -kUnbounded) {
      *v_rank = bucket.count;
    } else {
      *v_rank = rank + bucket.count * bucket.FractionBelow(v, linear);
    }
  };
  VisitAscending(h, [&](const BucketRef& ref) {
    count_of_all += ref.count;
    if (lower_set && upper_set) {
      return std::isnan(h.sum);
    }
    HistogramBucket bucket = MakeBucket(h, ref);
    const bool around_zero = bucket.lower <= 0 && bucket.upper >= 0;
    if (around_zero) {
      NarrowZeroBucket(h, &bucket);
    }
    const bool linear = h.uses_custom_buckets() || around_zero;
    place(bucket, linear, lower, &lower_rank, &lower_set);
    place(bucket, linear, upper, &upper_rank, &upper_set);
    rank += ref.count;
    return true;
  });
  const double count = std::isnan(h.sum) ? count_of_all : h.count;
  NativeFraction result;
  result.nan_observations = std::isnan(h.sum) && count_of_all < h.count;
  lower_rank = !lower_set || lower_rank > count ? count : lower_rank;
  upper_rank = !upper_set || upper_rank > count ? count : upper_rank;
  result.value = (upper_rank - lower_rank) / h.count;
  return result;
}

double VarianceOfHistogram(const FloatHistogram& h) {
  const double mean = h.sum / h.count;
  double variance = 0;
  double low = 0;
  VisitAscending(h, [&](const BucketRef& ref) {
    if (ref.count == 0) {
      return true;
    }
    const HistogramBucket bucket = MakeBucket(h, ref);
    double value = 0;
    if (h.uses_custom_buckets()) {
      value = (bucket.upper + bucket.lower) / 2;
    } else if (!(bucket.lower <= 0 && bucket.upper >= 0)) {
      value = std::sqrt(bucket.upper * bucket.lower);
      value = bucket.upper < 0 ? -value : value;
    }
    const double delta = value - mean;
    KahanAdd(ref.count * delta * delta, &variance, &low);
    return true;
  });
  return (variance + low) / h.count;
}

}  // namespace tocsin
