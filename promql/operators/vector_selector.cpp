#include "promql/operators/vector_selector.h"

#include "base/status.h"
#include "base/strings.h"
#include "promql/operators/histogram_stats.h"
#include "promql/parser.h"

namespace tocsin::promql {

namespace {

TimestampMs FirstReference(const StepRange& steps, const ReferenceTime& reference) { return reference.At(steps.start); }
TimestampMs LastReference(const StepRange& steps, const ReferenceTime& reference) { return reference.At(steps.last()); }

}  // namespace

VectorSelectorOperator::VectorSelectorOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site,
                                               const VectorSelector& selector, const Options& options)
    : Operator(context, steps, site),
      text_(ToString(selector)),
      reference_{selector.original_offset_ms, selector.timestamp},
      options_(options),
      selection_(selector, FirstReference(steps, reference_) - context.lookback_ms + 1, LastReference(steps, reference_)) {}

std::string VectorSelectorOperator::Describe() const {
  return Cat("vector selector ", text_, options_.output == Output::kValue ? "" : " (timestamps)", ", ", selection_.size(), " series");
}

absl::Status VectorSelectorOperator::DoOpen() {
  RETURN_IF_ERROR(selection_.Open(context()));
  distinct_without_name_ = selection_.one_name();
  if (steps().count() == 1) {
    return OpenInstant();
  }
  return selection_.BuildHeads(context(), options_.labels, options_.output != Output::kValue, &heads_);
}

absl::Status VectorSelectorOperator::OpenInstant() {
  eager_ = true;
  const size_t rows = selection_.size();
  result_.Reset(rows, 1);
  Mutex mu;
  std::vector<std::pair<size_t, HistogramPtr>> found;
  RETURN_IF_ERROR(ParallelPieces(context(), rows, [&](size_t first, size_t last) {
    const TimestampMs reference = reference_.At(steps().start);
    std::vector<Sample> samples(last - first);
    const std::unique_ptr<bool[]> has = std::make_unique<bool[]>(last - first);
    selection_.ReadLast(first, last - first, reference - context().lookback_ms + 1, reference, samples.data(), has.get());
    for (size_t i = first; i < last; ++i) {
      Sample& sample = samples[i - first];
      if (!has[i - first] || !Accept(i, reference, &sample)) {
        continue;
      }
      if (sample.histogram != nullptr && options_.output == Output::kValue) {
        MutexLock lock(mu);
        found.emplace_back(i, std::move(sample.histogram));
      } else {
        Emit(i, 0, sample, &result_);
      }
    }
    return absl::OkStatus();
  }));
  for (auto& [row, histogram] : found) {
    result_.SetHistogram(row, 0, std::move(histogram));
  }
  std::vector<bool> keep(rows);
  for (size_t i = 0; i < rows; ++i) {
    keep[i] = result_.any(i);
  }
  result_.Compact(keep);
  selection_.Compact(keep);
  RETURN_IF_ERROR(CountSamples(result_, 0, result_.rows()));
  return selection_.BuildHeads(context(), options_.labels, options_.output != Output::kValue, &heads_);
}

bool VectorSelectorOperator::Accept(size_t series, TimestampMs reference, Sample* sample) const {
  if (sample->histogram == nullptr) {
    return !IsStaleNaN(sample->value);
  }
  if (IsStaleNaN(sample->histogram->sum)) {
    return false;
  }
  if (options_.stats_only) {
    SampleColumns samples;  // what was before tells about counter resets
    selection_.series(series).Read(reference - context().lookback_ms + 1, reference, &samples);
    KeepHistogramStats(&samples);
    sample->histogram = samples.histograms.back();
  }
  return true;
}

bool VectorSelectorOperator::Take(Columns* out) {
  if (!eager_) {
    return false;
  }
  *out = std::move(result_);
  return true;
}

