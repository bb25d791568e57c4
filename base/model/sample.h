#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/model/histogram.h"
#include "base/types.h"

namespace tocsin {

/// The value that ends a series until its next sample (prometheus model/value). It is a NaN like others to arithmetic: compare bits.
inline constexpr uint64_t kStaleNaNBits = 0x7ff0000000000002;
inline constexpr uint64_t kNormalNaNBits = 0x7ff8000000000001;
inline const double kStaleNaN = std::bit_cast<double>(kStaleNaNBits);
inline const double kNormalNaN = std::bit_cast<double>(kNormalNaNBits);
inline bool IsStaleNaN(double value) { return std::bit_cast<uint64_t>(value) == kStaleNaNBits; }

using HistogramPtr = std::shared_ptr<const FloatHistogram>;

/// Samples of one series in ascending time, column by column. All non-empty columns have the same length.
/// A sample is a histogram where `histograms` is not empty and its entry not null, else a float; of a histogram `values` holds the sum
/// (so that a stale histogram is found there as well).
struct SampleColumns {
  std::vector<TimestampMs> timestamps;
  std::vector<double> values;
  std::vector<HistogramPtr> histograms;       // empty when all samples are floats
  std::vector<TimestampMs> start_timestamps;  // empty when no sample has one; 0 = none

  size_t size() const { return timestamps.size(); }
  bool empty() const { return timestamps.empty(); }
  bool is_histogram(size_t i) const { return !histograms.empty() && histograms[i] != nullptr; }
  void Clear() {
    timestamps.clear();
    values.clear();
    histograms.clear();
    start_timestamps.clear();
  }
};

/// One sample; `histogram` set or not as above. `t` of the sample itself.
struct Sample {
  TimestampMs t = 0;
  double value = 0;
  HistogramPtr histogram;
  TimestampMs start_t = 0;
};

}  // namespace tocsin
