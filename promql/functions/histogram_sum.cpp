#include "promql/functions/histogram_sum.h"

namespace tocsin::promql {

bool HistogramTotal::Add(const FloatHistogram& h) {
  reset_seen_ |= h.counter_reset_hint == CounterResetHint::kReset;
  no_reset_seen_ |= h.counter_reset_hint == CounterResetHint::kNotReset;
  ++count_;
  if (count_ == 1) {
    value_ = h;
    return true;
  }
  if (!running_) {
    bool overflow = false;
    if (!AddToSum(h, &overflow)) {
      return false;
    }
    if (!overflow) {
      return true;
    }
    running_ = true;
    DivHistogram(&value_, count_ - 1);
    if (compensation_.has_value()) {
      DivHistogram(&*compensation_, count_ - 1);
    }
  }
  return AddToMean(h);
}

bool HistogramTotal::AddToSum(const FloatHistogram& h, bool* overflow) {
  if (!compensation_.has_value()) {
    compensation_ = NewCompensation(value_);
  }
  if (!mean_) {
    const absl::StatusOr<HistogramMerge> merge = KahanAddHistogram(&value_, &*compensation_, h);
    bounds_reconciled_ |= merge.ok() && merge->bounds_reconciled;
    return merge.ok();
  }
  FloatHistogram sum = value_;
  FloatHistogram compensation = *compensation_;
  const absl::StatusOr<HistogramMerge> merge = KahanAddHistogram(&sum, &compensation, h);
  if (!merge.ok()) {
    return false;
  }
  bounds_reconciled_ |= merge->bounds_reconciled;
  *overflow = HistogramHasOverflow(sum);
  if (!*overflow) {
    value_ = std::move(sum);
    compensation_ = std::move(compensation);
  }
  return true;
}

bool HistogramTotal::AddToMean(const FloatHistogram& h) {
  const double share = (count_ - 1) / count_;
  MulHistogram(&*compensation_, share);
  MulHistogram(&value_, share);
  FloatHistogram part = h;
  DivHistogram(&part, count_);
  const absl::StatusOr<HistogramMerge> merge = KahanAddHistogram(&value_, &*compensation_, part);
  bounds_reconciled_ |= merge.ok() && merge->bounds_reconciled;
  return merge.ok();
}

FloatHistogram HistogramTotal::Result() const {
  FloatHistogram result = value_;
  if (mean_ && !running_) {
    DivHistogram(&result, count_);
  }
  if (compensation_.has_value()) {
    FloatHistogram compensation = *compensation_;
    if (mean_ && !running_) {
      DivHistogram(&compensation, count_);
    }
    ApplyCompensation(&result, compensation);
  }
  return result;
}

}  // namespace tocsin::promql
