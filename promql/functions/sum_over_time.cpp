#include <cmath>
#include <optional>

#include "base/model/float_histogram.h"
#include "promql/exec/kahan.h"
#include "promql/functions/histogram_sum.h"
#include "promql/functions/range_function.h"

namespace tocsin::promql {

namespace {

double SumOf(std::span<const double> values) {
  double sum = 0;
  double compensation = 0;
  for (const double value : values) {
    KahanAdd(value, &sum, &compensation);
  }
  return std::isinf(sum) ? sum : sum + compensation;
}

double MeanOf(std::span<const double> values) {
  FloatMean mean(values[0]);
  for (const double value : values.subspan(1)) {
    mean.Add(value);
  }
  return mean.Result();
}

double VarianceOf(std::span<const double> values) {
  double count = 0;
  double mean = 0, mean_compensation = 0;
  double squares = 0, squares_compensation = 0;
  for (const double value : values) {
    ++count;
    const double delta = value - (mean + mean_compensation);
    KahanAdd(delta / count, &mean, &mean_compensation);
    KahanAdd(delta * (value - (mean + mean_compensation)), &squares, &squares_compensation);
  }
  return (squares + squares_compensation) / count;
}

/// Sum or mean of each window, which must be all floats or all histograms.
template <typename FloatFunction>
absl::Status Total(const RangeCall& call, RangeRow& row, bool mean, FloatFunction of_floats) {
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.histograms() == 0) {
      row.Set(step, of_floats(FloatsOf(row.samples, window)));
      return;
    }
    if (window.floats() > 0) {
      call.annotator.Add(MixedFloatsHistograms(row.metric_name, call.first_arg_pos));
      return;
    }
    HistogramTotal total(mean);
    for (const HistogramPtr& histogram : HistogramsOf(row.samples, window)) {
      if (!total.Add(*histogram)) {
        call.annotator.Add(MixedExponentialCustomHistograms(row.metric_name, call.first_arg_pos));
        return;
      }
    }
    if (total.counter_reset_collision()) {
      call.annotator.Add(HistogramCounterResetCollision(HistogramOperation::kAggregation, call.first_arg_pos));
    }
    if (total.bounds_reconciled()) {
      call.annotator.Add(MismatchedCustomBuckets(HistogramOperation::kAggregation, call.first_arg_pos));
    }
    row.SetHistogram(step, total.Result());
  });
  return absl::OkStatus();
}

template <typename FloatFunction>
absl::Status Variance(const RangeCall& call, RangeRow& row, FloatFunction of_variance) {
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.floats() == 0) {
      return;
    }
    if (window.histograms() > 0) {
      call.annotator.Add(HistogramIgnoredInMixedRange(row.metric_name, call.first_arg_pos));
    }
    row.Set(step, of_variance(VarianceOf(FloatsOf(row.samples, window))));
  });
  return absl::OkStatus();
}

}  // namespace

absl::Status SumOverTimeKernel(const RangeCall& call, RangeRow& row) { return Total(call, row, /*mean=*/false, SumOf); }
absl::Status AvgOverTimeKernel(const RangeCall& call, RangeRow& row) { return Total(call, row, /*mean=*/true, MeanOf); }
absl::Status StddevOverTimeKernel(const RangeCall& call, RangeRow& row) {
  return Variance(call, row, [](double variance) { return std::sqrt(variance); });
}
absl::Status StdvarOverTimeKernel(const RangeCall& call, RangeRow& row) {
  return Variance(call, row, [](double variance) { return variance; });
}

}  // namespace tocsin::promql
