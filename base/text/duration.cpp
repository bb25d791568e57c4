#include "base/text/duration.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

struct DurationUnit {
  std::string_view name;
  int64_t ms;
  bool only_when_exact;  // printed only when it leaves nothing over: 90d reads better than 12w6d
};

constexpr std::array<DurationUnit, 7> kDurationUnits = {{
    {"y", 365 * kDay, true},
    {"w", 7 * kDay, true},
    {"d", kDay, false},
    {"h", kHour, false},
    {"m", kMinute, false},
    {"s", kSecond, false},
    {"ms", 1, false},
}};

constexpr std::string_view kDurationDigits = "0123456789";

absl::Status NotADuration(std::string_view text) {
  return absl::InvalidArgumentError(Cat("not a valid duration string: ", GoQuoted(text)));
}

absl::Status OutOfRange() { return absl::InvalidArgumentError("duration out of range"); }

// The digits (or what are no digits) at the start of `rest`; taken off it.
std::string_view TakeRun(bool digits, std::string_view* rest) {
  const size_t end = digits ? rest->find_first_not_of(kDurationDigits) : rest->find_first_of(kDurationDigits);
  const std::string_view run = rest->substr(0, end);
  rest->remove_prefix(run.size());
  return run;
}

}  // namespace

absl::StatusOr<DurationMs> ParseDuration(std::string_view text) {
  if (text == "0") {
    return 0;
  }
  if (text.empty()) {
    return absl::InvalidArgumentError("empty duration string");
  }
  std::string_view rest = text;
  int64_t total = 0;
  size_t next_unit = 0;
  while (!rest.empty()) {
    const std::string_view digits = TakeRun(true, &rest);
    const std::string_view name = TakeRun(false, &rest);
    uint64_t count = 0;
    if (digits.empty() || name.empty() || std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc()) {
      return NotADuration(text);
    }
    size_t unit = 0;
    while (unit < kDurationUnits.size() && kDurationUnits[unit].name != name) {
      ++unit;
    }
    if (unit == kDurationUnits.size()) {
      return absl::InvalidArgumentError(Cat("unknown unit ", GoQuoted(name), " in duration ", GoQuoted(text)));
    }
    if (unit < next_unit) {
      return NotADuration(text);
    }
    next_unit = unit + 1;
    if (count > static_cast<uint64_t>(kMaxDurationMs / kDurationUnits[unit].ms)) {
      return OutOfRange();
    }
    total += static_cast<int64_t>(count) * kDurationUnits[unit].ms;
    if (total > kMaxDurationMs) {
      return OutOfRange();
    }
  }
  return total;
}

absl::StatusOr<DurationMs> ParseDurationAllowNegative(std::string_view text) {
  if (text.empty() || text[0] != '-') {
    return ParseDuration(text);
  }
  ASSIGN_OR_RETURN(const DurationMs duration, ParseDuration(text.substr(1)));
  return -duration;
}

std::string FormatDuration(DurationMs duration_ms) {
  if (duration_ms == 0) {
    return "0s";
  }
  std::string out = duration_ms < 0 ? "-" : "";
  uint64_t rest = duration_ms < 0 ? 0 - static_cast<uint64_t>(duration_ms) : static_cast<uint64_t>(duration_ms);
  for (const DurationUnit& unit : kDurationUnits) {
    const auto unit_ms = static_cast<uint64_t>(unit.ms);
    if (rest < unit_ms || (unit.only_when_exact && rest % unit_ms != 0)) {
      continue;
    }
    Append(&out, rest / unit_ms, unit.name);
    rest %= unit_ms;
  }
  return out;
}

}  // namespace tocsin
