#pragma once

#include <vector>

#include "base/model/histogram.h"

namespace tocsin {

/// Quantiles and fractions of histograms as PromQL estimates them (prometheus promql/quantile.go at 3.14).
/// Threads: pure functions.

/// One cumulative bucket of a classic histogram.
struct ClassicBucket {
  double upper_bound = 0;
  double count = 0;
};

/// Where counts fell with rising bounds although they must not, for the annotation about it.
struct MonotonicFix {
  bool forced = false;        ///< a count that fell was raised
  bool small_deltas = false;  ///< differences below 1e-12 were taken as rounding errors
  double min_bound = 0;       ///< of the forced buckets
  double max_bound = 0;
  double max_difference = 0;
};

struct ClassicQuantile {
  double value = 0;
  MonotonicFix fix;
};

/// The quantile q, interpolated linearly. Sorts `buckets` and joins those with equal bounds. At least one bucket.
/// NaN: q is NaN, no observations, fewer than two buckets, or the highest is not +Inf. q outside 0..1: -Inf, +Inf.
ClassicQuantile QuantileOfBuckets(double q, std::vector<ClassicBucket>* buckets);

/// The share of observations between the bounds; NaN without a +Inf bucket or without observations.
double FractionOfBuckets(double lower, double upper, std::vector<ClassicBucket>* buckets);

/// `value` and what has to be told: NaN observations that made the result NaN, or skewed it.
struct NativeQuantile {
  double value = 0;
  bool nan_result = false;  ///< info: the quantile falls among NaN observations
  bool nan_skew = false;    ///< info: NaN observations counted as highest
};
NativeQuantile QuantileOfHistogram(double q, const FloatHistogram& h);

struct NativeFraction {
  double value = 0;
  bool nan_observations = false;  ///< info: NaN observations are in no bucket
};
NativeFraction FractionOfHistogram(double lower, double upper, const FloatHistogram& h);

/// The variance of the observations, each taken as the geometric (exponential buckets) or arithmetic middle of its bucket.
double VarianceOfHistogram(const FloatHistogram& h);

}  // namespace tocsin
