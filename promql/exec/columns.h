#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/model/sample.h"

namespace tocsin::promql {

/// Values of several series at the same steps, one row a series: doubles, a bitmap of the steps that have a sample, and, only when there is
/// one, a side column of histograms. A step that is present and has a histogram is a histogram sample; its double has no meaning.
class Columns {
 public:
  /// `rows` x `steps`, all absent. Keeps the memory it has.
  void Reset(size_t rows, size_t steps);

  size_t rows() const { return rows_; }
  size_t steps() const { return steps_; }
  size_t words() const { return words_; }

  double* row(size_t i) { return values_.data() + i * steps_; }
  const double* row(size_t i) const { return values_.data() + i * steps_; }
  uint64_t* bits(size_t i) { return bits_.data() + i * words_; }
  const uint64_t* bits(size_t i) const { return bits_.data() + i * words_; }

  bool has(size_t i, size_t step) const { return (bits(i)[step >> 6] >> (step & 63)) & 1; }
  bool any(size_t i) const;
  /// All steps present and none a histogram: loops need no tests.
  bool full(size_t i) const;
  size_t count(size_t i) const;

  void Set(size_t i, size_t step, double value) {
    row(i)[step] = value;
    bits(i)[step >> 6] |= uint64_t{1} << (step & 63);
  }
  void Clear(size_t i, size_t step) { bits(i)[step >> 6] &= ~(uint64_t{1} << (step & 63)); }
  void SetAll(size_t i);
  void ClearRow(size_t i);

  /// Whether any row may hold histograms.
  bool has_histograms() const { return !histograms_.empty(); }
  /// Null for a float or when there are no histograms; asked only of present steps.
  const FloatHistogram* histogram(size_t i, size_t step) const {
    return histograms_.empty() ? nullptr : histograms_[i * steps_ + step].get();
  }
  const HistogramPtr& histogram_ptr(size_t i, size_t step) const { return histograms_[i * steps_ + step]; }
  void SetHistogram(size_t i, size_t step, HistogramPtr histogram);
  void SetFloat(size_t i, size_t step, double value);
  void DropHistograms() { histograms_.clear(); }

  /// Copies one row of `from` (of as many steps) over row `i`.
  void CopyRow(size_t i, const Columns& from, size_t from_row);

  /// Keeps only the rows of which `keep` says so, in order.
  void Compact(const std::vector<bool>& keep);

  /// Samples present, a histogram counting by its size (upstream: 16 bytes are one sample).
  int64_t SampleCount(size_t first, size_t count) const;

  /// f(step) for each present step of a row.
  template <typename F>
  void ForEach(size_t i, F f) const {
    const uint64_t* words = bits(i);
    for (size_t w = 0; w < words_; ++w) {
      for (uint64_t rest = words[w]; rest != 0; rest &= rest - 1) {
        f(w * 64 + static_cast<size_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  size_t rows_ = 0;
  size_t steps_ = 0;
  size_t words_ = 0;
  std::vector<double> values_;
  std::vector<uint64_t> bits_;
  std::vector<HistogramPtr> histograms_;
};

/// What a histogram weighs in samples.
int64_t HistogramSampleWeight(const FloatHistogram& histogram);

}  // namespace tocsin::promql
