#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/http/message.h"
#include "base/model/matcher.h"
#include "base/types.h"

/// The parameters that endpoints share, with upstream's error texts.
namespace tocsin::api {

using MatcherSets = std::vector<std::vector<Matcher>>;

/// A time, or `fallback` when the parameter is empty: invalid time value for 'start': ...
absl::StatusOr<TimestampMs> TimeParameter(const http::Request& request, std::string_view name, TimestampMs fallback);

/// Float seconds or a Prometheus duration, in nanoseconds.
absl::StatusOr<int64_t> ParseApiDuration(std::string_view text);

/// Not negative; 0 (also when it is empty) means none.
absl::StatusOr<int64_t> LimitParameter(const http::Request& request);

/// Go's strconv.Atoi: `strconv.Atoi: parsing "x": invalid syntax`.
absl::StatusOr<int64_t> ParseInteger(std::string_view text, std::string_view function = "Atoi");

/// Go's strconv.ParseBool.
absl::StatusOr<bool> ParseBool(std::string_view text);

/// The match[] parameters, each with at least one matcher that does not match the empty string.
absl::StatusOr<MatcherSets> MatchersParameter(const http::Request& request);

struct TimeRange {
  TimestampMs start = 0;
  TimestampMs end = 0;
};

}  // namespace tocsin::api
