#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/model/regex.h"
#include "base/status.h"
#include "base/strings.h"
#include "tests/reference_evaluator/evaluator.h"

namespace tocsin::reference {
namespace {

using NumberFunction = std::function<double(double)>;

double NaNAware(double a, double b, bool smaller) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::nan("");
  }
  return smaller ? std::min(a, b) : std::max(a, b);
}

const std::map<std::string_view, NumberFunction>& NumberFunctions() {
  static const auto& functions = *new std::map<std::string_view, NumberFunction>{
      {"abs", [](double v) { return std::fabs(v); }},
      {"ceil", [](double v) { return std::ceil(v); }},
      {"floor", [](double v) { return std::floor(v); }},
      {"exp", [](double v) { return std::exp(v); }},
      {"sqrt", [](double v) { return std::sqrt(v); }},
      {"ln", [](double v) { return std::log(v); }},
      {"log2", [](double v) { return std::log2(v); }},
      {"log10", [](double v) { return std::log10(v); }},
      {"sgn", [](double v) { return v < 0   ? -1
                                    : v > 0 ? 1
                                            : v; }},
      {"sin", [](double v) { return std::sin(v); }},
      {"cos", [](double v) { return std::cos(v); }},
      {"tan", [](double v) { return std::tan(v); }},
      {"asin", [](double v) { return std::asin(v); }},
      {"acos", [](double v) { return std::acos(v); }},
      {"atan", [](double v) { return std::atan(v); }},
      {"sinh", [](double v) { return std::sinh(v); }},
      {"cosh", [](double v) { return std::cosh(v); }},
      {"tanh", [](double v) { return std::tanh(v); }},
      {"asinh", [](double v) { return std::asinh(v); }},
      {"acosh", [](double v) { return std::acosh(v); }},
      {"atanh", [](double v) { return std::atanh(v); }},
      {"deg", [](double v) { return v * 180 / M_PI; }},
      {"rad", [](double v) { return v * M_PI / 180; }},
  };
  return functions;
}

double DateField(std::string_view name, double seconds) {
  const absl::CivilSecond date = absl::ToCivilSecond(absl::FromUnixSeconds(static_cast<int64_t>(seconds)), absl::UTCTimeZone());
  if (name == "minute") {
    return date.minute();
  }
  if (name == "hour") {
    return date.hour();
  }
  if (name == "day_of_month") {
    return date.day();
  }
  if (name == "day_of_week") {
    return (static_cast<int>(absl::GetWeekday(date)) + 1) % 7;
  }
  if (name == "day_of_year") {
    return absl::GetYearDay(absl::CivilDay(date));
  }
  if (name == "days_in_month") {
    const absl::CivilMonth month(date);
    return static_cast<double>(absl::CivilDay(month + 1) - absl::CivilDay(month));
  }
  return name == "month" ? date.month() : static_cast<double>(date.year());
}

bool IsDateFunction(std::string_view name) {
  static constexpr std::string_view kNames[] = {"minute",      "hour",          "day_of_month", "day_of_week",
                                                "day_of_year", "days_in_month", "month",        "year"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

InstantVector MapValues(InstantVector vector, const NumberFunction& function) {
  for (Element& element : vector) {
    element.value = function(element.value);
    element.labels = element.labels.DropMetricName();
  }
  return vector;
}

absl::StatusOr<InstantVector> LabelReplace(const std::vector<Result>& args) {
  const auto regex = AnchoredRegex::Create(args[4].text);
  if (!regex.ok()) {
    return regex.status();
  }
  InstantVector vector = args[0].vector;
  for (Element& element : vector) {
    std::string value;
    if ((*regex)->Expand(element.labels.Get(args[3].text), args[2].text, &value)) {
      LabelsBuilder labels(element.labels);
      labels.Set(args[1].text, value);
      element.labels = labels.Build();
    }
  }
  return vector;
}

InstantVector LabelJoin(const std::vector<Result>& args) {
  InstantVector vector = args[0].vector;
  for (Element& element : vector) {
    std::vector<std::string> parts;
    for (size_t i = 3; i < args.size(); ++i) {
      parts.emplace_back(element.labels.Get(args[i].text));
    }
    LabelsBuilder labels(element.labels);
    labels.Set(args[1].text, absl::StrJoin(parts, args[2].text));
    element.labels = labels.Build();
  }
  return vector;
}

InstantVector Clamp(const InstantVector& vector, double low, double high) {
  if (low > high) {
    return {};
  }
  return MapValues(vector, [low, high](double v) { return NaNAware(low, NaNAware(high, v, true), false); });
}

}  // namespace

absl::StatusOr<InstantVector> ApplyVectorFunction(std::string_view name, const std::vector<Result>& args, TimestampMs t) {
  if (const auto it = NumberFunctions().find(name); it != NumberFunctions().end()) {
    return MapValues(args[0].vector, it->second);
  }
  if (IsDateFunction(name)) {
    const InstantVector now = {{Labels(), static_cast<double>(t) / 1000, t}};
    return MapValues(args.empty() ? now : args[0].vector, [name](double v) { return DateField(name, v); });
  }
  if (name == "vector") {
    return InstantVector{{Labels(), args[0].scalar, t}};
  }
  if (name == "timestamp") {
    InstantVector vector = args[0].vector;
    for (Element& element : vector) {
      element.value = static_cast<double>(element.t) / 1000;
      element.labels = element.labels.DropMetricName();
    }
    return vector;
  }
  if (name == "round") {
    const double inverse = 1 / (args.size() > 1 ? args[1].scalar : 1);
    return MapValues(args[0].vector, [inverse](double v) { return std::floor(v * inverse + 0.5) / inverse; });
  }
  if (name == "clamp") {
    return Clamp(args[0].vector, args[1].scalar, args[2].scalar);
  }
  if (name == "clamp_min" || name == "clamp_max") {
    const bool smaller = name == "clamp_max";
    return MapValues(args[0].vector, [&](double v) { return NaNAware(v, args[1].scalar, smaller); });
  }
  if (name == "label_replace") {
    return LabelReplace(args);
  }
  if (name == "label_join") {
    return LabelJoin(args);
  }
  if (name == "histogram_quantile") {
    return ClassicHistogramQuantile(args[0].scalar, args[1].vector);
  }
  if (name == "sort" || name == "sort_desc") {
    return args[0].vector;
  }
  return absl::UnimplementedError(Cat("function ", name));
}

}  // namespace tocsin::reference
