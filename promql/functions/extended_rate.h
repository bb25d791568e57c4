#pragma once

#include "promql/functions/range_function.h"

namespace tocsin::promql {

/// rate, increase and delta over a selector with `anchored` or `smoothed`: the difference of the values at the window's very bounds, found
/// by taking the last sample before them (anchored) or by interpolation (smoothed), instead of extrapolation from inside.
void ExtendedRate(const RangeCall& call, RangeRow& row, size_t step, const Window& window, bool is_counter, bool is_rate);

/// The value at `t` on the line between two samples.
double InterpolateFloat(TimestampMs t1, double v1, TimestampMs t2, double v2, TimestampMs t, bool is_counter);

/// The histogram at `t` between two. Nothing, after an annotation, when they do not go together.
std::optional<FloatHistogram> InterpolateHistogram(const Annotator& annotator, PositionRange pos, std::string_view metric_name,
                                                   TimestampMs t1, const FloatHistogram& h1, TimestampMs t2, const FloatHistogram& h2,
                                                   TimestampMs t, bool is_counter);

}  // namespace tocsin::promql
