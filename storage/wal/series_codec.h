#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/series.h"
#include "storage/wal/byte_buffer.h"
#include "storage/wal/byte_reader.h"

namespace tocsin {

/// Whole series, chunks as they are, in one block of a checkpoint. Drawn in storage/FORMAT.md.
class SeriesBlockWriter {
 public:
  explicit SeriesBlockWriter(ByteBuffer& out) : out_(out) {}

  void Add(const Series& series, const PairTable& pairs);

 private:
  void PutExtra(const SeriesExtra& extra);

  ByteBuffer& out_;
  uint32_t slot_ = 0;
  absl::flat_hash_map<PairId, uint32_t> pairs_;
};

/// A series as it was read, not yet in any table.
struct DecodedSeries {
  uint32_t slot = 0;
  std::string encoded_labels;
  TimestampMs last_t = kMinTimestamp;
  double last_value = 0;
  struct DecodedChunk {
    TimestampMs min_t;
    TimestampMs max_t;
    ChunkEncoding encoding;
    std::span<const uint8_t> bytes;
  };
  std::vector<DecodedChunk> closed;
  uint32_t delta = 0;
  XorState open_state;
  std::span<const uint8_t> open;
  std::unique_ptr<SeriesExtra> extra;
};

/// Reads a block series by series; the chunks' bytes stay where they are.
class SeriesBlockReader {
 public:
  explicit SeriesBlockReader(std::span<const uint8_t> bytes) : in_(bytes) {}

  /// False at the end, and where the bytes are no block: then ok() is false.
  bool Next(DecodedSeries* out);
  bool ok() const { return ok_; }

 private:
  bool TakeLabels(std::string* out);
  bool TakeExtra(SeriesExtra* out);

  ByteReader in_;
  bool ok_ = true;
  uint32_t slot_ = 0;
  std::vector<std::string> pairs_;
};

/// Makes `series` (just made, without samples) what was read.
void InstallSeries(DecodedSeries& decoded, Series* series);

}  // namespace tocsin
