#include <algorithm>
#include <optional>

#include "base/model/float_histogram.h"
#include "promql/functions/extended_rate.h"
#include "promql/functions/histogram_steps.h"
#include "promql/functions/range_function.h"
#include "promql/functions/start_time.h"

namespace tocsin::promql {

namespace {

struct RateKind {
  bool is_counter;
  bool is_rate;
};

std::span<const TimestampMs> StartsOf(const std::vector<TimestampMs>& starts, uint32_t begin, size_t count) {
  return starts.empty() ? std::span<const TimestampMs>() : std::span(starts).subspan(begin, count);
}

/// Whether there is a counter reset between sample i - 1 and i of `h`.
bool HistogramResetAt(std::span<const HistogramPtr> h, std::span<const TimestampMs> t, std::span<const TimestampMs> starts, size_t i,
                      const FloatHistogram& previous) {
  return (i < starts.size() && IsStartTimeReset(starts[i - 1], t[i - 1], starts[i], t[i])) || DetectHistogramReset(*h[i], previous);
}

/// The increase of a window of at least two histograms, as a gauge. Nothing, after an annotation, when they do not go together.
class HistogramIncrease {
 public:
  HistogramIncrease(const RangeCall& call, const RangeRow& row, const Window& window, bool is_counter)
      : annotator_(call.annotator),
        pos_(call.first_arg_pos),
        name_(row.metric_name),
        is_counter_(is_counter),
        h_(HistogramsOf(row.samples, window)),
        t_(std::span(row.samples.histogram_t).subspan(window.histogram_begin, window.histograms())),
        starts_(StartsOf(row.samples.histogram_start_t, window.histogram_begin, window.histograms())) {}

  std::optional<FloatHistogram> Compute() {
    const FloatHistogram& last = *h_.back();
    first_ = *h_.front();
    if (is_counter_ && (IsGauge(first_) || IsGauge(last))) {
      annotator_.Add(NativeHistogramNotCounter(name_, pos_));
    }
    if (is_counter_ && HistogramResetAt(h_, t_, starts_, 1, first_)) {
      // Nothing of the first histogram counts, its layout does not either.
      FloatHistogram empty;
      empty.schema = h_[1]->schema;
      empty.custom_values = h_[1]->custom_values;
      first_ = std::move(empty);
    }
    if (last.uses_custom_buckets() != first_.uses_custom_buckets()) {
      annotator_.Add(MixedExponentialCustomHistograms(name_, pos_));
      return std::nullopt;
    }
    std::optional<int32_t> schema = CoarsestSchema();
    if (!schema.has_value()) {
      return std::nullopt;
    }
    FloatHistogram result = last;
    if (*schema < result.schema && !ReduceHistogramResolution(&result, *schema).ok()) {
      return std::nullopt;
    }
    if (!SubAnnotated(&result, first_, annotator_, name_, pos_)) {
      return std::nullopt;
    }
    if (is_counter_) {
      if (!AddBeforeResets(&result)) {
        return std::nullopt;
      }
    } else if (!IsGauge(*h_.front()) || !IsGauge(last)) {
      annotator_.Add(NativeHistogramNotGauge(name_, pos_));
    }
    result.counter_reset_hint = CounterResetHint::kGauge;
    CompactHistogram(&result);
    return result;
  }

 private:
  static bool IsGauge(const FloatHistogram& h) { return h.counter_reset_hint == CounterResetHint::kGauge; }

  std::optional<int32_t> CoarsestSchema() {
    int32_t schema = std::min(h_.back()->schema, first_.schema);
    if (!is_counter_) {
      return schema;
    }
    for (size_t i = 1; i + 1 < h_.size(); ++i) {
      if (IsGauge(*h_[i])) {
        annotator_.Add(NativeHistogramNotCounter(name_, pos_));
      }
      schema = std::min(schema, h_[i]->schema);
      if (h_[i]->uses_custom_buckets() != first_.uses_custom_buckets()) {
        annotator_.Add(MixedExponentialCustomHistograms(name_, pos_));
        return std::nullopt;
      }
    }
    return schema;
  }

