#include <cmath>
#include <limits>

#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "rules/template/functions.h"
#include "rules/template/go_time.h"

/// Prometheus's functions on numbers and times.
namespace tocsin::gotemplate {
namespace {

using Args = std::span<const Value>;

constexpr double kNanosecondsPerSecond = 1e9;

std::string FourDigits(double value) { return GoFloat(value, 'g', 4); }

bool IsNanOrInf(double value) { return std::isnan(value) || std::isinf(value); }

struct Scaled {
  double value;
  std::string_view prefix;
};

Scaled ScaleDown(double value, double step, std::span<const std::string_view> prefixes) {
  Scaled scaled{value, ""};
  for (const std::string_view prefix : prefixes) {
    if (std::abs(scaled.value) < step) {
      break;
    }
    scaled.prefix = prefix;
    scaled.value /= step;
  }
  return scaled;
}

Scaled ScaleUp(double value) {
  constexpr std::string_view kSmall[] = {"m", "u", "n", "p", "f", "a", "z", "y"};
  Scaled scaled{value, ""};
  for (const std::string_view prefix : kSmall) {
    if (std::abs(scaled.value) >= 1) {
      break;
    }
    scaled.prefix = prefix;
    scaled.value *= 1000;
  }
  return scaled;
}

/// A function of one number that makes a text.
template <std::string (*kText)(double)>
absl::StatusOr<Value> NumberToText(const FunctionContext&, Args args) {
  const auto number = ToFloat(args[0]);
  if (!number.ok()) {
    return number.status();
  }
  return Value(kText(*number));
}

std::string Humanize(double value) {
  constexpr std::string_view kLarge[] = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  if (value == 0 || IsNanOrInf(value)) {
    return FourDigits(value);
  }
  const Scaled scaled = std::abs(value) >= 1 ? ScaleDown(value, 1000, kLarge) : ScaleUp(value);
  return Cat(FourDigits(scaled.value), scaled.prefix);
}

std::string Humanize1024(double value) {
  constexpr std::string_view kBinary[] = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
  if (std::abs(value) <= 1 || IsNanOrInf(value)) {
    return FourDigits(value);
  }
  const Scaled scaled = ScaleDown(value, 1024, kBinary);
  return Cat(FourDigits(scaled.value), scaled.prefix);
}

std::string HumanizePercentage(double value) { return FourDigits(value * 100) + "%"; }

std::string HumanizeDuration(double value) {
  if (IsNanOrInf(value)) {
    return FourDigits(value);
  }
  if (value == 0) {
    return "0s";
  }
  if (std::abs(value) < 1) {
    const Scaled scaled = ScaleUp(value);
    return Cat(FourDigits(scaled.value), scaled.prefix, "s");
  }
  const std::string_view sign = value < 0 ? "-" : "";
  const double magnitude = std::abs(value);
  // Beyond int64 Go's conversion gives the smallest integer.
  const int64_t whole = magnitude < 9.2e18 ? static_cast<int64_t>(magnitude) : std::numeric_limits<int64_t>::min();
  const int64_t seconds = whole % 60;
  const int64_t minutes = whole / 60 % 60;
  const int64_t hours = whole / 3600 % 24;
  const int64_t days = whole / 86'400;
  if (days != 0) {
    return Cat(sign, days, "d ", hours, "h ", minutes, "m ", seconds, "s");
  }
  if (hours != 0) {
    return Cat(sign, hours, "h ", minutes, "m ", seconds, "s");
  }
  if (minutes != 0) {
    return Cat(sign, minutes, "m ", seconds, "s");
  }
  return Cat(sign, FourDigits(magnitude), "s");
}

/// A Unix time in seconds as Prometheus takes it, to the millisecond.
absl::StatusOr<TimeValue> FloatToTime(double seconds) {
  if (IsNanOrInf(seconds)) {
    return absl::InvalidArgumentError("value is NaN or Inf");
  }
  const double ns = seconds * kNanosecondsPerSecond;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (ns > kLimit || ns < -kLimit) {
    return absl::InvalidArgumentError(
        Cat(GoFloat(seconds, 'g'), " cannot be represented as a nanoseconds timestamp since it overflows int64"));
  }
  const int64_t whole = ns >= kLimit ? std::numeric_limits<int64_t>::min() : static_cast<int64_t>(ns);
  return TimeValue{whole / 1'000'000 * 1'000'000};
}

absl::StatusOr<Value> HumanizeTimestamp(const FunctionContext&, Args args) {
  const auto seconds = ToFloat(args[0]);
  if (!seconds.ok()) {
    return seconds.status();
  }
  if (IsNanOrInf(*seconds)) {
    return Value(FourDigits(*seconds));
  }
  const auto time = FloatToTime(*seconds);
  if (!time.ok()) {
    return time.status();
  }
  return Value(GoTimeText(time->unix_ns));
}

absl::StatusOr<Value> ToTime(const FunctionContext&, Args args) {
  const auto seconds = ToFloat(args[0]);
  if (!seconds.ok()) {
    return seconds.status();
  }
  const auto time = FloatToTime(*seconds);
  if (!time.ok()) {
    return time.status();
  }
  return Value(*time);
}

absl::StatusOr<Value> ToDuration(const FunctionContext&, Args args) {
  const auto seconds = ToFloat(args[0]);
  if (!seconds.ok()) {
    return seconds.status();
  }
  const double ns = *seconds * kNanosecondsPerSecond;
  const bool fits = std::abs(ns) < 9.2233720368547e18;
  return Value(DurationValue{fits ? static_cast<int64_t>(ns) : std::numeric_limits<int64_t>::min()});
}

absl::StatusOr<Value> Now(const FunctionContext& context, Args) { return Value(static_cast<double>(context.now) / 1000.0); }

absl::StatusOr<Value> ParseDurationText(const FunctionContext&, Args args) {
  const auto duration = ParseDurationAllowNegative(args[0].text());
  if (!duration.ok()) {
    return duration.status();
  }
  return Value(static_cast<double>(*duration) / 1000.0);
}

}  // namespace

absl::StatusOr<double> ToFloat(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kFloat:
      return value.float_value();
    case Value::Kind::kInt:
      return static_cast<double>(value.int_value());
    case Value::Kind::kUint:
      return static_cast<double>(value.uint_value());
    case Value::Kind::kString:
      return ParseGoFloatOrError(value.text());
    default:
      return absl::InvalidArgumentError(Cat("can't convert ", value.type_name(), " to float"));
  }
}

std::span<const Function> NumberFunctions() {
  constexpr auto kAny = ParamType::kAny;
  static const Function kTable[] = {
      {"humanize", {kAny}, false, false, NumberToText<Humanize>},
      {"humanize1024", {kAny}, false, false, NumberToText<Humanize1024>},
      {"humanizeDuration", {kAny}, false, false, NumberToText<HumanizeDuration>},
      {"humanizePercentage", {kAny}, false, false, NumberToText<HumanizePercentage>},
      {"humanizeTimestamp", {kAny}, false, false, HumanizeTimestamp},
      {"toTime", {kAny}, false, false, ToTime},
      {"toDuration", {kAny}, false, false, ToDuration},
      {"now", {}, false, false, Now},
      {"parseDuration", {ParamType::kString}, false, false, ParseDurationText},
  };
  return kTable;
}

}  // namespace tocsin::gotemplate
