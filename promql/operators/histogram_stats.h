#pragma once

#include "base/model/sample.h"

namespace tocsin::promql {

/// For queries that use of histograms only count and sum (histogram_count, histogram_sum, histogram_avg): takes the buckets off the samples
/// of one series, after finding the counter resets that only buckets show. What then adds histograms up works on two numbers each.
void KeepHistogramStats(SampleColumns* samples);

}  // namespace tocsin::promql
