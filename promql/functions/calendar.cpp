#include <cmath>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "promql/functions/float_function.h"

namespace tocsin::promql {

namespace {

constexpr int64_t kSecondsPerDay = 86'400;

/// A float as Go converts it to an integer on x86-64: cut, and the smallest integer where it does not fit.
int64_t WholeSeconds(double v) {
  if (!(v >= -9223372036854775808.0 && v < 9223372036854775808.0)) {
    return std::numeric_limits<int64_t>::min();
  }
  return static_cast<int64_t>(v);
}

struct CalendarDay {
  int64_t year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int64_t days_since_epoch = 0;
};

/// Days since the epoch and the second of the day. Go's calendar wraps at its ends: the smallest integer is what the largest plus one would
/// be.
struct DayAndSecond {
  int64_t days = 0;
  int64_t second = 0;
};

DayAndSecond SplitSeconds(double v) {
  const int64_t seconds = WholeSeconds(v);
  if (seconds == std::numeric_limits<int64_t>::min()) {
    constexpr uint64_t kBehindTheLargest = uint64_t{1} << 63;
    return {static_cast<int64_t>(kBehindTheLargest / kSecondsPerDay), static_cast<int64_t>(kBehindTheLargest % kSecondsPerDay)};
  }
  const int64_t second = seconds % kSecondsPerDay;
  return second < 0 ? DayAndSecond{seconds / kSecondsPerDay - 1, second + kSecondsPerDay} : DayAndSecond{seconds / kSecondsPerDay, second};
}

/// The proleptic Gregorian date, for any number of days (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
CalendarDay DayOf(double v) {
  const int64_t days = SplitSeconds(v).days;
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(shifted - era * 146'097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  CalendarDay out;
  out.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  out.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  out.year = static_cast<int64_t>(year_of_era) + era * 400 + (out.month <= 2 ? 1 : 0);
  out.days_since_epoch = days;
  return out;
}

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned DaysIn(int64_t year, unsigned month) {
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && IsLeap(year) ? 1 : 0);
}

int64_t SecondOfDay(double v) { return SplitSeconds(v).second; }

double DaysInMonth(double v) {
  const CalendarDay day = DayOf(v);
  return DaysIn(day.year, day.month);
}
double DayOfMonth(double v) { return DayOf(v).day; }
double DayOfWeek(double v) {
  const int64_t weekday = (DayOf(v).days_since_epoch + 4) % 7;  // 1970-01-01 was a Thursday
  return static_cast<double>(weekday < 0 ? weekday + 7 : weekday);
}
double DayOfYear(double v) {
  const CalendarDay day = DayOf(v);
  unsigned count = day.day;
  for (unsigned month = 1; month < day.month; ++month) {
    count += DaysIn(day.year, month);
  }
  return count;
}
double Hour(double v) { return static_cast<double>(SecondOfDay(v) / 3600); }
double Minute(double v) { return static_cast<double>(SecondOfDay(v) / 60 % 60); }
double Month(double v) { return DayOf(v).month; }
double Year(double v) { return static_cast<double>(DayOf(v).year); }

}  // namespace

FloatFunction FindCalendarFunction(std::string_view name) {
  static const auto& functions = *new absl::flat_hash_map<std::string_view, FloatFunction>{
      {"days_in_month", DaysInMonth},
      {"day_of_month", DayOfMonth},
      {"day_of_week", DayOfWeek},
      {"day_of_year", DayOfYear},
      {"hour", Hour},
      {"minute", Minute},
      {"month", Month},
      {"year", Year},
  };
  const auto it = functions.find(name);
  return it == functions.end() ? nullptr : it->second;
}

}  // namespace tocsin::promql
