#include <limits>

#include "base/model/float_histogram.h"
#include "base/model/histogram_layout.h"

namespace tocsin {
namespace {

/// The buckets of one side in a schema at most as fine as its own, without those at the start that lie inside the zero bucket.
class ReducedCursor {
 public:
  ReducedCursor(const FloatHistogram& h, HistogramSide side, double zero_threshold, int32_t target_schema)
      : cursor_(CursorOf(h, side)), schema_(h.schema), target_(target_schema), zero_threshold_(zero_threshold) {
    more_ = cursor_.Next();
  }

  bool Next() {
    while (NextAny()) {
      if (started_ || target_ == kCustomBucketsSchema || BucketBound(index_, target_, {}) > zero_threshold_) {
        started_ = true;
        return true;
      }
    }
    return false;
  }

  int32_t index() const { return index_; }
  double count() const { return count_; }

 private:
  bool NextAny() {
    if (!more_) {
      return false;
    }
    index_ = TargetIndex();
    count_ = 0;
    do {
      count_ += cursor_.count();
      more_ = cursor_.Next();
    } while (more_ && schema_ != target_ && TargetIndex() == index_);
    return true;
  }

  int32_t TargetIndex() const { return schema_ == target_ ? cursor_.index() : BucketIndexInSchema(cursor_.index(), schema_, target_); }

  SideCursor cursor_;
  int32_t schema_;
  int32_t target_;
  double zero_threshold_;
  bool more_;
  bool started_ = false;
  int32_t index_ = 0;
  double count_ = 0;
};

/// Some populated bucket of `previous` is missing or has become smaller.
bool SideLostObservations(ReducedCursor current, ReducedCursor previous) {
  bool more = current.Next();
  while (previous.Next()) {
    while (more && current.index() < previous.index()) {
      more = current.Next();
    }
    const bool same_bucket = more && current.index() == previous.index();
    if (same_bucket ? current.count() < previous.count() : previous.count() != 0) {
      return true;
    }
  }
  return false;
}

/// Equal layouts are the common case by far.
bool SameLayoutLostObservations(const std::vector<double>& current, const std::vector<double>& previous) {
  for (size_t i = 0; i < current.size(); ++i) {
    if (current[i] < previous[i]) {
      return true;
    }
  }
  return false;
}

/// The observations in the buckets up to `bound` that were not counted yet.
class RollingCount {
 public:
  explicit RollingCount(const FloatHistogram& h) : h_(h), cursor_(h.positive_spans, h.positive_buckets), more_(cursor_.Next()) {}

  double UpTo(double bound) {
    double sum = 0;
    while (more_ && BucketBound(cursor_.index(), kCustomBucketsSchema, h_.custom_values) <= bound) {
      sum += cursor_.count();
      more_ = cursor_.Next();
    }
    return sum;
  }

 private:
  const FloatHistogram& h_;
  SideCursor cursor_;
  bool more_;
};

/// Compares by the bounds that both histograms have.
bool LostObservationsByCommonBounds(const FloatHistogram& h, const FloatHistogram& previous) {
  RollingCount now(h);
  RollingCount before(previous);
  const auto bound_of = [](const FloatHistogram& histogram, size_t i) {
    return i < histogram.custom_values.size() ? histogram.custom_values[i] : std::numeric_limits<double>::infinity();
  };
  size_t i = 0;
  size_t j = 0;
  while (i <= h.custom_values.size() && j <= previous.custom_values.size()) {
    const double bound = bound_of(h, i);
    const double previous_bound = bound_of(previous, j);
    if (bound == previous_bound) {
      if (now.UpTo(bound) < before.UpTo(bound)) {
        return true;
      }
      ++i;
      ++j;
    } else if (bound < previous_bound) {
      ++i;
    } else {
      ++j;
    }
  }
  return false;
}

}  // namespace

bool DetectHistogramReset(const FloatHistogram& h, const FloatHistogram& previous) {
  if (h.counter_reset_hint == CounterResetHint::kReset || h.counter_reset_hint == CounterResetHint::kNotReset) {
    return h.counter_reset_hint == CounterResetHint::kReset;
  }
  if (h.count < previous.count) {
    return true;
  }
  if (h.uses_custom_buckets()) {
    if (!previous.uses_custom_buckets()) {
      return true;
    }
    if (h.custom_values != previous.custom_values) {
      return LostObservationsByCommonBounds(h, previous);
    }
  }
  if (h.schema > previous.schema || h.zero_threshold < previous.zero_threshold ||
      (previous.uses_custom_buckets() && !h.uses_custom_buckets())) {
    return true;
  }
  const WiderZeroBucket zero = WidenZeroBucket(previous, nullptr, h.zero_threshold);
  if (zero.threshold != h.zero_threshold || h.zero_count < zero.count) {
    return true;
  }
  if (h.schema == previous.schema && h.zero_threshold == previous.zero_threshold && h.positive_spans == previous.positive_spans &&
      h.negative_spans == previous.negative_spans && h.positive_buckets.size() == previous.positive_buckets.size() &&
      h.negative_buckets.size() == previous.negative_buckets.size()) {
    return SameLayoutLostObservations(h.positive_buckets, previous.positive_buckets) ||
           SameLayoutLostObservations(h.negative_buckets, previous.negative_buckets);
  }
  for (const HistogramSide side : {HistogramSide::kPositive, HistogramSide::kNegative}) {
    if (SideLostObservations(ReducedCursor(h, side, h.zero_threshold, h.schema),
                             ReducedCursor(previous, side, h.zero_threshold, h.schema))) {
      return true;
    }
  }
  return false;
}

}  // namespace tocsin
