#pragma once

#include <cstdint>
#include <limits>

namespace tocsin {

/// Milliseconds since the Unix epoch: the unit of every sample time, in chunks, columns and on the wire.
/// A plain integer, since columns of it are computed on by the million; the unit stands in the name of the type and of each variable.
using TimestampMs = int64_t;

/// A length of time in milliseconds; may be negative (offsets).
using DurationMs = int64_t;

inline constexpr TimestampMs kMinTimestamp = std::numeric_limits<int64_t>::min();
inline constexpr TimestampMs kMaxTimestamp = std::numeric_limits<int64_t>::max();

inline constexpr DurationMs kSecond = 1000;
inline constexpr DurationMs kMinute = 60 * kSecond;
inline constexpr DurationMs kHour = 60 * kMinute;
inline constexpr DurationMs kDay = 24 * kHour;

}  // namespace tocsin
