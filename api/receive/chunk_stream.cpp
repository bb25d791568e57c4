#include "api/receive/chunk_stream.h"

#include <cstdlib>

#include "base/wire/histogram_wire.h"
#include "storage/chunk/chunk.h"
#include "storage/chunk/histogram_chunk.h"
#include "storage/chunk/xor_chunk.h"

namespace tocsin {
namespace {

/// Encodes floats from `begin` on; returns the end of the chunk.
size_t EncodeXor(const SampleColumns& samples, size_t begin, EncodedChunk* chunk) {
  XorState state;
  uint8_t* buffer = nullptr;
  uint32_t delta = 0;
  size_t i = begin;
  for (; i < samples.size() && i - begin < kSamplesPerChunk && !samples.is_histogram(i); ++i) {
    const size_t before = i > begin ? i - 1 : i;
    if (i > begin && samples.timestamps[i] - samples.timestamps[before] > UINT32_MAX) {
      break;
    }
    XorAppend(samples.timestamps[i], samples.values[i], samples.timestamps[before], samples.values[before], &delta, &state, &buffer);
  }
  chunk->encoding = static_cast<uint64_t>(ChunkEncoding::kXor);
  chunk->data.assign(reinterpret_cast<const char*>(buffer), state.size);
  std::free(buffer);
  return i;
}

ChunkStart StartOf(CounterResetHint hint) {
  switch (hint) {
    case CounterResetHint::kGauge:
      return ChunkStart::kGauge;
    case CounterResetHint::kReset:
      return ChunkStart::kReset;
    case CounterResetHint::kNotReset:
      return ChunkStart::kNotReset;
    default:
      return ChunkStart::kUnknown;
  }
}

size_t EncodeHistograms(const SampleColumns& samples, size_t begin, EncodedChunk* chunk) {
  const FloatHistogram& first = *samples.histograms[begin];
  const bool integers = wire::HasWholeCounts(first);
  HistogramChunkWriter writer(integers);
  writer.Clear(StartOf(first.counter_reset_hint));
  size_t i = begin;
  for (; i < samples.size() && i - begin < kSamplesPerChunk && samples.is_histogram(i); ++i) {
    const FloatHistogram& histogram = *samples.histograms[i];
    const bool same_kind = wire::HasWholeCounts(histogram) == integers && (histogram.counter_reset_hint == CounterResetHint::kGauge) ==
                                                                              (first.counter_reset_hint == CounterResetHint::kGauge);
    if (i > begin && (!same_kind || writer.Fits(histogram) != HistogramChunkWriter::Fit::kFits)) {
      break;
    }
    writer.Append(samples.timestamps[i], histogram);
  }
  chunk->encoding = static_cast<uint64_t>(integers ? ChunkEncoding::kHistogram : ChunkEncoding::kFloatHistogram);
  chunk->data = writer.bytes();
  return i;
}

}  // namespace

std::vector<EncodedChunk> EncodeChunks(const SampleColumns& samples) {
  std::vector<EncodedChunk> chunks;
  for (size_t i = 0; i < samples.size();) {
    EncodedChunk& chunk = chunks.emplace_back();
    const size_t end = samples.is_histogram(i) ? EncodeHistograms(samples, i, &chunk) : EncodeXor(samples, i, &chunk);
    chunk.min_t = samples.timestamps[i];
    chunk.max_t = samples.timestamps[end - 1];
    i = end;
  }
  return chunks;
}

}  // namespace tocsin
