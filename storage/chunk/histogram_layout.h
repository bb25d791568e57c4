#pragma once

#include <cstdint>
#include <vector>

#include "base/model/histogram.h"
#include "storage/chunk/bit_stream.h"

namespace tocsin {

/// What all histograms of one chunk share; written once at its start (tsdb/chunkenc/histogram_meta.go).
struct HistogramLayout {
  int32_t schema = 0;
  double zero_threshold = 0;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<double> custom_values;
};

void WriteHistogramLayout(const HistogramLayout& layout, BitWriter* out);

/// False for bytes that are no layout, or one of more than kHistogramBucketsMax buckets.
bool ReadHistogramLayout(BitReader* in, HistogramLayout* out);

inline constexpr size_t kHistogramBucketsMax = 1 << 16;

/// The sum of the lengths.
size_t CountBuckets(const std::vector<Span>& spans);

/// The indexes of the buckets, ascending.
std::vector<int64_t> BucketIndexes(const std::vector<Span>& spans);

/// The spans of ascending indexes.
std::vector<Span> SpansOf(const std::vector<int64_t>& indexes);

}  // namespace tocsin
