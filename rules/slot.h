#pragma once

#include <string_view>

#include "base/types.h"

namespace tocsin::rules {

/// The place of a group within its interval: evaluations stand at k * interval + offset. The same for the same name and file, and the
/// same as upstream's (xxHash64 of the labels {file, name}, in nanoseconds), so that a replaced Prometheus's slots go on.
DurationMs SlotOffset(std::string_view file, std::string_view name, DurationMs interval_ms);

/// The last slot at or before `now`.
TimestampMs PreviousSlot(TimestampMs now, DurationMs interval_ms, DurationMs offset_ms);

}  // namespace tocsin::rules
