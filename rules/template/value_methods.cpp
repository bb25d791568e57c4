#include <cmath>
#include <limits>

#include "rules/template/functions.h"
#include "rules/template/go_time.h"
#include "rules/template/histogram_value.h"

/// Methods that templates call on times, durations and histograms. The first argument is the value itself.
namespace tocsin::gotemplate {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

CivilTime Civil(const Value& v) { return ToCivil(v.time().unix_ns); }
Value Integer(int64_t v) { return Value(v); }

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    return a < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  return sum;
}

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

Value Seconds(const Value& v, double unit_ns) { return Value(static_cast<double>(v.duration().ns) / unit_ns); }

/// Duration.Truncate and Round to a multiple of a unit.
DurationValue ToMultiple(DurationValue duration, DurationValue unit, bool round) {
  if (unit.ns <= 0) {
    return duration;
  }
  const int64_t rest = duration.ns % unit.ns;
  int64_t whole = duration.ns - rest;
  if (round && std::abs(rest) >= unit.ns - std::abs(rest)) {
    whole = SaturatingAdd(whole, duration.ns < 0 ? -unit.ns : unit.ns);
  }
  return DurationValue{whole};
}

}  // namespace

std::span<const Function> TimeMethods() {
  static const Function kTable[] = {
      {"Format",
       {ParamType::kString},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(FormatGoTime(a[0].time().unix_ns, a[1].text())); }},
      {"String", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Value(GoTimeText(a[0].time().unix_ns)); }},
      {"Unix",
       {},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Integer(FloorDiv(a[0].time().unix_ns, 1'000'000'000)); }},
      {"UnixMilli",
       {},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Integer(FloorDiv(a[0].time().unix_ns, 1'000'000)); }},
      {"UnixMicro",
       {},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Integer(FloorDiv(a[0].time().unix_ns, 1'000)); }},
      {"UnixNano", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(a[0].time().unix_ns); }},
      {"Add",
       {ParamType::kDuration},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(TimeValue{SaturatingAdd(a[0].time().unix_ns, a[1].duration().ns)}); }},
      {"Sub",
       {ParamType::kTime},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result {
         const int64_t other = a[1].time().unix_ns;
         const int64_t negated = other == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max() : -other;
         return Value(DurationValue{SaturatingAdd(a[0].time().unix_ns, negated)});
       }},
      {"Before",
       {ParamType::kTime},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(a[0].time().unix_ns < a[1].time().unix_ns); }},
      {"After",
       {ParamType::kTime},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(a[0].time().unix_ns > a[1].time().unix_ns); }},
      {"Equal",
       {ParamType::kTime},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(a[0].time() == a[1].time()); }},
      {"UTC", {}, false, false, [](const FunctionContext&, Args a) -> Result { return a[0]; }},
      {"Local", {}, false, false, [](const FunctionContext&, Args a) -> Result { return a[0]; }},
      {"IsZero", {}, false, false, [](const FunctionContext&, Args) -> Result { return Value(false); }},
      {"Year", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).year); }},
      {"Month", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Value(MonthName(Civil(a[0]).month)); }},
      {"Day", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).day); }},
      {"Hour", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).hour); }},
      {"Minute", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).minute); }},
      {"Second", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).second); }},
      {"Nanosecond", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).nanosecond); }},
      {"Weekday", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Value(WeekdayName(Civil(a[0]).weekday)); }},
      {"YearDay", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(Civil(a[0]).year_day); }},
  };
  return kTable;
}

std::span<const Function> DurationMethods() {
  static const Function kTable[] = {
      {"String", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Value(GoDurationText(a[0].duration().ns)); }},
      {"Hours", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Seconds(a[0], 3600e9); }},
      {"Minutes", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Seconds(a[0], 60e9); }},
      {"Seconds", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Seconds(a[0], 1e9); }},
      {"Milliseconds", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(a[0].duration().ns / 1'000'000); }},
      {"Microseconds", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(a[0].duration().ns / 1'000); }},
      {"Nanoseconds", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Integer(a[0].duration().ns); }},
      {"Abs",
       {},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result {
         const int64_t ns = a[0].duration().ns;
         return Value(DurationValue{ns == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max() : std::abs(ns)});
       }},
      {"Round",
       {ParamType::kDuration},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(ToMultiple(a[0].duration(), a[1].duration(), true)); }},
      {"Truncate",
       {ParamType::kDuration},
       false,
       false,
       [](const FunctionContext&, Args a) -> Result { return Value(ToMultiple(a[0].duration(), a[1].duration(), false)); }},
  };
  return kTable;
}

std::span<const Function> HistogramMethods() {
  static const Function kTable[] = {
      {"String", {}, false, false, [](const FunctionContext&, Args a) -> Result { return Value(HistogramText(a[0].histogram())); }},
  };
  return kTable;
}

}  // namespace tocsin::gotemplate
