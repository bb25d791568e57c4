#pragma once

#include <cstddef>
#include <vector>

namespace tocsin::promql {

/// The quantile q of the values, interpolated between the two nearest; sorts them, NaN first. No values or a NaN q: NaN; q < 0: -Inf;
/// q > 1: +Inf.
double QuantileOf(double q, std::vector<double>* values);

/// The same of values that are sorted already.
double QuantileOfSorted(double q, const double* values, size_t count);

/// NaN before all numbers, then ascending.
bool QuantileLess(double a, double b);

}  // namespace tocsin::promql
