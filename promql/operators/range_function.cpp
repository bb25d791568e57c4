#include "promql/operators/range_function.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

namespace {

bool HasFloat(const Columns& columns, size_t row) {
  if (!columns.has_histograms()) {
    return columns.any(row);
  }
  bool found = false;
  columns.ForEach(row, [&](size_t step) { found |= columns.histogram(row, step) == nullptr; });
  return found;
}

}  // namespace

absl::StatusOr<std::span<const double>> ReadScalar(QueryContext& context, Operator& op, Columns* storage) {
  RETURN_IF_ERROR(op.Open());
  ASSIGN_OR_RETURN(const Columns* columns, ReadAll(context, op, storage));
  return std::span<const double>(columns->row(0), columns->steps());
}

RangeFunctionOperator::RangeFunctionOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site,
                                             const RangeFunction& function, Options options, std::unique_ptr<RangeSource> source,
                                             std::vector<OperatorPtr> scalars)
    : Operator(context, steps, site),
      function_(function),
      options_(std::move(options)),
      source_(std::move(source)),
      scalars_(std::move(scalars)),
      scalar_values_(scalars_.size()) {
  call_.annotator = annotator();
  call_.first_arg_pos = options_.first_arg_pos;
  call_.all_args_pos = options_.all_args_pos;
  call_.steps = steps;
  call_.shape = source_->shape();
  call_.anchored = options_.anchored;
  call_.smoothed = options_.smoothed;
}

std::string RangeFunctionOperator::Describe() const { return Cat(options_.name, " over ", source_->Describe()); }

std::vector<const Operator*> RangeFunctionOperator::children() const {
  std::vector<const Operator*> all = source_->children();
  for (const OperatorPtr& scalar : scalars_) {
    all.push_back(scalar.get());
  }
  return all;
}

bool RangeFunctionOperator::Take(Columns* out) {
  if (!whole_) {
    return false;
  }
  *out = std::move(result_);
  return true;
}

absl::Status RangeFunctionOperator::OpenScalars() {
  for (size_t i = 0; i < scalars_.size(); ++i) {
    ASSIGN_OR_RETURN(const std::span<const double> values, ReadScalar(context(), *scalars_[i], &scalar_values_[i]));
    call_.scalars.push_back(values);
  }
  return absl::OkStatus();
}

absl::Status RangeFunctionOperator::DoOpen() {
  const int64_t held_before = context().held();
  LabelDemand labels = options_.labels;
  labels.metric_name = function_.keeps_name || delayed_names();
  RETURN_IF_ERROR(source_->Open(labels));
  RETURN_IF_ERROR(OpenScalars());
  distinct_without_name_ = source_->distinct_without_name();
  heads_ = source_->TakeHeads();
  if (source_->is_subquery()) {
    RETURN_IF_ERROR(RemoveNames(context(), &heads_));  // annotations show the name that is left
  }
  const bool labels_tell = source_->metric_name().empty() || context().features.type_and_unit_labels;
  for (SeriesHead& head : heads_) {
    head.drop_name = head.drop_name || !function_.keeps_name;
    if (labels_tell) {
      labels_.push_back(head.labels);
    }
  }
  // Series with equal labels can come only of different names, or where an inner expression left them.
  const bool may_collide = !distinct_without_name_ && !function_.keeps_name && !delayed_names();
  if (steps().count() != 1 && !may_collide) {
    return absl::OkStatus();
  }
  Columns result;
  RETURN_IF_ERROR(TakeAll(context(), *this, &result));
  result_ = std::move(result);
  whole_ = true;
  if (may_collide) {
    RETURN_IF_ERROR(RemoveNames(context(), &heads_));
    const size_t rows = heads_.size();
    size_t with_samples = 0;
    for (size_t i = 0; i < rows; ++i) {
      with_samples += result_.any(i) ? 1 : 0;
    }
    RETURN_IF_ERROR(MergeEqualSeriesAlways(&heads_, &result_));
    if (heads_.size() != with_samples) {
      return DuplicateLabelsetError();  // also of series that do not meet at any step
    }
  } else {
    DropAbsentRows(&heads_, &result_);
  }
  context().Release(context().held() - held_before);
  return context().Hold(result_.SampleCount(0, result_.rows()));
}

