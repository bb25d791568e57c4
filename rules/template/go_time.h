#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Go's package time, as far as templates reach it: calendar fields in UTC, layouts, durations' texts.
namespace tocsin::gotemplate {

struct CivilTime {
  int64_t year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  int hour = 0;
  int minute = 0;
  int second = 0;
  int nanosecond = 0;
  int weekday = 4;   // 0 = Sunday
  int year_day = 1;  // 1..366
};

CivilTime ToCivil(int64_t unix_ns);
std::string_view MonthName(int month);
std::string_view WeekdayName(int weekday);

/// time.Time.Format in UTC: layouts made of the parts of "Mon Jan 2 15:04:05 MST 2006", "-0700", ".000", ".999", ...
std::string FormatGoTime(int64_t unix_ns, std::string_view layout);

/// time.Time.String: "2015-06-23 13:19:44.128 +0000 UTC"
std::string GoTimeText(int64_t unix_ns);

/// time.Duration.String: "30m0s", "1.5s", "100µs"
std::string GoDurationText(int64_t ns);

}  // namespace tocsin::gotemplate
