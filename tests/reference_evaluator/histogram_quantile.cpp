#include <algorithm>
#include <cmath>
#include <map>

#include "base/text/float_text.h"
#include "tests/reference_evaluator/evaluator.h"

namespace tocsin::reference {
namespace {

// Cumulative counts by upper bound; linear within a bucket.
double BucketQuantile(double q, std::map<double, double> buckets) {
  if (std::isnan(q)) {
    return std::nan("");
  }
  if (q < 0 || q > 1) {
    return q < 0 ? -INFINITY : INFINITY;
  }
  if (buckets.size() < 2 || !std::isinf(buckets.rbegin()->first)) {
    return std::nan("");
  }
  double largest = 0;
  for (auto& [bound, count] : buckets) {
    largest = std::max(largest, count);
    count = largest;
  }
  if (largest == 0) {
    return std::nan("");
  }
  const double rank = q * largest;
  double lower = 0;
  double below = 0;
  for (auto it = buckets.begin(); it != buckets.end(); ++it) {
    const bool is_first = it == buckets.begin();
    const auto& [bound, count] = *it;
    if (std::isinf(bound)) {
      return lower;
    }
    if (count >= rank) {
      return is_first && bound <= 0 ? bound : lower + (bound - lower) * ((rank - below) / (count - below));
    }
    lower = bound;
    below = count;
  }
  return lower;
}

}  // namespace

InstantVector ClassicHistogramQuantile(double q, const InstantVector& buckets) {
  std::map<Labels, std::map<double, double>> groups;
  const std::vector<std::string> dropped = {std::string(kMetricName), std::string(kBucketLabel)};
  for (const Element& element : buckets) {
    const ParsedFloat bound = ParseGoFloat(element.labels.Get(kBucketLabel));
    if (bound.ok()) {
      groups[element.labels.Drop(dropped)][bound.value] += element.value;
    }
  }
  InstantVector output;
  for (const auto& [labels, group] : groups) {
    output.push_back({labels, BucketQuantile(q, group), 0});
  }
  return output;
}

}  // namespace tocsin::reference
