#pragma once

#include <cmath>
#include <optional>

#include "base/model/float_histogram.h"
#include "promql/exec/kahan.h"

namespace tocsin::promql {

/// The mean of floats: sum divided by count, compensated; where the sum would overflow, the running mean from there on.
class FloatMean {
 public:
  FloatMean() = default;
  explicit FloatMean(double first) : value_(first) {}

  void Add(double value) {
    ++count_;
    if (!running_) {
      double sum = value_;
      double compensation = compensation_;
      KahanAdd(value, &sum, &compensation);
      if (!std::isinf(sum)) {
        value_ = sum;
        compensation_ = compensation;
        return;
      }
      running_ = true;
      value_ /= count_ - 1;
      compensation_ /= count_ - 1;
    }
    const double share = (count_ - 1) / count_;
    value_ *= share;
    compensation_ *= share;
    KahanAdd(value / count_, &value_, &compensation_);
  }

  double Result() const { return running_ ? value_ + compensation_ : value_ / count_ + compensation_ / count_; }

 private:
  double value_ = 0;  // the sum, then the mean
  double compensation_ = 0;
  double count_ = 1;
  bool running_ = false;
};

/// Sum or mean of histograms, compensated in the same way, with what has to be told about it.
class HistogramTotal {
 public:
  explicit HistogramTotal(bool mean) : mean_(mean) {}

  bool empty() const { return count_ == 0; }

  /// False when the histogram has other buckets than those before: exponential against custom.
  bool Add(const FloatHistogram& h);

  /// Hints of a reset and of no reset came together.
  bool counter_reset_collision() const { return reset_seen_ && no_reset_seen_; }
  bool bounds_reconciled() const { return bounds_reconciled_; }

  /// At least one histogram must have been added. Not compacted.
  FloatHistogram Result() const;

 private:
  bool AddToSum(const FloatHistogram& h, bool* overflow);
  bool AddToMean(const FloatHistogram& h);

  bool mean_;
  double count_ = 0;
  FloatHistogram value_;  // the sum, or from an overflow on the mean
  std::optional<FloatHistogram> compensation_;
  bool running_ = false;
  bool reset_seen_ = false;
  bool no_reset_seen_ = false;
  bool bounds_reconciled_ = false;
};

}  // namespace tocsin::promql
