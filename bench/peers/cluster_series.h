#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::bench {

/// Series as a Seldon cluster exposes them, ten labels each: executor histograms (two in three), cAdvisor and kube-state-metrics series.
/// The same index always gives the same series.
struct ClusterSeries {
  std::string text;      // name{labels} as in an exposition, target labels not included
  bool counter = false;  // else a gauge
};

ClusterSeries SeriesAt(int64_t index);

/// The value of series `index` at its n-th sample: about 35 in 100 series change from one sample to the next.
double ValueAt(int64_t index, int64_t n);

}  // namespace tocsin::bench
