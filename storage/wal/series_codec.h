#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/series.h"
#include "storage/wal/byte_buffer.h"
#include "storage/wal/byte_reader.h"
#include "storage/wal/commit_record_walk.h"

namespace tocsin {

/// Whole series, chunks as they are, in one block of a checkpoint. Drawn in storage/FORMAT.md.
class SeriesBlockWriter {
 public:
  explicit SeriesBlockWriter(ByteBuffer& out) : out_(out) {}

  void Add(const Series& series, const SeriesPairs& series_pairs, const PairTable& pairs);

 private:
  void PutExtra(const SeriesExtra& extra);

  ByteBuffer& out_;
  uint32_t slot_ = 0;
  absl::flat_hash_map<PairId, uint32_t> pairs_;
};

/// A series as it was read, not yet in any table.
struct DecodedSeries {
  uint32_t slot = 0;
  uint32_t hash = 0;                   ///< of the labels, for SeriesTable; the reader leaves it alone
  std::vector<uint32_t> pair_numbers;  ///< of the block's pairs
  TimestampMs last_t = kMinTimestamp;
  double last_value = 0;
  ChunkList closed;
  uint32_t delta = 0;
  XorState open_state;
  std::span<const uint8_t> open;
  std::unique_ptr<SeriesExtra> extra;
};

/// Reads a block series by series. Open chunks and texts stay where they are: in the block.
class SeriesBlockReader {
 public:
  explicit SeriesBlockReader(std::span<const uint8_t> bytes) : in_(bytes) {}

  /// False at the end, and where the bytes are no block: then ok() is false.
  bool Next(DecodedSeries* out);
  bool ok() const { return ok_; }
  /// Of the series so far.
  NamedPairs& pairs() { return pairs_; }

 private:
  bool TakeClosed(ChunkList* out);
  bool TakeOpen(DecodedSeries* out);
  bool TakeRare(uint8_t flags, DecodedSeries* out);
  bool TakeExtra(SeriesExtra* out);

  ByteReader in_;
  bool ok_ = true;
  uint32_t slot_ = 0;
  NamedPairs pairs_;
};

/// Makes `series` (just made, without samples) what was read.
void InstallSeries(DecodedSeries& decoded, OpenChunkPool& open_chunks, Series* series);

}  // namespace tocsin
