#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "base/model/sample.h"

namespace tocsin::promql {

/// The notation for series in promqltest scripts and rule unit tests:
///
///   m{a="b"} 1 -2.5 _ stale 1+2x3 _x4 5x2 {{schema:1 sum:3 buckets:[1 2]}}+{{sum:1}}x5
///
/// A value is a number, `_` (no sample), `stale`, or a histogram; AxN stands for N+1 times A (for `_` N times), A+BxN and A-BxN for N+1
/// values that grow or fall by B.

/// The most values one series may have.
inline constexpr uint64_t kMaxSeriesValues = 1'000'000;

/// One place of the sequence. `stale` is kStaleNaN.
struct SequenceValue {
  double value = 0;
  HistogramPtr histogram;
  bool omitted = false;
  bool counter_reset_hint_set = false;  // the histogram was written with a counter_reset_hint
};

struct SeriesDescription {
  Labels labels;
  std::vector<SequenceValue> values;
};

/// Error texts are upstream's: "1:6: parse error: bad histogram descriptor found: \"foo\"".
absl::StatusOr<SeriesDescription> ParseSeriesDescription(std::string_view text);

/// Start timestamps stand on a line of their own in front of their series: `m{a="b"}@st -1mx3`. Each item is `_`, `_xN`, or offsets to the
/// sample's time that may be repeated and stepped: `-1m`, `-1mx3`, `-30s-1mx2`. The metric has no spaces.
bool IsStartTimestampLine(std::string_view line);

/// The values are milliseconds. Errors: `invalid @st sequence: ...`.
absl::StatusOr<SeriesDescription> ParseStartTimestampLine(std::string_view line);

}  // namespace tocsin::promql
