#include "api/v1/parameters.h"

#include <charconv>
#include <limits>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "base/text/time_text.h"
#include "promql/parser.h"

namespace tocsin::api {
namespace {

constexpr double kNanosPerSecond = 1e9;
constexpr int64_t kNanosPerMs = 1'000'000;

bool MatchesSomethingOnly(const std::vector<Matcher>& matchers) {
  for (const Matcher& matcher : matchers) {
    if (!matcher.Matches("")) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<TimestampMs> TimeParameter(const http::Request& request, std::string_view name, TimestampMs fallback) {
  const std::string_view text = request.form.Get(name);
  if (text.empty()) {
    return fallback;
  }
  const absl::StatusOr<TimestampMs> time = ParseApiTime(text);
  if (!time.ok()) {
    return absl::InvalidArgumentError(Cat("invalid time value for '", name, "': ", Message(time.status())));
  }
  return time;
}

absl::StatusOr<int64_t> ParseApiDuration(std::string_view text) {
  if (const ParsedFloat seconds = ParseGoFloat(text); seconds.ok()) {
    const double nanos = seconds.value * kNanosPerSecond;
    if (nanos > static_cast<double>(std::numeric_limits<int64_t>::max()) ||
        nanos < static_cast<double>(std::numeric_limits<int64_t>::min())) {
      return absl::InvalidArgumentError(Cat("cannot parse ", GoQuoted(text), " to a valid duration. It overflows int64"));
    }
    // The ends themselves, and NaN, do not fit.
    return nanos >= 9.2e18      ? std::numeric_limits<int64_t>::max()
           : !(nanos > -9.2e18) ? std::numeric_limits<int64_t>::min()
                                : static_cast<int64_t>(nanos);
  }
  if (const absl::StatusOr<DurationMs> duration = ParseDuration(text); duration.ok()) {
    return *duration * kNanosPerMs;
  }
  return absl::InvalidArgumentError(Cat("cannot parse ", GoQuoted(text), " to a valid duration"));
}

absl::StatusOr<int64_t> ParseInteger(std::string_view text, std::string_view function) {
  std::string_view digits = text;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = end == digits.data() + digits.size() && !digits.empty() && !(digits.size() < text.size() && digits.front() == '-');
  if (!whole || error == std::errc::invalid_argument) {
    return absl::InvalidArgumentError(Cat("strconv.", function, ": parsing ", GoQuoted(text), ": invalid syntax"));
  }
  if (error == std::errc::result_out_of_range) {
    return absl::InvalidArgumentError(Cat("strconv.", function, ": parsing ", GoQuoted(text), ": value out of range"));
  }
  return value;
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) {
      return false;
    }
  }
  return absl::InvalidArgumentError(Cat("strconv.ParseBool: parsing ", GoQuoted(text), ": invalid syntax"));
}

absl::StatusOr<int64_t> LimitParameter(const http::Request& request) {
  const std::string_view text = request.form.Get("limit");
  if (text.empty()) {
    return 0;
  }
  ASSIGN_OR_RETURN(const int64_t limit, ParseInteger(text));
  if (limit < 0) {
    return absl::InvalidArgumentError("limit must be non-negative");
  }
  return limit;
}

absl::StatusOr<MatcherSets> MatchersParameter(const http::Request& request) {
  MatcherSets sets;
  for (const std::string_view text : request.form.All("match[]")) {
    ASSIGN_OR_RETURN(std::vector<Matcher> matchers, promql::ParseMetricSelector(text));
    sets.push_back(std::move(matchers));
  }
  for (const std::vector<Matcher>& matchers : sets) {
    if (!MatchesSomethingOnly(matchers)) {
      return absl::InvalidArgumentError("match[] must contain at least one non-empty matcher");
    }
  }
  return sets;
}

}  // namespace tocsin::api
