#include "base/text/time_text.h"

#include <chrono>
#include <cmath>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int kNanosDigits = 9;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

void AppendPadded(int64_t value, int width, std::string* out) {
  std::string digits = std::to_string(value);
  if (digits.size() < static_cast<size_t>(width)) {
    out->append(width - digits.size(), '0');
  }
  out->append(digits);
}

/// Days since the Unix epoch to year, month, day of the proleptic Gregorian calendar, for any year
/// (http://howardhinnant.github.io/date_algorithms.html, civil_from_days).
void AppendDate(int64_t days, std::string* out) {
  const int64_t shifted = days + 719'468;
  const int64_t era = FloorDiv(shifted, 146'097);
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * day_of_year + 2) / 153;  // from March on
  const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 0) {
    out->push_back('-');
    year = -year;
  }
  AppendPadded(year, 4, out);
  out->push_back('-');
  AppendPadded(month, 2, out);
  out->push_back('-');
  AppendPadded(day_of_year - (153 * month_index + 2) / 5 + 1, 2, out);
}

void AppendDateTime(int64_t seconds, std::string* out) {
  const int64_t days = FloorDiv(seconds, kSecondsPerDay);
  const int64_t of_day = seconds - days * kSecondsPerDay;
  AppendDate(days, out);
  out->push_back('T');
  AppendPadded(of_day / 3600, 2, out);
  out->push_back(':');
  AppendPadded(of_day / 60 % 60, 2, out);
  out->push_back(':');
  AppendPadded(of_day % 60, 2, out);
}

/// Reads exactly `digits` decimal digits at the front of `rest` and removes them.
bool TakeNumber(std::string_view* rest, size_t digits, int* value) {
  if (rest->size() < digits) {
    return false;
  }
  *value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = (*rest)[i];
    if (c < '0' || c > '9') {
      return false;
    }
    *value = *value * 10 + (c - '0');
  }
  rest->remove_prefix(digits);
  return true;
}

bool TakeChar(std::string_view* rest, char c) {
  if (rest->empty() || rest->front() != c) {
    return false;
  }
  rest->remove_prefix(1);
  return true;
}

/// ".5" or ",5" to nanoseconds; decimals after the ninth are cut. False when a point has no digit behind it.
bool TakeFraction(std::string_view* rest, int32_t* nanos) {
  if (rest->empty() || (rest->front() != '.' && rest->front() != ',')) {
    return true;
  }
  rest->remove_prefix(1);
  int digits = 0;
  while (!rest->empty() && rest->front() >= '0' && rest->front() <= '9') {
    if (digits < kNanosDigits) {
      *nanos = *nanos * 10 + (rest->front() - '0');
    }
    ++digits;
    rest->remove_prefix(1);
  }
  for (int i = digits; i < kNanosDigits; ++i) {
    *nanos *= 10;
  }
  return digits > 0;
}

bool TakeZone(std::string_view* rest, int64_t* offset_seconds) {
  if (TakeChar(rest, 'Z')) {
    return true;
  }
  const bool negative = !rest->empty() && rest->front() == '-';
  if (!negative && (rest->empty() || rest->front() != '+')) {
    return false;
  }
  rest->remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!TakeNumber(rest, 2, &hours) || !TakeChar(rest, ':') || !TakeNumber(rest, 2, &minutes) || hours > 24 || minutes > 60) {
    return false;
  }
  *offset_seconds = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
  return true;
}

bool ParseInto(std::string_view rest, UnixTime* time) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t offset_seconds = 0;
  const bool shaped = TakeNumber(&rest, 4, &year) && TakeChar(&rest, '-') && TakeNumber(&rest, 2, &month) && TakeChar(&rest, '-') &&
                      TakeNumber(&rest, 2, &day) && TakeChar(&rest, 'T') && TakeNumber(&rest, 2, &hour) && TakeChar(&rest, ':') &&
                      TakeNumber(&rest, 2, &minute) && TakeChar(&rest, ':') && TakeNumber(&rest, 2, &second) &&
                      TakeFraction(&rest, &time->nanos) && TakeZone(&rest, &offset_seconds) && rest.empty();
  if (!shaped || hour > 23 || minute > 59 || second > 59) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) {
    return false;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  time->seconds = days * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset_seconds;
  return true;
}

}  // namespace

UnixTime FromMs(TimestampMs t) {
  const int64_t seconds = FloorDiv(t, 1000);
  return {.seconds = seconds, .nanos = static_cast<int32_t>((t - seconds * 1000) * 1'000'000)};
}

TimestampMs ToMs(const UnixTime& time) { return time.seconds * 1000 + time.nanos / 1'000'000; }

void AppendRfc3339Nano(const UnixTime& time, std::string* out) {
  AppendDateTime(time.seconds, out);
  if (time.nanos != 0) {
    out->push_back('.');
    AppendPadded(time.nanos, kNanosDigits, out);
    out->erase(out->find_last_not_of('0') + 1);
  }
  out->push_back('Z');
}

std::string FormatRfc3339Nano(const UnixTime& time) {
  std::string out;
  AppendRfc3339Nano(time, &out);
  return out;
}

std::string FormatRfc3339Nano(TimestampMs t) { return FormatRfc3339Nano(FromMs(t)); }

std::string FormatRfc3339Ms(TimestampMs t) {
  const UnixTime time = FromMs(t);
  std::string out;
  AppendDateTime(time.seconds, &out);
  out.push_back('.');
  AppendPadded(time.nanos / 1'000'000, 3, &out);
  out.push_back('Z');
  return out;
}

absl::StatusOr<UnixTime> ParseRfc3339(std::string_view text) {
  UnixTime time;
  if (!ParseInto(text, &time)) {
    return absl::InvalidArgumentError(Cat("cannot parse ", GoQuoted(text), " as an RFC 3339 time"));
  }
  return time;
}

absl::StatusOr<TimestampMs> ParseApiTime(std::string_view text) {
  const ParsedFloat seconds = ParseGoFloat(text);
  if (seconds.ok()) {
    // Outside of what int64 milliseconds hold only the ends are left.
    const double ms = std::round(seconds.value * 1000);
    if (!(ms > -9.2e18)) {
      return kMinTimestamp;
    }
    return ms >= 9.2e18 ? kMaxTimestamp : static_cast<TimestampMs>(ms);
  }
  const absl::StatusOr<UnixTime> time = ParseRfc3339(text);
  if (time.ok()) {
    return ToMs(*time);
  }
  for (const TimestampMs end : {kApiMinTime, kApiMaxTime}) {
    const UnixTime precise = end == kApiMaxTime ? UnixTime{.seconds = kApiMaxTime / 1000, .nanos = 999'999'999} : FromMs(end);
    if (text == FormatRfc3339Nano(precise)) {
      return end;
    }
  }
  return absl::InvalidArgumentError(Cat("cannot parse ", GoQuoted(text), " to a valid timestamp"));
}

}  // namespace tocsin
