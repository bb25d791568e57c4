#include <algorithm>
#include <cmath>
#include <limits>

#include "promql/functions/quantile.h"
#include "promql/functions/range_function.h"

namespace tocsin::promql {

namespace {

/// The floats of a window in ascending order. As windows move forward, values that left are taken out of the order and new ones put in,
/// which costs less than sorting each window.
class SortedWindow {
 public:
  explicit SortedWindow(const std::vector<double>& values, std::vector<double>* memory) : values_(values), sorted_(*memory) {
    sorted_.clear();
  }

  const std::vector<double>& Move(uint32_t begin, uint32_t end) {
    if (begin >= end_ || begin - begin_ > (end_ - begin_) / 2) {
      sorted_.assign(values_.begin() + begin, values_.begin() + end);
      std::sort(sorted_.begin(), sorted_.end(), QuantileLess);
    } else {
      for (uint32_t i = begin_; i < begin; ++i) {
        sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), values_[i], QuantileLess));
      }
      for (uint32_t i = end_; i < end; ++i) {
        sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), values_[i], QuantileLess), values_[i]);
      }
    }
    begin_ = begin;
    end_ = end;
    return sorted_;
  }

 private:
  const std::vector<double>& values_;
  std::vector<double>& sorted_;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

}  // namespace

absl::Status QuantileOverTimeKernel(const RangeCall& call, RangeRow& row) {
  SortedWindow sorted(row.samples.float_v, &row.samples.scratch);
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.floats() == 0) {
      return;
    }
    const double q = call.scalars[0][step];
    if (std::isnan(q) || q < 0 || q > 1) {
      call.annotator.Add(InvalidQuantile(q, call.first_arg_pos));
    }
    if (window.histograms() > 0) {
      call.annotator.Add(HistogramIgnoredInMixedRange(row.metric_name, call.first_arg_pos));
    }
    const std::vector<double>& values = sorted.Move(window.float_begin, window.float_end);
    row.Set(step, QuantileOfSorted(q, values.data(), values.size()));
  });
  return absl::OkStatus();
}

absl::Status MadOverTimeKernel(const RangeCall& call, RangeRow& row) {
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.floats() == 0) {
      return;
    }
    if (window.histograms() > 0) {
      call.annotator.Add(HistogramIgnoredInMixedRange(row.metric_name, call.first_arg_pos));
    }
    std::vector<double>& values = row.samples.scratch;
    const std::span<const double> floats = FloatsOf(row.samples, window);
    values.assign(floats.begin(), floats.end());
    if (std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) {
      row.Set(step, std::numeric_limits<double>::quiet_NaN());
      return;
    }
    const double median = QuantileOf(0.5, &values);
    for (double& value : values) {
      value = std::abs(value - median);
    }
    row.Set(step, QuantileOf(0.5, &values));
  });
  return absl::OkStatus();
}

}  // namespace tocsin::promql
