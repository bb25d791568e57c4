// Chunk bytes of any kind: the first byte chooses the encoding.
#include <cstddef>
#include <cstdint>

#include "storage/chunk/chunk.h"
#include "storage/chunk/histogram_chunk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto encoding = static_cast<tocsin::ChunkEncoding>(1 + data[0] % 3);
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  tocsin::SampleColumns samples;
  tocsin::ReadChunk(encoding, bytes, tocsin::kMinTimestamp, tocsin::kMaxTimestamp, &samples);
  if (encoding != tocsin::ChunkEncoding::kXor) {
    tocsin::HistogramChunkWriter writer(encoding == tocsin::ChunkEncoding::kHistogram);
    writer.Restore(bytes);
  }
  return 0;
}