absl::Status RangeFunctionOperator::DoRead(size_t first, size_t count, Block* block) {
  if (whole_) {
    for (size_t i = 0; i < count; ++i) {
      block->columns.CopyRow(i, result_, first + i);
    }
    return absl::OkStatus();
  }
  return Compute(first, count, block);
}

absl::Status RangeFunctionOperator::Compute(size_t first, size_t count, Block* block) {
  const bool start_timestamps = context().features.use_start_timestamps && function_.uses_start_timestamps;
  const bool per_step = options_.counting.total && context().stats.keeps_steps();
  WindowCounts counts;
  WindowCounts one;
  counts.per_step.resize(per_step ? steps().count() : 0);
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(source_->Load(first + i, first + count, start_timestamps, block));
    if (i == 0 || !block->range.repeated) {
      one = CountWindows(block->range, per_step);
    }
    counts.Add(one);
    const std::string_view name = NameOf(first + i);
    RangeRow row{block->range, name, block->columns, i};
    RETURN_IF_ERROR(function_.kernel(call_, row));
    if (function_.warns_non_counter && !name.empty() && HasFloat(block->columns, i)) {
      WarnNonCounter(first + i, name);
    }
  }
  RETURN_IF_ERROR(AddCounts(counts));
  return context().Hold(block->columns.SampleCount(0, count));
}

void RangeFunctionOperator::WindowCounts::Add(const WindowCounts& other) {
  total += other.total;
  distinct += other.distinct;
  largest = std::max(largest, other.largest);
  for (size_t step = 0; step < per_step.size(); ++step) {
    per_step[step] += other.per_step[step];
  }
}

RangeFunctionOperator::WindowCounts RangeFunctionOperator::CountWindows(const RangeBuffer& range, bool per_step) {
  WindowCounts counts;
  counts.per_step.resize(per_step ? range.windows.size() : 0);
  uint32_t float_seen = 0;
  uint32_t histogram_seen = 0;
  for (size_t step = 0; step < range.windows.size(); ++step) {
    const Window& window = range.windows[step];
    auto samples = static_cast<int64_t>(window.floats());
    counts.distinct += window.float_end > float_seen ? window.float_end - std::max(float_seen, window.float_begin) : 0;
    float_seen = std::max(float_seen, window.float_end);
    for (uint32_t h = window.histogram_begin; h < window.histogram_end; ++h) {
      const int64_t weight = HistogramSampleWeight(*range.histogram_v[h]);
      samples += weight;
      counts.distinct += h >= histogram_seen ? weight : 0;
    }
    histogram_seen = std::max(histogram_seen, window.histogram_end);
    counts.total += samples;
    counts.largest = std::max(counts.largest, samples);
    if (per_step) {
      counts.per_step[step] += samples;
    }
  }
  return counts;
}

absl::Status RangeFunctionOperator::AddCounts(const WindowCounts& counts) {
  SampleStats& stats = context().stats;
  if (!source_->is_subquery()) {
    stats.AddRead(counts.distinct);
  }
  if (options_.counting.total) {
    stats.AddTotal(counts.total * options_.counting.repeat);
    if (options_.counting.repeat > 1 && stats.keeps_steps()) {
      stats.AddPerStep(std::vector<int64_t>(stats.step_count(), counts.total));
    } else {
      stats.AddPerStep(counts.per_step);
    }
  }
  // A window is in memory only while it is computed with.
  RETURN_IF_ERROR(context().Hold(counts.largest));
  context().Release(counts.largest);
  return absl::OkStatus();
}

std::string_view RangeFunctionOperator::NameOf(size_t series) const {
  return labels_.empty() ? source_->metric_name() : labels_[series].metric_name();
}

void RangeFunctionOperator::WarnNonCounter(size_t series, std::string_view name) {
  if (context().features.type_and_unit_labels) {
    const std::string_view type = labels_[series].Get("__type__");
    if (type != "counter" && type != "histogram") {
      annotator().Add(PossibleNonCounterLabel(name, type, options_.range_arg_pos));
    }
    return;
  }
  if (name_checked_.load(std::memory_order_relaxed)) {
    return;
  }
  name_checked_.store(source_->distinct_without_name(), std::memory_order_relaxed);
  for (const std::string_view suffix : {"_total", "_sum", "_count", "_bucket"}) {
    if (name.ends_with(suffix)) {
      return;
    }
  }
  annotator().Add(PossibleNonCounter(name, options_.range_arg_pos));
}

}  // namespace tocsin::promql
