#pragma once

#include <string>
#include <vector>

#include "base/model/sample.h"
#include "base/types.h"

namespace tocsin {

/// Samples of a chunk in streamed remote read, as in Prometheus's head.
inline constexpr size_t kSamplesPerChunk = 120;

/// One chunk in Prometheus's encoding; the number is that of prometheus.Chunk.Encoding.
struct EncodedChunk {
  TimestampMs min_t = 0;
  TimestampMs max_t = 0;
  uint64_t encoding = 0;
  std::string data;
};

/// The samples in chunks: floats as XOR chunks, histograms as histogram or (counts that are not whole) float histogram chunks. A new chunk
/// begins where the kind changes, a histogram does not fit the layout, and after kSamplesPerChunk samples.
std::vector<EncodedChunk> EncodeChunks(const SampleColumns& samples);

}  // namespace tocsin
