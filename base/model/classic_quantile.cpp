#include <algorithm>
#include <cmath>
#include <limits>

#include "base/model/float_histogram.h"
#include "base/model/histogram_quantile.h"

namespace tocsin {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

/// Relative differences between neighbouring counts that are rounding errors of summing up rates, not observations.
constexpr double kSmallDelta = 1e-12;

/// Sorts and joins buckets with equal bounds. False without a +Inf bucket.
bool Normalize(std::vector<ClassicBucket>* buckets) {
  std::stable_sort(buckets->begin(), buckets->end(),
                   [](const ClassicBucket& a, const ClassicBucket& b) { return a.upper_bound < b.upper_bound; });
  if (buckets->empty() || buckets->back().upper_bound != kInf) {
    return false;
  }
  size_t last = 0;
  for (size_t i = 1; i < buckets->size(); ++i) {
    if ((*buckets)[i].upper_bound == (*buckets)[last].upper_bound) {
      (*buckets)[last].count += (*buckets)[i].count;
    } else {
      (*buckets)[++last] = (*buckets)[i];
    }
  }
  buckets->resize(last + 1);
  return true;
}

MonotonicFix MakeMonotonic(std::vector<ClassicBucket>* buckets) {
  MonotonicFix fix;
  fix.min_bound = kInf;
  fix.max_bound = -kInf;
  double previous = (*buckets)[0].count;
  for (ClassicBucket& bucket : *buckets) {
    if (bucket.count == previous) {
      continue;
    }
    if (AlmostEqual(previous, bucket.count, kSmallDelta)) {
      bucket.count = previous;
      fix.small_deltas = true;
    } else if (bucket.count < previous) {
      fix.forced = true;
      fix.min_bound = std::min(fix.min_bound, bucket.upper_bound);
      fix.max_bound = std::max(fix.max_bound, bucket.upper_bound);
      fix.max_difference = std::max(fix.max_difference, previous - bucket.count);
      bucket.count = previous;
    } else {
      previous = bucket.count;
    }
  }
  return fix;
}

double InterpolateQuantile(double q, const std::vector<ClassicBucket>& buckets) {
  const double observations = buckets.back().count;
  if (buckets.size() < 2 || observations == 0) {
    return kNotANumber;
  }
  const double rank = q * observations;
  // Written so that a NaN count, which is neither below nor above, ends the search as it does upstream.
  const auto last = buckets.end() - 1;
  const auto found = std::partition_point(buckets.begin(), last, [rank](const ClassicBucket& bucket) { return !(bucket.count >= rank); });
  if (found == last) {
    return buckets[buckets.size() - 2].upper_bound;
  }
  if (found == buckets.begin()) {
    return found->upper_bound <= 0 ? found->upper_bound : found->upper_bound * (rank / found->count);
  }
  const ClassicBucket& below = *(found - 1);
  return below.upper_bound + (found->upper_bound - below.upper_bound) * ((rank - below.count) / (found->count - below.count));
}

}  // namespace

ClassicQuantile QuantileOfBuckets(double q, std::vector<ClassicBucket>* buckets) {
  if (std::isnan(q)) {
    return {kNotANumber, {}};
  }
  if (q < 0 || q > 1) {
    return {q < 0 ? -kInf : kInf, {}};
  }
  if (!Normalize(buckets)) {
    return {kNotANumber, {}};
  }
  ClassicQuantile result;
  result.fix = MakeMonotonic(buckets);
  result.value = InterpolateQuantile(q, *buckets);
  return result;
}

double FractionOfBuckets(double lower, double upper, std::vector<ClassicBucket>* buckets) {
  if (!Normalize(buckets)) {
    return kNotANumber;
  }
  const double count = buckets->back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) {
    return kNotANumber;
  }
  if (lower >= upper) {
    return 0;
  }
  // The observations at or below `v`. Of a bucket that is open at one end none are counted behind `v` or all before it.
  const auto rank_of = [&](double v) {
    double rank = 0;
    double start = (*buckets)[0].upper_bound <= 0 ? -kInf : 0;
    for (const ClassicBucket& bucket : *buckets) {
      if (start >= v) {
        return rank;
      }
      if (bucket.upper_bound > v) {
        return start == -kInf ? bucket.count : rank + (bucket.count - rank) * (v - start) / (bucket.upper_bound - start);
      }
      rank = bucket.count;
      start = bucket.upper_bound;
    }
    return count;
  };
  const double lower_rank = rank_of(lower);
  const double upper_rank = rank_of(upper);
  return ((upper_rank > count ? count : upper_rank) - (lower_rank > count ? count : lower_rank)) / count;
}

}  // namespace tocsin
