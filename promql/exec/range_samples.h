#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/model/sample.h"
#include "base/types.h"

namespace tocsin::promql {

/// The samples of one window of a series: [float_begin, float_end) of its floats and the same of its histograms.
struct Window {
  uint32_t float_begin = 0;
  uint32_t float_end = 0;
  uint32_t histogram_begin = 0;
  uint32_t histogram_end = 0;

  size_t floats() const { return float_end - float_begin; }
  size_t histograms() const { return histogram_end - histogram_begin; }
  bool empty() const { return floats() + histograms() == 0; }
};

/// All samples that a range function needs of one series, without stale markers, floats and histograms apart, and the window of each step.
struct RangeBuffer {
  std::vector<TimestampMs> float_t;
  std::vector<double> float_v;
  std::vector<TimestampMs> float_start_t;  // empty when start timestamps are not in use
  std::vector<TimestampMs> histogram_t;
  std::vector<HistogramPtr> histogram_v;
  std::vector<TimestampMs> histogram_start_t;
  std::vector<Window> windows;  // one a step
  std::vector<double> scratch;  // for the function

  std::vector<double> factors;  // for the function, of the windows

  /// The source whose series had only floats, at the times float_t with these windows; null when there is none to compare with.
  const void* windows_of = nullptr;
  /// The row before had the same times and windows: what was computed of them alone still holds.
  bool repeated = false;

  void Clear() {
    windows_of = nullptr;
    repeated = false;
    float_t.clear();
    float_v.clear();
    float_start_t.clear();
    histogram_t.clear();
    histogram_v.clear();
    histogram_start_t.clear();
  }
};

}  // namespace tocsin::promql
