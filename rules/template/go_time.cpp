#include "rules/template/go_time.h"

#include <array>
#include <cstdlib>

#include "base/strings.h"

namespace tocsin::gotemplate {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

constexpr std::array<std::string_view, 12> kMonthNames = {"January", "February", "March",     "April",   "May",      "June",
                                                          "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdayNames = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

void AppendPadded(int64_t value, int width, char pad, std::string* out) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  if (value < 0) {
    out->push_back('-');
  }
  for (int i = static_cast<int>(digits.size()); i < width; ++i) {
    out->push_back(pad);
  }
  out->append(digits);
}

/// One part of a layout and what it prints. Longer spellings stand before their prefixes.
struct LayoutPart {
  std::string_view text;
  void (*print)(const CivilTime& t, std::string* out);
};

int TwelveHour(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

constexpr LayoutPart kLayoutParts[] = {
    {"January", [](const CivilTime& t, std::string* out) { out->append(MonthName(t.month)); }},
    {"Jan", [](const CivilTime& t, std::string* out) { out->append(MonthName(t.month).substr(0, 3)); }},
    {"Monday", [](const CivilTime& t, std::string* out) { out->append(WeekdayName(t.weekday)); }},
    {"Mon", [](const CivilTime& t, std::string* out) { out->append(WeekdayName(t.weekday).substr(0, 3)); }},
    {"MST", [](const CivilTime&, std::string* out) { out->append("UTC"); }},
    {"2006", [](const CivilTime& t, std::string* out) { AppendPadded(t.year, 4, '0', out); }},
    {"002", [](const CivilTime& t, std::string* out) { AppendPadded(t.year_day, 3, '0', out); }},
    {"__2", [](const CivilTime& t, std::string* out) { AppendPadded(t.year_day, 3, ' ', out); }},
    {"01", [](const CivilTime& t, std::string* out) { AppendPadded(t.month, 2, '0', out); }},
    {"02", [](const CivilTime& t, std::string* out) { AppendPadded(t.day, 2, '0', out); }},
    {"03", [](const CivilTime& t, std::string* out) { AppendPadded(TwelveHour(t.hour), 2, '0', out); }},
    {"04", [](const CivilTime& t, std::string* out) { AppendPadded(t.minute, 2, '0', out); }},
    {"05", [](const CivilTime& t, std::string* out) { AppendPadded(t.second, 2, '0', out); }},
    {"06", [](const CivilTime& t, std::string* out) { AppendPadded(t.year % 100, 2, '0', out); }},
    {"15", [](const CivilTime& t, std::string* out) { AppendPadded(t.hour, 2, '0', out); }},
    {"_2006", [](const CivilTime& t, std::string* out) { out->push_back('_'), AppendPadded(t.year, 4, '0', out); }},
    {"_2", [](const CivilTime& t, std::string* out) { AppendPadded(t.day, 2, ' ', out); }},
    {"PM", [](const CivilTime& t, std::string* out) { out->append(t.hour >= 12 ? "PM" : "AM"); }},
    {"pm", [](const CivilTime& t, std::string* out) { out->append(t.hour >= 12 ? "pm" : "am"); }},
    {"Z07:00:00", [](const CivilTime&, std::string* out) { out->push_back('Z'); }},
    {"Z070000", [](const CivilTime&, std::string* out) { out->push_back('Z'); }},
    {"Z07:00", [](const CivilTime&, std::string* out) { out->push_back('Z'); }},
    {"Z0700", [](const CivilTime&, std::string* out) { out->push_back('Z'); }},
    {"Z07", [](const CivilTime&, std::string* out) { out->push_back('Z'); }},
    {"-07:00:00", [](const CivilTime&, std::string* out) { out->append("+00:00:00"); }},
    {"-070000", [](const CivilTime&, std::string* out) { out->append("+000000"); }},
    {"-07:00", [](const CivilTime&, std::string* out) { out->append("+00:00"); }},
    {"-0700", [](const CivilTime&, std::string* out) { out->append("+0000"); }},
    {"-07", [](const CivilTime&, std::string* out) { out->append("+00"); }},
    {"1", [](const CivilTime& t, std::string* out) { AppendPadded(t.month, 0, '0', out); }},
    {"2", [](const CivilTime& t, std::string* out) { AppendPadded(t.day, 0, '0', out); }},
    {"3", [](const CivilTime& t, std::string* out) { AppendPadded(TwelveHour(t.hour), 0, '0', out); }},
    {"4", [](const CivilTime& t, std::string* out) { AppendPadded(t.minute, 0, '0', out); }},
    {"5", [](const CivilTime& t, std::string* out) { AppendPadded(t.second, 0, '0', out); }},
};

/// ".000" prints that many digits, ".999" drops zeros at the end; ',' likewise. Returns the length of the part, 0 when there is none.
size_t PrintFraction(std::string_view layout, int nanosecond, std::string* out) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9')) {
    return 0;
  }
  size_t end = 1;
  while (end < layout.size() && layout[end] == layout[1]) {
    ++end;
  }
  if (end < layout.size() && layout[end] >= '0' && layout[end] <= '9') {
    return 0;
  }
  std::string digits;
  AppendPadded(nanosecond, 9, '0', &digits);
  digits.resize(std::min<size_t>(end - 1, 9), '0');
  if (layout[1] == '9') {
    while (!digits.empty() && digits.back() == '0') {
      digits.pop_back();
    }
    if (digits.empty()) {
      return end;
    }
  }
  out->push_back(layout[0]);
  out->append(digits);
  return end;
}

}  // namespace

