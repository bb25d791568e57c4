#include "promql/functions/float_function.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "absl/container/flat_hash_map.h"

namespace tocsin::promql {

namespace {

double Sign(double v) { return v < 0 ? -1 : v > 0 ? 1 : v; }
double Radians(double v) { return v * std::numbers::pi / 180; }
double Degrees(double v) { return v * 180 / std::numbers::pi; }

}  // namespace

FloatFunction FindMathFunction(std::string_view name) {
  static const auto& functions = *new absl::flat_hash_map<std::string_view, FloatFunction>{
      {"abs", [](double v) { return std::fabs(v); }},
      {"acos", [](double v) { return std::acos(v); }},
      {"acosh", [](double v) { return std::acosh(v); }},
      {"asin", [](double v) { return std::asin(v); }},
      {"asinh", [](double v) { return std::asinh(v); }},
      {"atan", [](double v) { return std::atan(v); }},
      {"atanh", [](double v) { return std::atanh(v); }},
      {"ceil", [](double v) { return std::ceil(v); }},
      {"cos", [](double v) { return std::cos(v); }},
      {"cosh", [](double v) { return std::cosh(v); }},
      {"deg", Degrees},
      {"exp", [](double v) { return std::exp(v); }},
      {"floor", [](double v) { return std::floor(v); }},
      {"ln", [](double v) { return std::log(v); }},
      {"log10", [](double v) { return std::log10(v); }},
      {"log2", [](double v) { return std::log2(v); }},
      {"rad", Radians},
      {"sgn", Sign},
      {"sin", [](double v) { return std::sin(v); }},
      {"sinh", [](double v) { return std::sinh(v); }},
      {"sqrt", [](double v) { return std::sqrt(v); }},
      {"tan", [](double v) { return std::tan(v); }},
      {"tanh", [](double v) { return std::tanh(v); }},
  };
  const auto it = functions.find(name);
  return it == functions.end() ? nullptr : it->second;
}

double GoMax(double a, double b) {
  if (std::isinf(a) && a > 0) {
    return a;
  }
  if (std::isinf(b) && b > 0) {
    return b;
  }
  if (std::isnan(a) || std::isnan(b)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (a == 0 && b == 0) {
    return std::signbit(a) ? b : a;
  }
  return a > b ? a : b;
}

double GoMin(double a, double b) {
  if (std::isinf(a) && a < 0) {
    return a;
  }
  if (std::isinf(b) && b < 0) {
    return b;
  }
  if (std::isnan(a) || std::isnan(b)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (a == 0 && b == 0) {
    return std::signbit(a) ? a : b;
  }
  return a < b ? a : b;
}

double Clamp(double value, double low, double high) { return GoMax(low, GoMin(high, value)); }

double RoundTo(double value, double to_nearest) {
  const double inverse = 1.0 / to_nearest;
  return std::floor(value * inverse + 0.5) / inverse;
}

}  // namespace tocsin::promql
