#include "promql/functions/extended_rate.h"

#include <algorithm>

#include "base/model/float_histogram.h"
#include "promql/functions/histogram_steps.h"

namespace tocsin::promql {

namespace {

/// The samples of a window that take part: from the last one at or before the range's start (else the first one) to the last one (anchored)
/// or the first one at or after the range's end (smoothed).
struct Bounds {
  size_t first;
  size_t last;
};

std::optional<Bounds> FindBounds(std::span<const TimestampMs> t, TimestampMs range_start, TimestampMs range_end, bool smoothed) {
  Bounds bounds{0, t.size() - 1};
  const auto last = t.begin() + static_cast<ptrdiff_t>(bounds.last);
  const auto after_start = std::upper_bound(t.begin(), last, range_start);
  if (after_start != t.begin()) {
    bounds.first = static_cast<size_t>(after_start - t.begin()) - 1;
  }
  if (smoothed) {
    bounds.last = static_cast<size_t>(std::lower_bound(t.begin(), last, range_end) - t.begin());
  }
  if (t[bounds.last] <= range_start || (smoothed && t[bounds.first] > range_end)) {
    return std::nullopt;
  }
  return bounds;
}

void ExtendedFloatRate(const RangeCall& call, RangeRow& row, size_t step, const Window& window, bool is_counter, bool is_rate) {
  const std::span<const double> v = FloatsOf(row.samples, window);
  const std::span<const TimestampMs> t = FloatTimesOf(row.samples, window);
  const TimestampMs range_start = call.RangeStart(step);
  const TimestampMs range_end = call.RangeEnd(step);
  const std::optional<Bounds> bounds = FindBounds(t, range_start, range_end, call.smoothed);
  if (!bounds.has_value()) {
    return;
  }
  auto [first, last] = *bounds;
  double left = v[first];
  if (call.smoothed && t[first] < range_start) {
    left = InterpolateFloat(t[first], v[first], t[first + 1], v[first + 1], range_start, is_counter);
  }
  double right = v[last];
  if (call.smoothed && last > 0 && t[last] > range_end) {
    right = InterpolateFloat(t[last - 1], v[last - 1], t[last], v[last], range_end, is_counter);
  }
  double result = right - left;
  if (is_counter) {
    // Only samples strictly inside count: those at the bounds are in `left` and `right`.
    const size_t inner_begin = t[first] <= range_start ? first + 1 : first;
    const size_t inner_end = t[last] >= range_end ? last : last + 1;
    double correction = 0;
    double previous = left;
    for (size_t i = inner_begin; i < inner_end; ++i) {
      if (v[i] < previous) {
        correction += previous;
      }
      previous = v[i];
    }
    if (right < previous) {
      correction += previous;
    }
    result += correction;
  }
  row.Set(step, is_rate ? result / call.RangeSeconds() : result);
}

/// The same for histograms.
class ExtendedHistogramRate {
 public:
  ExtendedHistogramRate(const RangeCall& call, const RangeRow& row, size_t step, const Window& window, bool is_counter)
      : call_(call),
        name_(row.metric_name),
        pos_(call.first_arg_pos),
        is_counter_(is_counter),
        h_(HistogramsOf(row.samples, window)),
        t_(std::span(row.samples.histogram_t).subspan(window.histogram_begin, window.histograms())),
        range_start_(call.RangeStart(step)),
        range_end_(call.RangeEnd(step)) {}

  std::optional<FloatHistogram> Compute() {
    const std::optional<Bounds> bounds = FindBounds(t_, range_start_, range_end_, call_.smoothed);
    if (!bounds.has_value()) {
      return std::nullopt;
    }
    first_ = bounds->first;
    last_ = bounds->last;
    if (!Validate()) {
      return std::nullopt;
    }
    const std::optional<FloatHistogram> left = Left();
    if (!left.has_value()) {
      return std::nullopt;
    }
    const std::optional<FloatHistogram> right = Right();
    if (!right.has_value()) {
      return std::nullopt;
    }
    if (!is_counter_ && (!IsGauge(*left) || !IsGauge(*right))) {
      call_.annotator.Add(NativeHistogramNotGauge(name_, pos_));
    }
    FloatHistogram result = *right;
    if (!SubAnnotated(&result, *left, call_.annotator, name_, pos_)) {
      return std::nullopt;
    }
    if (is_counter_ && !AddCorrection(*left, *right, &result)) {
      return std::nullopt;
    }
    return result;
  }

 private:
  static bool IsGauge(const FloatHistogram& h) { return h.counter_reset_hint == CounterResetHint::kGauge; }

