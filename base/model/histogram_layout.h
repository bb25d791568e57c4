#pragma once

#include <cstdint>
#include <vector>

#include "base/kahan.h"
#include "base/model/histogram.h"
#include "base/model/histogram_bucket.h"

namespace tocsin {

/// What arithmetic, compaction and reset detection of histograms share.

/// Adds to a number that may have a compensation term beside it.
inline void AddCount(double count, double* sum, double* low) {
  if (low == nullptr) {
    *sum += count;
  } else {
    KahanAdd(count, sum, low);
  }
}

/// Makes the spans and counts of one side from buckets that come in ascending order of index. A bucket that does not lie behind the one
/// before it is added to that.
class SideBuilder {
 public:
  explicit SideBuilder(bool compensated) : compensated_(compensated) {}

  void Add(int32_t index, double count, double low) {
    if (!spans_.empty() && index <= last_index_) {
      double* last_low = compensated_ ? &lows_.back() : nullptr;
      AddCount(count, &counts_.back(), last_low);
      if (compensated_) {
        AddCount(low, &counts_.back(), last_low);
      }
      return;
    }
    if (!spans_.empty() && index == last_index_ + 1) {
      ++spans_.back().length;
    } else {
      spans_.push_back({spans_.empty() ? index : AddBucketIndex(index, -last_index_ - 1), 1});
    }
    counts_.push_back(count);
    if (compensated_) {
      lows_.push_back(low);
    }
    last_index_ = index;
  }

  /// `lows` may be null when there is no compensation.
  void MoveTo(std::vector<Span>* spans, std::vector<double>* counts, std::vector<double>* lows) {
    *spans = std::move(spans_);
    *counts = std::move(counts_);
    if (lows != nullptr) {
      *lows = std::move(lows_);
    }
  }

 private:
  bool compensated_;
  int32_t last_index_ = 0;
  std::vector<Span> spans_;
  std::vector<double> counts_;
  std::vector<double> lows_;
};

/// One side in reach of change, with its compensation terms or null.
struct MutableSide {
  std::vector<Span>* spans;
  std::vector<double>* counts;
  std::vector<double>* lows;

  double low(size_t position) const { return lows == nullptr ? 0 : (*lows)[position]; }
};

MutableSide MutableSideOf(FloatHistogram* h, FloatHistogram* compensation, HistogramSide side);

/// Merges the buckets of schema `from` into those of `to`.
void ReduceSide(MutableSide side, int32_t from, int32_t to);

/// As CompactHistogram, on one side; a bucket is empty when count and compensation are 0.
void CompactSide(MutableSide side, uint32_t max_empty);

/// What the zero count would be with `threshold`, which is at least the histogram's own and moves up to the next bound when it falls into
/// a populated bucket.
struct WiderZeroBucket {
  double count = 0;
  double low = 0;
  double threshold = 0;
};
WiderZeroBucket WidenZeroBucket(const FloatHistogram& h, const FloatHistogram* compensation, double threshold);

/// Widens the zero bucket of *h until `other` can have the same one, and returns the zero count that `other` then has.
double ReconcileZeroBuckets(FloatHistogram* h, FloatHistogram* compensation, const FloatHistogram& other);

}  // namespace tocsin
