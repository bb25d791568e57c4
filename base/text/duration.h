#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/types.h"

namespace tocsin {

/// The longest duration that is read: 2^63 nanoseconds, upstream's limit (292 years), in whole milliseconds.
inline constexpr DurationMs kMaxDurationMs = 9'223'372'036'854;

/// A duration as Prometheus writes it (prometheus/common model.Duration): numbers with the units y, w, d, h, m, s and ms, from the biggest
/// to the smallest, each at most once: "1h30m", "0s", "0". A year has 365 days. Errors have upstream's texts:
/// `not a valid duration string: "1x"`.
absl::StatusOr<DurationMs> ParseDuration(std::string_view text);

/// The same, with an optional '-' in front.
absl::StatusOr<DurationMs> ParseDurationAllowNegative(std::string_view text);

/// The shortest exact form in those units: "1h30m", "0s", "-5m"; years and weeks only when nothing is left over.
std::string FormatDuration(DurationMs duration_ms);

}  // namespace tocsin
