#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace tocsin::promql {

struct RankedSample {
  double value = 0;
  size_t row = 0;
};

/// The k best samples of a group: the worst of them on top, from where a better one pushes it out. NaN is worse than any number. Which of
/// several equal samples is pushed out follows from the heap's shape, which is that of the usual array heap (sift up, sift down to the
/// smaller child, the left one of equals), as upstream's.
class TopHeap {
 public:
  explicit TopHeap(bool largest) : largest_(largest) {}

  void Offer(size_t k, RankedSample sample) {
    if (samples_.size() < k) {
      samples_.push_back(sample);
      SiftUp(samples_.size() - 1);
    } else if (Better(sample.value, samples_[0].value)) {
      samples_[0] = sample;
      SiftDown(0);
    }
  }

  /// In the order of the heap's array.
  std::vector<RankedSample>& samples() { return samples_; }
  void Clear() { samples_.clear(); }

  /// Whether `a` stands below `b`: for the heap's order, in which equal NaNs stand below each other.
  bool Worse(double a, double b) const { return std::isnan(a) || (largest_ ? a < b : a > b); }

 private:
  bool Better(double a, double b) const { return (largest_ ? b < a : b > a) || (std::isnan(b) && !std::isnan(a)); }

  void SiftUp(size_t i) {
    while (i > 0) {
      const size_t parent = (i - 1) / 2;
      if (!Worse(samples_[i].value, samples_[parent].value)) {
        return;
      }
      std::swap(samples_[i], samples_[parent]);
      i = parent;
    }
  }

  void SiftDown(size_t i) {
    while (true) {
      size_t child = 2 * i + 1;
      if (child >= samples_.size()) {
        return;
      }
      if (child + 1 < samples_.size() && Worse(samples_[child + 1].value, samples_[child].value)) {
        ++child;
      }
      if (!Worse(samples_[child].value, samples_[i].value)) {
        return;
      }
      std::swap(samples_[i], samples_[child]);
      i = child;
    }
  }

  bool largest_;
  std::vector<RankedSample> samples_;
};

}  // namespace tocsin::promql
