#include "promql/functions/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tocsin::promql {

bool QuantileLess(double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; }

double QuantileOfSorted(double q, const double* values, size_t count) {
  if (count == 0 || std::isnan(q)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (q < 0) {
    return -std::numeric_limits<double>::infinity();
  }
  if (q > 1) {
    return std::numeric_limits<double>::infinity();
  }
  const auto n = static_cast<double>(count);
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[static_cast<size_t>(lower)] * (1 - weight) + values[static_cast<size_t>(upper)] * weight;
}

double QuantileOf(double q, std::vector<double>* values) {
  std::sort(values->begin(), values->end(), QuantileLess);
  return QuantileOfSorted(q, values->data(), values->size());
}

}  // namespace tocsin::promql