std::string_view MonthName(int month) { return kMonthNames[static_cast<size_t>(month - 1)]; }
std::string_view WeekdayName(int weekday) { return kWeekdayNames[static_cast<size_t>(weekday)]; }

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
CivilTime ToCivil(int64_t unix_ns) {
  CivilTime t;
  const int64_t seconds = FloorDivide(unix_ns, kNsPerSecond);
  t.nanosecond = static_cast<int>(unix_ns - seconds * kNsPerSecond);
  const int64_t days = FloorDivide(seconds, kSecondsPerDay);
  const auto second_of_day = static_cast<int>(seconds - days * kSecondsPerDay);
  t.hour = second_of_day / 3600;
  t.minute = second_of_day / 60 % 60;
  t.second = second_of_day % 60;
  t.weekday = static_cast<int>(((days % 7) + 11) % 7);

  const int64_t shifted = days + 719468;
  const int64_t era = FloorDivide(shifted, 146097);
  const auto day_of_era = static_cast<int>(shifted - era * 146097);
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month_from_march = (5 * day_from_march + 2) / 153;
  t.day = day_from_march - (153 * month_from_march + 2) / 5 + 1;
  t.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  t.year = year_of_era + era * 400 + (t.month <= 2 ? 1 : 0);
  const bool leap = (t.year % 4 == 0 && t.year % 100 != 0) || t.year % 400 == 0;
  constexpr std::array<int, 12> kDaysBefore = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  t.year_day = kDaysBefore[static_cast<size_t>(t.month - 1)] + t.day + (leap && t.month > 2 ? 1 : 0);
  return t;
}

std::string FormatGoTime(int64_t unix_ns, std::string_view layout) {
  const CivilTime t = ToCivil(unix_ns);
  std::string out;
  while (!layout.empty()) {
    if (const size_t fraction = PrintFraction(layout, t.nanosecond, &out)) {
      layout.remove_prefix(fraction);
      continue;
    }
    const LayoutPart* found = nullptr;
    for (const LayoutPart& part : kLayoutParts) {
      if (layout.starts_with(part.text)) {
        found = &part;
        break;
      }
    }
    // Go leaves "Janu..." words alone only when a lower-case letter follows "Jan" or "Mon" in neither spelling.
    if (found == nullptr) {
      out.push_back(layout[0]);
      layout.remove_prefix(1);
      continue;
    }
    const bool short_name = found->text == "Jan" || found->text == "Mon";
    if (short_name && layout.size() > 3 && layout[3] >= 'a' && layout[3] <= 'z') {
      out.append(layout.substr(0, 3));
    } else {
      found->print(t, &out);
    }
    layout.remove_prefix(found->text.size());
  }
  return out;
}

std::string GoTimeText(int64_t unix_ns) { return FormatGoTime(unix_ns, "2006-01-02 15:04:05.999999999 -0700 MST"); }

std::string GoDurationText(int64_t ns) {
  if (ns == 0) {
    return "0s";
  }
  const uint64_t u = ns < 0 ? 0 - static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
  std::string out = ns < 0 ? "-" : "";
  auto append_fraction = [&out](uint64_t whole, uint64_t rest, int digits, std::string_view unit) {
    out += std::to_string(whole);
    if (rest != 0) {
      std::string text;
      AppendPadded(static_cast<int64_t>(rest), digits, '0', &text);
      while (text.back() == '0') {
        text.pop_back();
      }
      out += "." + text;
    }
    out += unit;
  };
  if (u < 1'000) {
    append_fraction(u, 0, 0, "ns");
  } else if (u < 1'000'000) {
    append_fraction(u / 1'000, u % 1'000, 3, "µs");
  } else if (u < static_cast<uint64_t>(kNsPerSecond)) {
    append_fraction(u / 1'000'000, u % 1'000'000, 6, "ms");
  } else {
    const uint64_t seconds = u / static_cast<uint64_t>(kNsPerSecond);
    if (seconds >= 3600) {
      Append(&out, seconds / 3600, "h");
    }
    if (seconds >= 60) {
      Append(&out, seconds / 60 % 60, "m");
    }
    append_fraction(seconds % 60, u % static_cast<uint64_t>(kNsPerSecond), 9, "s");
  }
  return out;
}

}  // namespace tocsin::gotemplate
