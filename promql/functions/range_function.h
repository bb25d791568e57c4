#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "promql/exec/columns.h"
#include "promql/exec/query_context.h"
#include "promql/exec/range_samples.h"
#include "promql/operators/range_source.h"

namespace tocsin::promql {

/// What a function over range vectors needs to know beside the samples: the same for all series of a call.
struct RangeCall {
  Annotator annotator;
  PositionRange first_arg_pos;  // of the first argument
  PositionRange all_args_pos;   // from the first argument to the last
  StepRange steps;
  WindowShape shape;
  bool anchored = false;
  bool smoothed = false;
  std::vector<std::span<const double>> scalars;  // the other arguments in order, a value a step

  TimestampMs RangeStart(size_t step) const { return shape.reference.At(steps.at(step)) - shape.range_ms; }
  TimestampMs RangeEnd(size_t step) const { return shape.reference.At(steps.at(step)); }
  double RangeSeconds() const { return static_cast<double>(shape.range_ms) / 1000; }
};

/// One series and where its values go: row `row` of `out`, a value for each step that has one.
struct RangeRow {
  RangeBuffer& samples;
  std::string_view metric_name;
  Columns& out;
  size_t row;

  void Set(size_t step, double value) { out.Set(row, step, value); }
  void SetHistogram(size_t step, FloatHistogram histogram) {
    out.SetHistogram(row, step, std::make_shared<const FloatHistogram>(std::move(histogram)));
  }
};

/// A kernel computes all steps of one series. It is asked only about windows that are not empty.
/// Threads: called by several threads at once for different rows.
using RangeKernel = absl::Status (*)(const RangeCall& call, RangeRow& row);

struct RangeFunction {
  RangeKernel kernel = nullptr;
  bool keeps_name = false;  // last_over_time, first_over_time
  bool uses_start_timestamps = false;
  bool warns_non_counter = false;  // rate, increase
};

/// Null when `name` is no function over a range vector. absent_over_time is not among them: see absent.h.
const RangeFunction* FindRangeFunction(std::string_view name);

/// f(step, window) for each window that has samples.
template <typename F>
void ForEachWindow(const RangeBuffer& samples, F f) {
  for (size_t step = 0; step < samples.windows.size(); ++step) {
    if (!samples.windows[step].empty()) {
      f(step, samples.windows[step]);
    }
  }
}

inline std::span<const double> FloatsOf(const RangeBuffer& samples, const Window& window) {
  return std::span(samples.float_v).subspan(window.float_begin, window.floats());
}
inline std::span<const TimestampMs> FloatTimesOf(const RangeBuffer& samples, const Window& window) {
  return std::span(samples.float_t).subspan(window.float_begin, window.floats());
}
inline std::span<const HistogramPtr> HistogramsOf(const RangeBuffer& samples, const Window& window) {
  return std::span(samples.histogram_v).subspan(window.histogram_begin, window.histograms());
}

/// Kernels, by theme: rate.cpp, extended_rate.cpp, ...
absl::Status RateKernel(const RangeCall& call, RangeRow& row);
absl::Status IncreaseKernel(const RangeCall& call, RangeRow& row);
absl::Status DeltaKernel(const RangeCall& call, RangeRow& row);
absl::Status IrateKernel(const RangeCall& call, RangeRow& row);
absl::Status IdeltaKernel(const RangeCall& call, RangeRow& row);
absl::Status ResetsKernel(const RangeCall& call, RangeRow& row);
absl::Status ChangesKernel(const RangeCall& call, RangeRow& row);
absl::Status DerivKernel(const RangeCall& call, RangeRow& row);
absl::Status PredictLinearKernel(const RangeCall& call, RangeRow& row);
absl::Status DoubleExponentialSmoothingKernel(const RangeCall& call, RangeRow& row);
absl::Status SumOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status AvgOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status MinOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status MaxOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status CountOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status PresentOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status LastOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status FirstOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status StddevOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status StdvarOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status QuantileOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status MadOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status TsOfFirstOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status TsOfLastOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status TsOfMinOverTimeKernel(const RangeCall& call, RangeRow& row);
absl::Status TsOfMaxOverTimeKernel(const RangeCall& call, RangeRow& row);

}  // namespace tocsin::promql
