#include <array>
#include <optional>

#include "base/model/float_histogram.h"
#include "promql/functions/range_function.h"
#include "promql/functions/start_time.h"

namespace tocsin::promql {

namespace {

struct RecentSample {
  TimestampMs t = 0;
  TimestampMs start_t = 0;
  double value = 0;
  const FloatHistogram* histogram = nullptr;
};

TimestampMs StartAt(const std::vector<TimestampMs>& starts, uint32_t i) { return i < starts.size() ? starts[i] : 0; }

/// The two newest samples of a window, floats and histograms together, the older one first.
std::optional<std::array<RecentSample, 2>> LastTwo(const RangeBuffer& samples, const Window& window) {
  if (window.floats() + window.histograms() < 2) {
    return std::nullopt;
  }
  std::array<RecentSample, 2> last;
  uint32_t f = window.float_end;
  uint32_t h = window.histogram_end;
  for (size_t slot = 2; slot-- > 0;) {
    const bool has_float = f > window.float_begin;
    const bool has_histogram = h > window.histogram_begin;
    if (has_float && (!has_histogram || samples.float_t[f - 1] >= samples.histogram_t[h - 1])) {
      --f;
      last[slot] = {samples.float_t[f], StartAt(samples.float_start_t, f), samples.float_v[f], nullptr};
    } else {
      --h;
      last[slot] = {samples.histogram_t[h], StartAt(samples.histogram_start_t, h), 0, samples.histogram_v[h].get()};
    }
  }
  return last;
}

void InstantHistogramRate(const RangeCall& call, RangeRow& row, size_t step, const std::array<RecentSample, 2>& pair, bool is_rate) {
  const FloatHistogram& before = *pair[0].histogram;
  const FloatHistogram& now = *pair[1].histogram;
  const auto is_gauge = [](const FloatHistogram& h) { return h.counter_reset_hint == CounterResetHint::kGauge; };
  if (is_rate && (is_gauge(now) || is_gauge(before))) {
    call.annotator.Add(NativeHistogramNotCounter(row.metric_name, call.all_args_pos));
  }
  if (!is_rate && (!is_gauge(now) || !is_gauge(before))) {
    call.annotator.Add(NativeHistogramNotGauge(row.metric_name, call.all_args_pos));
  }
  FloatHistogram result = now;
  if (!is_rate || (!IsStartTimeReset(pair[0].start_t, pair[0].t, pair[1].start_t, pair[1].t) && !DetectHistogramReset(now, before))) {
    const absl::StatusOr<HistogramMerge> merge = SubHistogram(&result, before);
    if (!merge.ok()) {
      call.annotator.Add(MixedExponentialCustomHistograms(row.metric_name, call.all_args_pos));
      return;
    }
    if (merge->bounds_reconciled) {
      call.annotator.Add(MismatchedCustomBuckets(HistogramOperation::kSubtraction, call.all_args_pos));
    }
  }
  result.counter_reset_hint = CounterResetHint::kGauge;
  CompactHistogram(&result);
  if (is_rate) {
    DivHistogram(&result, static_cast<double>(pair[1].t - pair[0].t) / 1000);
  }
  row.SetHistogram(step, std::move(result));
}

absl::Status InstantRate(const RangeCall& call, RangeRow& row, bool is_rate) {
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    const auto pair = LastTwo(row.samples, window);
    if (!pair.has_value() || (*pair)[1].t == (*pair)[0].t) {
      return;
    }
    const auto& [before, now] = *pair;
    if ((before.histogram == nullptr) != (now.histogram == nullptr)) {
      call.annotator.Add(MixedFloatsHistograms(row.metric_name, call.first_arg_pos));
      return;
    }
    if (now.histogram != nullptr) {
      InstantHistogramRate(call, row, step, *pair, is_rate);
      return;
    }
    const bool reset = is_rate && (now.value < before.value || IsStartTimeReset(before.start_t, before.t, now.start_t, now.t));
    const double increase = reset ? now.value : now.value - before.value;
    row.Set(step, is_rate ? increase / (static_cast<double>(now.t - before.t) / 1000) : increase);
  });
  return absl::OkStatus();
}

}  // namespace

absl::Status IrateKernel(const RangeCall& call, RangeRow& row) { return InstantRate(call, row, /*is_rate=*/true); }
absl::Status IdeltaKernel(const RangeCall& call, RangeRow& row) { return InstantRate(call, row, /*is_rate=*/false); }

}  // namespace tocsin::promql