  bool AddBeforeResets(FloatHistogram* result) {
    bool overlap = false;
    const FloatHistogram* previous = &first_;
    for (size_t i = 1; i < h_.size(); ++i) {
      if (!overlap && i < starts_.size() && StartTimesOverlap(starts_[i - 1], t_[i - 1], starts_[i])) {
        annotator_.Add(StartTimeOverlap(name_, pos_));
        overlap = true;
      }
      if (HistogramResetAt(h_, t_, starts_, i, *previous) && !AddAnnotated(result, *previous, annotator_, name_, pos_)) {
        return false;
      }
      previous = h_[i].get();
    }
    return true;
  }

  const Annotator& annotator_;
  PositionRange pos_;
  std::string_view name_;
  bool is_counter_;
  std::span<const HistogramPtr> h_;
  std::span<const TimestampMs> t_;
  std::span<const TimestampMs> starts_;
  FloatHistogram first_;
};

/// The factor by which the increase between the first and the last sample is extended to the whole window, and to one second for rates.
/// Nothing when one sample alone tells nothing.
struct Extrapolation {
  TimestampMs first_t;
  TimestampMs last_t;
  size_t intervals;
  TimestampMs start_time;  // of the first sample when it lies in the window and starts the counter at zero there; else 0
  double first_value;      // and
  double increase;         // tell where a counter would have been zero; an increase of 0 does not

  std::optional<double> Factor(TimestampMs range_start, TimestampMs range_end, bool is_counter) const {
    double to_start = static_cast<double>(first_t - range_start) / 1000;
    double to_end = static_cast<double>(range_end - last_t) / 1000;
    double sampled = static_cast<double>(last_t - first_t) / 1000;
    const double average = intervals > 0 ? sampled / static_cast<double>(intervals) : 0;
    const double threshold = average * 1.1;
    if (start_time != 0) {
      to_start = 0;
      sampled = static_cast<double>(last_t - start_time) / 1000;
    } else if (intervals == 0) {
      return std::nullopt;
    } else {
      if (to_start >= threshold) {
        to_start = average / 2;
      }
      if (is_counter && increase > 0 && first_value >= 0) {
        to_start = std::min(to_start, sampled * (first_value / increase));
      }
    }
    if (to_end >= threshold) {
      to_end = average / 2;
    }
    return sampled != 0 ? (sampled + to_start + to_end) / sampled : 1.0;
  }
};

/// The start timestamp of the first sample if it marks a zero inside the window.
TimestampMs UsableStart(std::span<const TimestampMs> starts, TimestampMs range_start, TimestampMs first_t, bool is_counter) {
  if (!is_counter || starts.empty() || starts[0] == 0 || starts[0] <= range_start || starts[0] >= first_t) {
    return 0;
  }
  return starts[0];
}

void HistogramRate(const RangeCall& call, RangeRow& row, size_t step, const Window& window, RateKind kind) {
  const std::span<const HistogramPtr> h = HistogramsOf(row.samples, window);
  const TimestampMs first_t = row.samples.histogram_t[window.histogram_begin];
  std::optional<FloatHistogram> result;
  if (h.size() > 1) {
    result = HistogramIncrease(call, row, window, kind.is_counter).Compute();
    if (!result.has_value()) {
      return;
    }
  }
  const auto starts = StartsOf(row.samples.histogram_start_t, window.histogram_begin, h.size());
  const TimestampMs start = UsableStart(starts, call.RangeStart(step), first_t, kind.is_counter);
  if (start != 0) {
    if (!result.has_value()) {
      result = *h[0];
    } else if (!AddAnnotated(&*result, *h[0], call.annotator, row.metric_name, call.first_arg_pos)) {
      return;
    }
  }
  const Extrapolation extrapolation{
      first_t, row.samples.histogram_t[window.histogram_end - 1], h.size() - 1, start, h[0]->count, result.has_value() ? result->count : 0};
  const std::optional<double> factor = extrapolation.Factor(call.RangeStart(step), call.RangeEnd(step), kind.is_counter);
  if (factor.has_value()) {
    MulHistogram(&*result, kind.is_rate ? *factor / call.RangeSeconds() : *factor);
    row.SetHistogram(step, *std::move(result));
  }
}

/// Rates of the floats of one series. Counter resets are found once for all windows.
class FloatRate {
 public:
  FloatRate(const RangeCall& call, RangeRow& row, RateKind kind)
      : call_(call), row_(row), kind_(kind), t_(row.samples.float_t), v_(row.samples.float_v), starts_(row.samples.float_start_t) {
    if (kind.is_counter) {
      FindResets();
    }
  }

