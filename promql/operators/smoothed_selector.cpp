#include "promql/operators/smoothed_selector.h"

#include <algorithm>

#include "base/status.h"
#include "promql/functions/extended_rate.h"
#include "promql/operators/range_source.h"
#include "promql/parser.h"

namespace tocsin::promql {

SmoothedSelectorOperator::SmoothedSelectorOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site,
                                                   const VectorSelector& selector)
    : Operator(context, steps, site),
      text_(ToString(selector)),
      reference_{selector.original_offset_ms, selector.timestamp},
      selector_pos_(selector.pos),
      selection_(selector, reference_.At(steps.start) - context.lookback_ms + 1, reference_.At(steps.last()) + context.lookback_ms) {}

absl::Status SmoothedSelectorOperator::DoOpen() {
  RETURN_IF_ERROR(selection_.Open(context()));
  distinct_without_name_ = selection_.one_name();
  RETURN_IF_ERROR(selection_.BuildHeads(context(), LabelDemand(), /*drop_name=*/false, &heads_));
  for (const SeriesHead& head : heads_) {
    names_.emplace_back(head.labels.metric_name());
  }
  return absl::OkStatus();
}

absl::Status SmoothedSelectorOperator::DoRead(size_t first, size_t count, Block* block) {
  WindowShape shape{reference_, 0, context().lookback_ms, context().lookback_ms};
  SampleColumns& samples = block->samples;
  RangeBuffer& range = block->range;
  for (size_t i = 0; i < count; ++i) {
    samples.Clear();
    range.Clear();
    selection_.Read(first + i, first + count, block, &samples);
    for (size_t s = 0; s < samples.size(); ++s) {
      if (IsStaleNaN(samples.values[s])) {
        continue;
      }
      if (samples.is_histogram(s)) {
        range.histogram_t.push_back(samples.timestamps[s]);
        range.histogram_v.push_back(samples.histograms[s]);
      } else {
        range.float_t.push_back(samples.timestamps[s]);
        range.float_v.push_back(samples.values[s]);
      }
    }
    FindWindows(steps(), shape, &range);
    for (size_t step = 0; step < steps().count(); ++step) {
      const Window& window = range.windows[step];
      const TimestampMs t = reference_.At(steps().at(step));
      if (window.floats() > 0 && window.histograms() > 0) {
        annotator().Add(MixedFloatsHistograms(names_[first + i], selector_pos_));
      } else if (window.histograms() > 0) {
        SmoothHistograms(range, window.histogram_begin, window.histogram_end, t, names_[first + i], i, step, &block->columns);
      } else if (window.floats() > 0) {
        SmoothFloats(range, window.float_begin, window.float_end, t, i, step, &block->columns);
      }
    }
  }
  return context().Hold(block->columns.SampleCount(0, count));
}

void SmoothedSelectorOperator::SmoothFloats(const RangeBuffer& range, size_t begin, size_t end, TimestampMs t, size_t row, size_t step,
                                            Columns* out) const {
  const auto times = range.float_t.begin();
  const auto next =
      static_cast<size_t>(std::lower_bound(times + static_cast<ptrdiff_t>(begin), times + static_cast<ptrdiff_t>(end), t) - times);
  if (next < end && range.float_t[next] == t) {
    out->SetFloat(row, step, range.float_v[next]);
  } else if (next > begin && next < end) {
    out->SetFloat(row, step,
                  InterpolateFloat(range.float_t[next - 1], range.float_v[next - 1], range.float_t[next], range.float_v[next], t,
                                   /*is_counter=*/false));
  } else if (next > begin) {
    out->SetFloat(row, step, range.float_v[next - 1]);
  }
}

void SmoothedSelectorOperator::SmoothHistograms(const RangeBuffer& range, size_t begin, size_t end, TimestampMs t, std::string_view name,
                                                size_t row, size_t step, Columns* out) const {
  const auto times = range.histogram_t.begin();
  const auto next =
      static_cast<size_t>(std::lower_bound(times + static_cast<ptrdiff_t>(begin), times + static_cast<ptrdiff_t>(end), t) - times);
  if (next < end && range.histogram_t[next] == t) {
    out->SetHistogram(row, step, range.histogram_v[next]);
    return;
  }
  if (next == begin) {
    return;
  }
  const FloatHistogram& before = *range.histogram_v[next - 1];
  if (next == end) {
    auto carried = std::make_shared<FloatHistogram>(before);
    carried->counter_reset_hint = CounterResetHint::kUnknown;
    out->SetHistogram(row, step, std::move(carried));
    return;
  }
  const FloatHistogram& after = *range.histogram_v[next];
  if (before.uses_custom_buckets() != after.uses_custom_buckets()) {
    annotator().Add(MixedExponentialCustomHistograms(name, selector_pos_));
    return;
  }
  const bool is_counter = before.counter_reset_hint != CounterResetHint::kGauge || after.counter_reset_hint != CounterResetHint::kGauge;
  std::optional<FloatHistogram> between = InterpolateHistogram(annotator(), selector_pos_, name, range.histogram_t[next - 1], before,
                                                               range.histogram_t[next], after, t, is_counter);
  if (between.has_value()) {
    out->SetHistogram(row, step, std::make_shared<const FloatHistogram>(*std::move(between)));
  }
}

}  // namespace tocsin::promql
