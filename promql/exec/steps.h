#pragma once

#include <cstddef>

#include "base/types.h"

namespace tocsin::promql {

/// The times at which an expression is evaluated: start, start + step, ... up to and including the last one that is not after `end`.
/// An instant evaluation is a range of one step.
struct StepRange {
  TimestampMs start = 0;
  TimestampMs end = 0;
  DurationMs step = 1;

  /// 0 when the end lies before the start (a subquery without a step in its range).
  size_t count() const { return end < start ? 0 : static_cast<size_t>((end - start) / step) + 1; }
  TimestampMs at(size_t i) const { return start + static_cast<TimestampMs>(i) * step; }
  TimestampMs last() const { return start + (end - start) / step * step; }
  bool is_instant() const { return start == end; }

  bool operator==(const StepRange&) const = default;
};

}  // namespace tocsin::promql