void VectorSelectorOperator::Emit(size_t row, size_t step, const Sample& sample, Columns* out) const {
  switch (options_.output) {
    case Output::kValue:
      out->Set(row, step, sample.value);
      break;
    case Output::kTimestamp:
      out->Set(row, step, static_cast<double>(sample.t) / 1000);
      break;
    case Output::kStartTimestamp:
      out->Set(row, step, static_cast<double>(sample.start_t) / 1000);
      break;
  }
}

absl::Status VectorSelectorOperator::CountSamples(const Columns& columns, size_t first, size_t count) {
  const int64_t samples = columns.SampleCount(first, count);
  context().stats.AddRead(samples);
  if (options_.counting.total) {
    context().stats.AddTotal(samples * options_.counting.repeat);
    if (context().stats.keeps_steps()) {
      std::vector<int64_t> per_step(context().stats.step_count());
      for (size_t i = first; i < first + count; ++i) {
        columns.ForEach(i, [&](size_t step) {
          const FloatHistogram* h = columns.histogram(i, step);
          const int64_t weight = h == nullptr ? 1 : HistogramSampleWeight(*h);
          if (options_.counting.repeat > 1) {
            for (int64_t& total : per_step) {
              total += weight;
            }
          } else if (step < per_step.size()) {
            per_step[step] += weight;
          }
        });
      }
      context().stats.AddPerStep(per_step);
    }
  }
  return context().Hold(samples);
}

void VectorSelectorOperator::FindPlaces(const std::vector<TimestampMs>& times, std::vector<uint32_t>* places) const {
  const size_t step_count = steps().count();
  const DurationMs lookback = context().lookback_ms;
  places->resize(step_count);
  size_t next = 0;
  for (size_t step = 0; step < step_count; ++step) {
    const TimestampMs reference = reference_.At(steps().at(step));
    while (next < times.size() && times[next] <= reference) {
      ++next;
    }
    (*places)[step] = next == 0 || times[next - 1] <= reference - lookback ? 0 : static_cast<uint32_t>(next);
  }
}

void VectorSelectorOperator::EmitRow(const SampleColumns& samples, const std::vector<uint32_t>& places, size_t row, Columns* out) const {
  if (options_.output == Output::kValue && samples.histograms.empty()) {
    double* values = out->row(row);
    uint64_t* bits = out->bits(row);
    for (size_t step = 0; step < places.size(); ++step) {
      if (places[step] == 0) {
        continue;
      }
      const double value = samples.values[places[step] - 1];
      values[step] = value;
      bits[step >> 6] |= uint64_t{!IsStaleNaN(value)} << (step & 63);
    }
    return;
  }
  for (size_t step = 0; step < places.size(); ++step) {
    const size_t found = places[step] - size_t{1};
    if (places[step] == 0 || IsStaleNaN(samples.values[found])) {
      continue;
    }
    if (options_.output == Output::kValue && samples.is_histogram(found)) {
      out->SetHistogram(row, step, samples.histograms[found]);
      continue;
    }
    const TimestampMs start_t = samples.start_timestamps.empty() ? 0 : samples.start_timestamps[found];
    Emit(row, step, Sample{.t = samples.timestamps[found], .value = samples.values[found], .start_t = start_t}, out);
  }
}

absl::Status VectorSelectorOperator::DoRead(size_t first, size_t count, Block* block) {
  Columns& out = block->columns;
  if (eager_) {
    for (size_t i = 0; i < count; ++i) {
      out.CopyRow(i, result_, first + i);
    }
    return absl::OkStatus();
  }
  SampleColumns& samples = block->samples;
  for (size_t i = 0; i < count; ++i) {
    samples.Clear();
    selection_.Read(first + i, first + count, block, &samples);
    if (options_.stats_only) {
      KeepHistogramStats(&samples);
    }
    // Series of one target have the same times.
    if (block->places_of != this || block->places_t != samples.timestamps) {
      FindPlaces(samples.timestamps, &block->places);
      block->places_t = samples.timestamps;
      block->places_of = this;
    }
    EmitRow(samples, block->places, i, &out);
  }
  return CountSamples(out, 0, count);
}

}  // namespace tocsin::promql
