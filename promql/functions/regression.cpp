#include <cmath>
#include <limits>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/exec/kahan.h"
#include "promql/functions/range_function.h"

namespace tocsin::promql {

namespace {

struct Line {
  double slope = 0;
  double intercept = 0;
};

/// The least-squares line through the samples; its intercept is at `intercept_t`.
Line FitLine(std::span<const TimestampMs> t, std::span<const double> v, TimestampMs intercept_t) {
  double sum_x = 0, comp_x = 0;
  double sum_y = 0, comp_y = 0;
  double sum_xy = 0, comp_xy = 0;
  double sum_xx = 0, comp_xx = 0;
  bool constant = true;
  for (size_t i = 0; i < v.size(); ++i) {
    constant = constant && (i == 0 || v[i] == v[0]);
    const double x = static_cast<double>(t[i] - intercept_t) / 1e3;
    KahanAdd(x, &sum_x, &comp_x);
    KahanAdd(v[i], &sum_y, &comp_y);
    KahanAdd(x * v[i], &sum_xy, &comp_xy);
    KahanAdd(x * x, &sum_xx, &comp_xx);
  }
  if (constant) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return std::isinf(v[0]) ? Line{nan, nan} : Line{0, v[0]};
  }
  const auto n = static_cast<double>(v.size());
  sum_x += comp_x;
  sum_y += comp_y;
  sum_xy += comp_xy;
  sum_xx += comp_xx;
  const double covariance = sum_xy - sum_x * sum_y / n;
  const double variance = sum_xx - sum_x * sum_x / n;
  const double slope = covariance / variance;
  return {slope, sum_y / n - slope * sum_x / n};
}

/// f(step, times, values) for each window of at least two floats, with the note about histograms that are left out.
template <typename F>
void ForEachFloatSeries(const RangeCall& call, RangeRow& row, F f) {
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.floats() > 0 && window.histograms() > 0) {
      call.annotator.Add(HistogramIgnoredInMixedRange(row.metric_name, call.first_arg_pos));
    }
    if (window.floats() >= 2) {
      f(step, FloatTimesOf(row.samples, window), FloatsOf(row.samples, window));
    }
  });
}

absl::Status CheckFactor(std::string_view what, double factor) {
  if (factor <= 0 || factor >= 1) {
    return ExecutionError(
        Cat("invalid ", what, " factor. Expected: 0 < ", what[0] == 's' ? "sf" : "tf", " < 1, got: ", GoFloat(factor, 'f', 6)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DerivKernel(const RangeCall& call, RangeRow& row) {
  ForEachFloatSeries(call, row, [&](size_t step, std::span<const TimestampMs> t, std::span<const double> v) {
    // Any origin near the samples does: it keeps the numbers small.
    row.Set(step, FitLine(t, v, t[0]).slope);
  });
  return absl::OkStatus();
}

absl::Status PredictLinearKernel(const RangeCall& call, RangeRow& row) {
  ForEachFloatSeries(call, row, [&](size_t step, std::span<const TimestampMs> t, std::span<const double> v) {
    const Line line = FitLine(t, v, call.steps.at(step));
    row.Set(step, line.slope * call.scalars[0][step] + line.intercept);
  });
  return absl::OkStatus();
}

absl::Status DoubleExponentialSmoothingKernel(const RangeCall& call, RangeRow& row) {
  absl::Status status;
  ForEachWindow(row.samples, [&](size_t step, const Window&) {
    if (status.ok()) {
      status = CheckFactor("smoothing", call.scalars[0][step]);
    }
    if (status.ok()) {
      status = CheckFactor("trend", call.scalars[1][step]);
    }
  });
  if (!status.ok()) {
    return status;
  }
  ForEachFloatSeries(call, row, [&](size_t step, std::span<const TimestampMs>, std::span<const double> v) {
    const double smoothing = call.scalars[0][step];
    const double trend = call.scalars[1][step];
    double before = 0;
    double level = v[0];
    double slope = v[1] - v[0];
    for (size_t i = 1; i < v.size(); ++i) {
      const double x = smoothing * v[i];
      if (i > 1) {
        slope = trend * (level - before) + (1 - trend) * slope;
      }
      const double y = (1 - smoothing) * (level + slope);
      before = level;
      level = x + y;
    }
    row.Set(step, level);
  });
  return absl::OkStatus();
}

}  // namespace tocsin::promql
