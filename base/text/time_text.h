#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/types.h"

namespace tocsin {

/// A point in time with nanoseconds, for texts that have them: seconds since the Unix epoch, 0 <= nanos < 1e9.
struct UnixTime {
  int64_t seconds = 0;
  int32_t nanos = 0;

  bool operator==(const UnixTime&) const = default;
};

UnixTime FromMs(TimestampMs t);
TimestampMs ToMs(const UnixTime& time);  // rounded down

/// Go's zero time.Time, 0001-01-01T00:00:00Z: what upstream prints for "never".
inline constexpr TimestampMs kGoZeroTimeMs = -62'135'596'800'000;

/// The first and last instants that the HTTP API takes for an open end of a range; their texts are accepted as such by ParseApiTime.
inline constexpr TimestampMs kApiMinTime = (kMinTimestamp / 1000 + 62'135'596'801) * 1000;
inline constexpr TimestampMs kApiMaxTime = (kMaxTimestamp / 1000 - 62'135'596'801) * 1000 + 999;

/// 2006-01-02T15:04:05.123456789Z, the fraction without its trailing zeros (none when it is 0): Go's time.RFC3339Nano in UTC.
void AppendRfc3339Nano(const UnixTime& time, std::string* out);
std::string FormatRfc3339Nano(const UnixTime& time);
std::string FormatRfc3339Nano(TimestampMs t);

/// 2006-01-02T15:04:05.000Z, always three decimals.
std::string FormatRfc3339Ms(TimestampMs t);

/// Go's time.Parse(time.RFC3339Nano): any number of decimals, "Z" or a numeric offset.
absl::StatusOr<UnixTime> ParseRfc3339(std::string_view text);

/// A time parameter of the HTTP API: Unix seconds as a float, rounded to milliseconds, or RFC 3339.
/// The error is upstream's: cannot parse "x" to a valid timestamp.
absl::StatusOr<TimestampMs> ParseApiTime(std::string_view text);

}  // namespace tocsin
