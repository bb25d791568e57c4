#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin {

/// Counts values in buckets that grow by a constant factor, so that every quantile is right to half a percent of its value (DDSketch:
/// Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
/// Adding is one logarithm and one increment; the memory is four bytes for each bucket between the smallest and the largest value seen,
/// and never more than kBucketsMax of them.
/// Threads: one at a time.
class QuantileSketch {
 public:
  static constexpr double kRelativeError = 0.005;
  /// What lies below, zero, negative or no number counts as zero; what lies above counts as the largest.
  static constexpr double kSmallest = 1e-9;
  static constexpr double kLargest = 1e9;
  static constexpr size_t kBucketsMax = 4200;

  void Add(double value);
  void Merge(const QuantileSketch& other);
  /// Forgets the values and keeps the memory.
  void Clear();

  uint64_t count() const { return count_; }
  /// The value at rank ceil(q * count); NaN when there is none. `q` in [0, 1].
  double Quantile(double q) const;

 private:
  /// Makes counts_ reach from `first` to `last`, both included.
  void Cover(int first, int last);

  int first_ = 0;                 ///< the bucket of counts_[0]
  std::vector<uint32_t> counts_;  ///< of bucket i: values in (factor^(i-1), factor^i]
  uint64_t zeros_ = 0;
  uint64_t count_ = 0;
};

}  // namespace tocsin
