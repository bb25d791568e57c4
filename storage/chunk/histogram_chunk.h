#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/model/sample.h"
#include "base/types.h"
#include "storage/chunk/histogram_layout.h"
#include "storage/chunk/xor_value.h"

namespace tocsin {

/// The first two bits behind the count of a histogram chunk: how the chunk began (tsdb/chunkenc/histogram.go).
enum class ChunkStart : uint8_t { kUnknown = 0x00, kNotReset = 0x40, kReset = 0x80, kGauge = 0xc0 };

/// Writes Prometheus's histogram (integer counts) or float-histogram chunk. All its histograms have one layout; one with further buckets
/// makes the whole chunk be written again with the wider layout, and one that lacks buckets which are still empty gets them.
class HistogramChunkWriter {
 public:
  /// `integers`: counts are whole numbers, kept as such.
  explicit HistogramChunkWriter(bool integers) : integers_(integers) { Clear(ChunkStart::kUnknown); }

  enum class Fit { kFits, kOtherLayout, kCounterReset };

  /// Whether the histogram can stand behind the last one in one chunk.
  Fit Fits(const FloatHistogram& histogram) const;

  /// The chunk is empty or Fits says kFits. `t` is greater than that of the last one.
  void Append(TimestampMs t, const FloatHistogram& histogram);

  /// Begins an empty chunk. Of kGauge only gauge histograms can be appended.
  void Clear(ChunkStart start);

  bool integers() const { return integers_; }
  uint16_t count() const { return count_; }
  const std::string& bytes() const { return out_.bytes(); }

  /// Reads what another writer wrote, to go on behind it. False when the bytes are no such chunk.
  bool Restore(std::span<const uint8_t> bytes);

  size_t memory_bytes() const;

 private:
  struct IntegerBucket {
    int64_t value = 0;
    int64_t delta = 0;
  };
  // Of both sides, the positive buckets first.
  struct Running {
    TimestampMs t = 0;
    int64_t t_delta = 0;
    XorValue sum;
    IntegerBucket count, zero_count;
    std::vector<IntegerBucket> buckets;
    XorValue float_count, float_zero_count;
    std::vector<XorValue> float_buckets;
  };
  friend class HistogramChunkCursor;

  void AppendPlaced(TimestampMs t, const FloatHistogram& histogram);
  void WriteFirst(TimestampMs t, const FloatHistogram& histogram);
  void WriteNext(TimestampMs t, const FloatHistogram& histogram, bool stale);
  void Widen(const std::vector<Span>& positive, const std::vector<Span>& negative);

  bool integers_;
  uint16_t count_ = 0;
  ChunkStart start_ = ChunkStart::kUnknown;
  BitWriter out_;
  HistogramLayout layout_;
  Running running_;
  // The last one appended, in the chunk's layout.
  FloatHistogram last_;
};

/// Appends the histograms with min_t <= t <= max_t with their counter reset hints: gauge, else unknown for the first of the chunk and
/// not reset for the others; a stale one has no more than its sum. False when the bytes are no such chunk.
/// `start_timestamps` of `out` is left as it is.
bool HistogramChunkRead(std::span<const uint8_t> bytes, bool integers, TimestampMs min_t, TimestampMs max_t, SampleColumns* out);

}  // namespace tocsin
