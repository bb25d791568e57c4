#include "promql/operators/range_source.h"

#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "promql/exec/duplicates.h"
#include "promql/operators/histogram_stats.h"
#include "promql/parser.h"

namespace tocsin::promql {

namespace {

/// Moves [*begin, *end) so that it holds the times in (after, until].
void MoveWindow(const std::vector<TimestampMs>& times, TimestampMs after, TimestampMs until, uint32_t* begin, uint32_t* end) {
  const auto count = static_cast<uint32_t>(times.size());
  while (*begin < count && times[*begin] <= after) {
    ++*begin;
  }
  if (*end < *begin) {
    *end = *begin;
  }
  while (*end < count && times[*end] <= until) {
    ++*end;
  }
}

bool HasStaleMarker(const std::vector<double>& values) {
  bool found = false;
  for (const double value : values) {
    found |= IsStaleNaN(value);
  }
  return found;
}

WindowShape ShapeOf(const MatrixSelector& selector, DurationMs lookback_ms) {
  const VectorSelector& inner = *selector.vector_selector;
  WindowShape shape;
  shape.reference = {inner.original_offset_ms, inner.timestamp};
  shape.range_ms = selector.range_ms;
  shape.before_ms = inner.anchored || inner.smoothed ? lookback_ms : 0;
  shape.after_ms = inner.smoothed ? lookback_ms : 0;
  return shape;
}

/// A subquery leaves samples out or repeats them, so that what is known of one against the one before it no longer holds.
HistogramPtr WithoutResetHint(const HistogramPtr& histogram) {
  if (histogram->counter_reset_hint != CounterResetHint::kReset && histogram->counter_reset_hint != CounterResetHint::kNotReset) {
    return histogram;
  }
  auto copy = std::make_shared<FloatHistogram>(*histogram);
  copy->counter_reset_hint = CounterResetHint::kUnknown;
  return copy;
}

}  // namespace

void FindWindows(const StepRange& steps, const WindowShape& shape, RangeBuffer* range) {
  const size_t count = steps.count();
  range->windows.resize(count);
  Window window;
  for (size_t step = 0; step < count; ++step) {
    const TimestampMs reference = shape.reference.At(steps.at(step));
    const TimestampMs after = reference - shape.range_ms - shape.before_ms;
    const TimestampMs until = reference + shape.after_ms;
    MoveWindow(range->float_t, after, until, &window.float_begin, &window.float_end);
    MoveWindow(range->histogram_t, after, until, &window.histogram_begin, &window.histogram_end);
    range->windows[step] = window;
  }
}

MatrixSource::MatrixSource(QueryContext& context, const StepRange& steps, const MatrixSelector& selector, bool stats_only)
    : context_(context),
      steps_(steps),
      text_(ToString(selector)),
      stats_only_(stats_only),
      shape_(ShapeOf(selector, context.lookback_ms)),
      selection_(*selector.vector_selector, shape_.MinTime(steps), shape_.MaxTime(steps)) {
  for (const Matcher& matcher : selector.vector_selector->matchers) {
    if (matcher.type() == MatchType::kEqual && matcher.name() == kMetricName) {
      metric_name_ = matcher.value();
    }
  }
}

std::string MatrixSource::Describe() const { return Cat(text_, ", ", selection_.size(), " series"); }

absl::Status MatrixSource::Open(const LabelDemand& labels) {
  RETURN_IF_ERROR(selection_.Open(context_));
  return selection_.BuildHeads(context_, labels, /*drop_name=*/false, &heads_);
}

absl::Status MatrixSource::Load(size_t i, size_t end, bool start_timestamps, Block* block) const {
  SampleColumns& samples = block->samples;
  RangeBuffer& range = block->range;
  samples.Clear();
  selection_.Read(i, end, block, &samples);
  if (stats_only_) {
    KeepHistogramStats(&samples);
  }
  const bool with_starts = start_timestamps && !samples.start_timestamps.empty();
  if (samples.histograms.empty() && !with_starts && !HasStaleMarker(samples.values)) {
    // Series of one target have the same times.
    if (range.windows_of == this && range.float_t == samples.timestamps) {
      range.repeated = true;
      std::swap(range.float_v, samples.values);
      return absl::OkStatus();
    }
    range.Clear();
    std::swap(range.float_t, samples.timestamps);
    std::swap(range.float_v, samples.values);
    FindWindows(steps_, shape_, &range);
    range.windows_of = this;
    return absl::OkStatus();
  }
  range.Clear();
  for (size_t s = 0; s < samples.size(); ++s) {
    if (IsStaleNaN(samples.values[s])) {
      continue;
    }
    if (samples.is_histogram(s)) {
      range.histogram_t.push_back(samples.timestamps[s]);
      range.histogram_v.push_back(samples.histograms[s]);
      if (with_starts) {
        range.histogram_start_t.push_back(samples.start_timestamps[s]);
      }
    } else {
      range.float_t.push_back(samples.timestamps[s]);
      range.float_v.push_back(samples.values[s]);
      if (with_starts) {
        range.float_start_t.push_back(samples.start_timestamps[s]);
      }
    }
  }
  FindWindows(steps_, shape_, &range);
  return absl::OkStatus();
}

SubquerySource::SubquerySource(QueryContext& context, const StepRange& steps, const SubqueryExpr& subquery, OperatorPtr inner)
    : context_(context), steps_(steps), inner_(std::move(inner)) {
  shape_.reference = {subquery.original_offset_ms, subquery.timestamp};
  shape_.range_ms = subquery.range_ms;
}

std::string SubquerySource::Describe() const {
  return Cat("subquery of ", inner_->steps().count(), " steps of ", FormatDuration(inner_->steps().step));
}

absl::Status SubquerySource::Open(const LabelDemand&) {
  RETURN_IF_ERROR(inner_->Open());
  ASSIGN_OR_RETURN(values_, ReadAll(context_, *inner_, &storage_));
  return absl::OkStatus();
}

absl::Status SubquerySource::Load(size_t i, size_t, bool, Block* block) const {
  RangeBuffer& range = block->range;
  range.Clear();
  values_->ForEach(i, [&](size_t step) {
    if (values_->histogram(i, step) != nullptr) {
      range.histogram_t.push_back(inner_->steps().at(step));
      range.histogram_v.push_back(WithoutResetHint(values_->histogram_ptr(i, step)));
    } else {
      range.float_t.push_back(inner_->steps().at(step));
      range.float_v.push_back(values_->row(i)[step]);
    }
  });
  FindWindows(steps_, shape_, &range);
  return absl::OkStatus();
}

StepRange SubquerySteps(const StepRange& outer, const SubqueryExpr& subquery, DurationMs default_step_ms) {
  const ReferenceTime reference{subquery.original_offset_ms, subquery.timestamp};
  StepRange inner;
  inner.step = subquery.step_ms != 0 ? subquery.step_ms : default_step_ms;
  inner.end = reference.At(outer.last());
  const TimestampMs before = reference.At(outer.start) - subquery.range_ms;
  inner.start = inner.step * (before / inner.step);
  if (inner.start <= before) {
    inner.start += inner.step;
  }
  return inner;
}

}  // namespace tocsin::promql