  bool Validate() {
    const bool custom = h_[first_]->uses_custom_buckets();
    for (size_t i = first_; i <= last_; ++i) {
      if (h_[i]->uses_custom_buckets() != custom) {
        call_.annotator.Add(MixedExponentialCustomHistograms(name_, pos_));
        return false;
      }
      if (is_counter_ && IsGauge(*h_[i])) {
        call_.annotator.Add(NativeHistogramNotCounter(name_, pos_));
      }
    }
    return true;
  }

  std::optional<FloatHistogram> Left() {
    if (call_.smoothed && t_[first_] < range_start_) {
      return InterpolateHistogram(call_.annotator, pos_, name_, t_[first_], *h_[first_], t_[first_ + 1], *h_[first_ + 1], range_start_,
                                  is_counter_);
    }
    return *h_[first_];
  }

  std::optional<FloatHistogram> Right() {
    if (call_.smoothed && last_ > 0 && t_[last_] > range_end_) {
      return InterpolateHistogram(call_.annotator, pos_, name_, t_[last_ - 1], *h_[last_ - 1], t_[last_], *h_[last_], range_end_,
                                  is_counter_);
    }
    return *h_[last_];
  }

  /// Adds what was counted before each reset between the bounds. The sample at `last_` is left to `right`, which carries its hint.
  bool AddCorrection(const FloatHistogram& left, const FloatHistogram& right, FloatHistogram* result) {
    size_t next = first_ + 1;
    const FloatHistogram* previous = &left;
    if (call_.smoothed && t_[first_] < range_start_ && DetectHistogramReset(*h_[first_ + 1], *h_[first_])) {
      // The interpolation of `left` has dealt with this reset.
      previous = h_[first_ + 1].get();
      ++next;
    }
    if (next > last_) {
      return true;
    }
    std::optional<FloatHistogram> correction;
    const auto add = [&](const FloatHistogram& h) {
      if (!correction.has_value()) {
        correction = h;
        return true;
      }
      return AddAnnotated(&*correction, h, call_.annotator, name_, pos_);
    };
    for (size_t i = next; i < last_; ++i) {
      if (DetectHistogramReset(*h_[i], *previous) && !add(*previous)) {
        return false;
      }
      previous = h_[i].get();
    }
    if (DetectHistogramReset(right, *previous) && !add(*previous)) {
      return false;
    }
    return !correction.has_value() || AddAnnotated(result, *correction, call_.annotator, name_, pos_);
  }

  const RangeCall& call_;
  std::string_view name_;
  PositionRange pos_;
  bool is_counter_;
  std::span<const HistogramPtr> h_;
  std::span<const TimestampMs> t_;
  TimestampMs range_start_;
  TimestampMs range_end_;
  size_t first_ = 0;
  size_t last_ = 0;
};

}  // namespace

double InterpolateFloat(TimestampMs t1, double v1, TimestampMs t2, double v2, TimestampMs t, bool is_counter) {
  if (is_counter && v2 < v1) {
    v1 = 0;
  }
  return v1 + (v2 - v1) * static_cast<double>(t - t1) / static_cast<double>(t2 - t1);
}

std::optional<FloatHistogram> InterpolateHistogram(const Annotator& annotator, PositionRange pos, std::string_view metric_name,
                                                   TimestampMs t1, const FloatHistogram& h1, TimestampMs t2, const FloatHistogram& h2,
                                                   TimestampMs t, bool is_counter) {
  if (t == t1) {
    return h1;
  }
  FloatHistogram result = h2;
  if (t == t2) {
    return result;
  }
  const double fraction = static_cast<double>(t - t1) / static_cast<double>(t2 - t1);
  if (is_counter && DetectHistogramReset(h2, h1)) {
    MulHistogram(&result, fraction);
    return result;
  }
  if (!SubAnnotated(&result, h1, annotator, metric_name, pos)) {
    return std::nullopt;
  }
  MulHistogram(&result, fraction);
  if (!AddAnnotated(&result, h1, annotator, metric_name, pos)) {
    return std::nullopt;
  }
  return result;
}

void ExtendedRate(const RangeCall& call, RangeRow& row, size_t step, const Window& window, bool is_counter, bool is_rate) {
  if (window.histograms() == 0) {
    ExtendedFloatRate(call, row, step, window, is_counter, is_rate);
    return;
  }
  std::optional<FloatHistogram> result = ExtendedHistogramRate(call, row, step, window, is_counter).Compute();
  if (!result.has_value()) {
    return;
  }
  if (is_rate) {
    DivHistogram(&*result, call.RangeSeconds());
  }
  result->counter_reset_hint = CounterResetHint::kGauge;
  CompactHistogram(&*result);
  row.SetHistogram(step, *std::move(result));
}

}  // namespace tocsin::promql