  void Compute(size_t step, const Window& window) {
    const uint32_t begin = window.float_begin;
    const uint32_t end = window.float_end;
    double increase = v_[end - 1] - v_[begin];
    // Windows move forward: resets before this one are passed for good.
    while (next_reset_ < resets_.size() && resets_[next_reset_] <= begin) {
      ++next_reset_;
    }
    for (size_t r = next_reset_; r < resets_.size() && resets_[r] < end; ++r) {
      increase += v_[resets_[r] - 1];
    }
    if (kind_.is_counter && !starts_.empty()) {
      WarnOfOverlap(begin, end);
    }
    const TimestampMs start = UsableStart(StartsOf(starts_, begin, end - begin), call_.RangeStart(step), t_[begin], kind_.is_counter);
    if (start != 0) {
      increase += v_[begin];
    }
    const Extrapolation extrapolation{t_[begin], t_[end - 1], end - begin - 1, start, v_[begin], increase};
    const std::optional<double> factor = extrapolation.Factor(call_.RangeStart(step), call_.RangeEnd(step), kind_.is_counter);
    if (factor.has_value()) {
      row_.Set(step, increase * (kind_.is_rate ? *factor / call_.RangeSeconds() : *factor));
    }
  }

 private:
  void FindResets() {
    for (uint32_t i = 1; i < v_.size(); ++i) {
      if (v_[i] < v_[i - 1] || (!starts_.empty() && IsStartTimeReset(starts_[i - 1], t_[i - 1], starts_[i], t_[i]))) {
        resets_.push_back(i);
      }
    }
  }

  void WarnOfOverlap(uint32_t begin, uint32_t end) {
    for (uint32_t i = begin + 1; i < end; ++i) {
      if (StartTimesOverlap(starts_[i - 1], t_[i - 1], starts_[i])) {
        call_.annotator.Add(StartTimeOverlap(row_.metric_name, call_.first_arg_pos));
        return;
      }
    }
  }

  const RangeCall& call_;
  RangeRow& row_;
  RateKind kind_;
  const std::vector<TimestampMs>& t_;
  const std::vector<double>& v_;
  const std::vector<TimestampMs>& starts_;
  std::vector<uint32_t> resets_;  // samples that are the first after a reset
  size_t next_reset_ = 0;
};

/// Rates of a series of floats without start timestamps: what the times of a window tell is computed once for all series of those times.
/// Each operation is one of Extrapolation's, in its order.
class PlainRate {
 public:
  PlainRate(const RangeCall& call, RangeRow& row, RateKind kind) : call_(call), row_(row), kind_(kind) {}

  void Compute() {
    RangeBuffer& samples = row_.samples;
    if (!samples.repeated || samples.factors.size() != samples.windows.size() * kFactors) {
      FindFactors();
    }
    FindResets();
    const double* v = samples.float_v.data();
    double* values = row_.out.row(row_.row);
    uint64_t* bits = row_.out.bits(row_.row);
    const double* factors = samples.factors.data();
    size_t next_reset = 0;
    for (size_t step = 0; step < samples.windows.size(); ++step, factors += kFactors) {
      const Window& window = samples.windows[step];
      if (window.floats() < 2) {
        continue;
      }
      const double first = v[window.float_begin];
      double increase = v[window.float_end - 1] - first;
      while (next_reset < resets_.size() && resets_[next_reset] <= window.float_begin) {
        ++next_reset;
      }
      for (size_t r = next_reset; r < resets_.size() && resets_[r] < window.float_end; ++r) {
        increase += v[resets_[r] - 1];
      }
      double factor = factors[kScaled];
      if (kind_.is_counter && increase > 0 && first >= 0 && !ZeroIsFarBefore(factors, first, increase)) {
        const double to_zero = factors[kSampled] * (first / increase);
        if (to_zero < factors[kToStart]) {
          factor = Scaled((factors[kSampled] + to_zero + factors[kToEnd]) / factors[kSampled]);
        }
      }
      values[step] = increase * factor;
      bits[step >> 6] |= uint64_t{1} << (step & 63);
    }
  }

