#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/model/sample.h"
#include "base/types.h"
#include "storage/chunk/chunk.h"
#include "storage/chunk/histogram_chunk.h"
#include "storage/chunk/xor_chunk.h"
#include "storage/index/pair_table.h"

namespace tocsin {

/// A closed range of time.
struct TimeRange {
  TimestampMs min_t;
  TimestampMs max_t;
};

/// What few series have, kept apart so that the others do not pay for it.
struct SeriesExtra {
  struct OutOfOrderSample {
    TimestampMs t;
    double value;
    HistogramPtr histogram;
    TimestampMs start_t;
    uint64_t commit;  // of which it is a part
  };
  struct StartChange {
    TimestampMs t;  // of the first sample with it
    TimestampMs start_t;
  };

  std::unique_ptr<HistogramChunkWriter> histograms;  // the open chunk, while samples are histograms
  TimestampMs histograms_first_t = 0;
  HistogramPtr last_histogram;                 // null when the newest sample is a float
  std::vector<OutOfOrderSample> out_of_order;  // ascending
  std::vector<StartChange> starts;             // ascending; in effect until the next
  std::vector<TimeRange> deleted;              // tombstones of samples in order
  uint64_t rewrites = 0;                       // how often samples in the past came or went

  size_t memory_bytes() const;
};

/// One series. Its label pairs lie behind it in the same allocation. 104 bytes with ten labels; its open chunk and closed chunks apart.
/// Threads: the head's lock.
struct Series {
  TimestampMs last_t = kMinTimestamp;  ///< of the newest sample in order; kMinTimestamp: there was none
  double last_value = 0;               ///< of it (a histogram's sum)
  uint8_t* open = nullptr;             ///< the open XOR chunk
  ChunkList closed;
  std::unique_ptr<SeriesExtra> extra;
  uint32_t slot = 0;
  uint32_t hash = 0;   ///< of the labels
  uint32_t delta = 0;  ///< between the last two samples of the open chunk
  XorState open_state;
  uint16_t pair_count = 0;
  bool in_log = false;   ///< its labels are written
  bool in_index = true;  ///< false: removed, kept for those who still look at it

  struct Delete {
    void operator()(Series* series) const;
  };
  using Ptr = std::unique_ptr<Series, Delete>;
  static Ptr Make(std::span<const PairId> pairs);

  std::span<const PairId> pairs() const { return {reinterpret_cast<const PairId*>(this + 1), pair_count}; }
  bool empty() const { return last_t == kMinTimestamp && (extra == nullptr || extra->out_of_order.empty()); }
  bool has_samples_in_order() const { return last_t != kMinTimestamp; }
  SeriesExtra& MakeExtra();

  /// The oldest sample's time, deletions aside; kMaxTimestamp without samples.
  TimestampMs FirstTime() const;
  size_t chunk_count() const { return closed.size() + (open != nullptr || (extra != nullptr && extra->histograms != nullptr) ? 1 : 0); }
  /// All of it: labels, chunks, extra.
  size_t memory_bytes() const;
  size_t closed_bytes() const;

  Series() = default;
  ~Series();
};

/// What appending in order needs to know of the head, and what it tells it.
struct SeriesAppendContext {
  DurationMs chunk_range_ms;
  /// The multiple of chunk_range_ms at or before the sample's time.
  TimestampMs range_start;
  int64_t bytes_grown = 0;  ///< may be negative
  int64_t chunks_closed = 0;
};

/// Samples newer than the series' newest one.
void AppendFloatInOrder(Series& series, TimestampMs t, double value, SeriesAppendContext* context);
void AppendHistogramInOrder(Series& series, TimestampMs t, HistogramPtr histogram, bool integers, SeriesAppendContext* context);

/// Closes what is open, so that it can be shared, replaced or dropped.
void CloseOpenChunk(Series& series, SeriesAppendContext* context);

/// A sample older than the newest. False: there is one at this time among the out-of-order ones.
bool InsertOutOfOrder(Series& series, SeriesExtra::OutOfOrderSample sample);

/// The start timestamp of samples from `t` on. True when it is another one than before.
bool SetStart(Series& series, TimestampMs t, TimestampMs start_t);

/// A part of a series as one reader may see it.
struct SeriesView {
  const Series* series;
  TimestampMs limit_t;  ///< in-order samples up to here
  uint64_t commit;      ///< out-of-order samples of commits up to here
};

/// Copies of pointers to, or of, all that must be read of the window under the head's lock, so that it is decoded without it.
class SeriesCapture {
 public:
  SeriesCapture(const SeriesView& view, TimestampMs min_t, TimestampMs max_t);

  /// Appends the samples to `out`, merged and without deleted ones.
  void Read(SampleColumns* out) const;

 private:
  TimestampMs min_t_;
  TimestampMs max_t_;
  std::vector<ChunkPtr> closed_;
  ChunkEncoding open_encoding_ = ChunkEncoding::kNone;
  std::vector<uint8_t> open_;
  std::vector<SeriesExtra::OutOfOrderSample> out_of_order_;
  std::vector<SeriesExtra::StartChange> starts_;
  std::vector<TimeRange> deleted_;
};

/// The newest sample of a series, without decoding, when it is the answer. 1: it is in `out`; 0: there is none; -1: use SeriesCapture.
int ReadNewest(const SeriesView& view, TimestampMs min_t, TimestampMs max_t, Sample* out);

}  // namespace tocsin
