#include "api/http/response_head.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "absl/strings/match.h"
#include "base/strings.h"
#include "base/text/time_text.h"

namespace tocsin::http {
namespace {

constexpr std::array<const char*, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void AppendHeader(std::string_view name, std::string_view value, std::string* out) {
  out->append(name);
  out->append(": ");
  for (const char c : value) {
    out->push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
  }
  out->append("\r\n");
}

/// These are the server's to say.
bool IsFramingHeader(std::string_view name) {
  return absl::EqualsIgnoreCase(av(name), "Connection") || absl::EqualsIgnoreCase(av(name), "Content-Length") ||
         absl::EqualsIgnoreCase(av(name), "Transfer-Encoding") || absl::EqualsIgnoreCase(av(name), "Date");
}

/// The text changes once a second; each thread keeps the last one.
const std::string& CachedDate(TimestampMs now) {
  thread_local int64_t second = -1;
  thread_local std::string text;
  if (now / 1000 != second) {
    second = now / 1000;
    text = HttpDate(now);
  }
  return text;
}

}  // namespace

std::string HttpDate(TimestampMs t) {
  const std::chrono::sys_seconds time{std::chrono::seconds(FromMs(t).seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char buffer[64];
  const int length = std::snprintf(
      buffer, sizeof(buffer), "%s, %02u %s %04d %02d:%02d:%02d GMT", kWeekdays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return std::string(buffer, static_cast<size_t>(length));
}

std::string ResponseHead(int status, const HttpHeaders& headers, const HeadOptions& options) {
  std::string out;
  out.reserve(256);
  Append(&out, options.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ", status, " ", HttpReason(status), "\r\n");
  for (const auto& [name, value] : headers) {
    if (!IsFramingHeader(name)) {
      AppendHeader(name, value, &out);
    }
  }
  Append(&out, "Date: ", CachedDate(options.now), "\r\n");
  const bool bodiless = status == 204 || status == 304 || status < 200;
  if (options.content_length.has_value() && !bodiless) {
    Append(&out, "Content-Length: ", *options.content_length, "\r\n");
  } else if (!bodiless && !options.http_1_0) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (options.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace tocsin::http
