#pragma once

#include "base/types.h"

namespace tocsin::promql {

/// Whether the start timestamp of a sample tells that its counter began again after the sample before it. A start of 0 is unknown; so is
/// one at the sample's own time (OpenTelemetry writes it so) or after it. A start exactly at the previous sample is a reset of a delta
/// stream, unless the previous sample has no usable start of its own.
inline bool IsStartTimeReset(TimestampMs previous_start, TimestampMs previous_t, TimestampMs start, TimestampMs t) {
  if (start == 0 || start >= t || start < previous_t) {
    return false;
  }
  if (start > previous_t) {
    return true;
  }
  return previous_start != 0 && previous_start < previous_t;
}

/// Whether a sample claims to cover time that the sample before it covers too, without being of the same stream.
inline bool StartTimesOverlap(TimestampMs previous_start, TimestampMs previous_t, TimestampMs start) {
  return start != 0 && start < previous_t && start != previous_start;
}

}  // namespace tocsin::promql