 private:
  enum Factor { kSampled, kToStart, kToEnd, kScaled, kFactors };

  /// That a counter was zero before the window's start can be told without a division when it is not close. Not so where products have lost
  /// their precision below the least normal numbers.
  static bool ZeroIsFarBefore(const double* factors, double first, double increase) {
    constexpr double kMargin = 1.000001;
    constexpr double kSmall = 1e-290;
    const double bound = factors[kToStart] * increase;
    return bound > kSmall && factors[kSampled] * first > bound * kMargin;
  }

  double Scaled(double factor) const { return kind_.is_rate ? factor / call_.RangeSeconds() : factor; }

  void FindFactors() {
    RangeBuffer& samples = row_.samples;
    samples.factors.resize(samples.windows.size() * kFactors);
    double* factors = samples.factors.data();
    for (size_t step = 0; step < samples.windows.size(); ++step, factors += kFactors) {
      const Window& window = samples.windows[step];
      if (window.floats() < 2) {
        continue;
      }
      const TimestampMs first_t = samples.float_t[window.float_begin];
      const TimestampMs last_t = samples.float_t[window.float_end - 1];
      const double sampled = static_cast<double>(last_t - first_t) / 1000;
      const double average = sampled / static_cast<double>(window.floats() - 1);
      const double threshold = average * 1.1;
      double to_start = static_cast<double>(first_t - call_.RangeStart(step)) / 1000;
      double to_end = static_cast<double>(call_.RangeEnd(step) - last_t) / 1000;
      to_start = to_start >= threshold ? average / 2 : to_start;
      to_end = to_end >= threshold ? average / 2 : to_end;
      factors[kSampled] = sampled;
      factors[kToStart] = to_start;
      factors[kToEnd] = to_end;
      factors[kScaled] = Scaled(sampled != 0 ? (sampled + to_start + to_end) / sampled : 1.0);
    }
  }

  void FindResets() {
    const std::vector<double>& v = row_.samples.float_v;
    for (size_t i = 1; kind_.is_counter && i < v.size(); ++i) {
      if (v[i] < v[i - 1]) {
        resets_.push_back(static_cast<uint32_t>(i));
      }
    }
  }

  const RangeCall& call_;
  RangeRow& row_;
  RateKind kind_;
  std::vector<uint32_t> resets_;
};

absl::Status ExtrapolatedRate(const RangeCall& call, RangeRow& row, RateKind kind) {
  if (row.samples.windows_of != nullptr && !call.anchored && !call.smoothed) {
    PlainRate(call, row, kind).Compute();
    return absl::OkStatus();
  }
  FloatRate floats(call, row, kind);
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.floats() > 0 && window.histograms() > 0) {
      call.annotator.Add(MixedFloatsHistograms(row.metric_name, call.first_arg_pos));
    } else if (call.anchored || call.smoothed) {
      ExtendedRate(call, row, step, window, kind.is_counter, kind.is_rate);
    } else if (window.histograms() > 0) {
      HistogramRate(call, row, step, window, kind);
    } else {
      floats.Compute(step, window);
    }
  });
  return absl::OkStatus();
}

}  // namespace

absl::Status RateKernel(const RangeCall& call, RangeRow& row) { return ExtrapolatedRate(call, row, {.is_counter = true, .is_rate = true}); }
absl::Status IncreaseKernel(const RangeCall& call, RangeRow& row) {
  return ExtrapolatedRate(call, row, {.is_counter = true, .is_rate = false});
}
absl::Status DeltaKernel(const RangeCall& call, RangeRow& row) {
  return ExtrapolatedRate(call, row, {.is_counter = false, .is_rate = false});
}

}  // namespace tocsin::promql
