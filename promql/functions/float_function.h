#pragma once

#include <span>
#include <string_view>

#include "base/types.h"

namespace tocsin::promql {

/// Functions of one float: abs, ln, sin, deg, hour, ...; null when there is none of the name.
using FloatFunction = double (*)(double);
FloatFunction FindMathFunction(std::string_view name);

/// Functions of a point in time, given in seconds since the Unix epoch and cut to whole ones: hour, month, days_in_month, ...
FloatFunction FindCalendarFunction(std::string_view name);

/// clamp, clamp_min, clamp_max and round: the value and the arguments behind it.
double Clamp(double value, double low, double high);
double RoundTo(double value, double to_nearest);

/// Go's math.Max and math.Min: NaN when one is NaN, and signs of zeros and infinities have an order.
double GoMax(double a, double b);
double GoMin(double a, double b);

}  // namespace tocsin::promql
