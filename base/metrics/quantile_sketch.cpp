#include "base/metrics/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tocsin {
namespace {

constexpr double kFactor = (1 + QuantileSketch::kRelativeError) / (1 - QuantileSketch::kRelativeError);
const double kLogFactor = std::log(kFactor);

int BucketOf(double value) { return static_cast<int>(std::ceil(std::log(value) / kLogFactor)); }

/// The middle of a bucket, which no value in it is further from than kRelativeError of itself.
double ValueOf(int bucket) { return 2 * std::pow(kFactor, bucket) / (kFactor + 1); }

}  // namespace

void QuantileSketch::Cover(int first, int last) {
  if (counts_.empty()) {
    first_ = first;
  }
  if (first < first_) {
    counts_.insert(counts_.begin(), static_cast<size_t>(first_ - first), 0);
    first_ = first;
  }
  counts_.resize(std::max(counts_.size(), static_cast<size_t>(last - first_ + 1)));
}

void QuantileSketch::Add(double value) {
  ++count_;
  if (!(value >= kSmallest)) {
    ++zeros_;
    return;
  }
  const int bucket = BucketOf(std::min(value, kLargest));
  Cover(bucket, bucket);
  ++counts_[static_cast<size_t>(bucket - first_)];
}

void QuantileSketch::Merge(const QuantileSketch& other) {
  count_ += other.count_;
  zeros_ += other.zeros_;
  if (other.counts_.empty()) {
    return;
  }
  Cover(other.first_, other.first_ + static_cast<int>(other.counts_.size()) - 1);
  const auto shift = static_cast<size_t>(other.first_ - first_);
  for (size_t i = 0; i < other.counts_.size(); ++i) {
    counts_[shift + i] += other.counts_[i];
  }
}

void QuantileSketch::Clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  zeros_ = 0;
  count_ = 0;
}

double QuantileSketch::Quantile(double q) const {
  if (count_ == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_))), 1, count_);
  uint64_t seen = zeros_;
  if (seen >= rank) {
    return 0;
  }
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      return ValueOf(first_ + static_cast<int>(i));
    }
  }
  return ValueOf(first_ + static_cast<int>(counts_.size()) - 1);
}

}  // namespace tocsin
