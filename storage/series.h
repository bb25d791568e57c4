#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "base/model/sample.h"
#include "base/types.h"
#include "storage/chunk/chunk.h"
#include "storage/chunk/histogram_chunk.h"
#include "storage/chunk/open_chunk_pool.h"
#include "storage/chunk/xor_chunk.h"
#include "storage/index/shared_pairs.h"

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

/// One series. The label pairs in which it differs from its shared list lie behind it in the same allocation. 64 bytes and five for each of
/// these; its open chunk and closed chunks apart.
/// Threads: the head's lock.
struct Series {
  TimestampMs last_t = kMinTimestamp;  ///< of the newest sample in order; kMinTimestamp: there was none
  double last_value = 0;               ///< of it (a histogram's sum)
  uint8_t* open = nullptr;             ///< the open XOR chunk, in the pool of the slot
  ChunkList closed;
  std::unique_ptr<SeriesExtra> extra;
  uint32_t slot = 0;
  uint32_t hash = 0;       ///< of the labels
  uint32_t pair_list = 0;  ///< of SharedPairLists
  uint32_t delta = 0;      ///< between the last two samples of the open chunk
  uint16_t open_size = 0;  ///< of the open chunk, as in XorState
  uint8_t open_leading = XorState{}.leading;
  uint8_t open_trailing = 0;
  uint8_t open_steps = 0;  ///< its capacity, as in OpenChunkPool
  uint8_t own_pair_count = 0;
  uint8_t open_free_bits : 3 = 0;
  bool in_log : 1 = false;    ///< its labels are written
  bool in_index : 1 = true;   ///< false: removed, kept for those who still look at it
  bool reserved : 1 = false;  ///< the memory of its first commit is reserved in the budget

  struct Delete {
    void operator()(Series* series) const;
  };
  using Ptr = std::unique_ptr<Series, Delete>;
  static Ptr Make(const SharedPairLists::Placed& pairs);

  SeriesPairs pairs(const SharedPairLists& lists) const {
    const auto* own = reinterpret_cast<const PairId*>(this + 1);
    return {lists.pairs(pair_list), {own, own_pair_count}, reinterpret_cast<const uint8_t*>(own + own_pair_count)};
  }
  XorState open_state() const {
    return {open_size, OpenChunkPool::Capacity(open_steps), static_cast<uint8_t>(open_free_bits), open_leading, open_trailing};
  }
  void set_open_state(const XorState& state) {
    open_size = state.size;
    open_steps = OpenChunkPool::Steps(state.capacity);
    open_free_bits = state.free_bits & 7;
    open_leading = state.leading;
    open_trailing = state.trailing;
  }
  std::span<const uint8_t> open_bytes() const { return {open, open_size}; }
  /// The end of the open chunk that holds all samples from `t` on, as far as regular times tell. Without a mark when there is none.
  XorTail OpenTail(TimestampMs t) const;
  /// Of this object, its own pairs included.
  size_t own_bytes() const { return sizeof(Series) + own_pair_count * (sizeof(PairId) + sizeof(uint8_t)); }
  bool empty() const { return last_t == kMinTimestamp && (extra == nullptr || extra->out_of_order.empty()); }
  bool has_samples_in_order() const { return last_t != kMinTimestamp; }
  SeriesExtra& MakeExtra();

  /// The oldest sample's time, deletions aside; kMaxTimestamp without samples.
  TimestampMs FirstTime() const;
  size_t chunk_count() const { return closed.size() + (open != nullptr || (extra != nullptr && extra->histograms != nullptr) ? 1 : 0); }
  size_t closed_bytes() const;

  /// Asks for all of it, which mostly lies in two lines of the cache.
  void Prefetch() const {
    __builtin_prefetch(this, 1);
    __builtin_prefetch(reinterpret_cast<const char*>(this + 1) - 1, 1);
  }

  Series() = default;
};
static_assert(sizeof(Series) == 64, "each byte of it is paid a million times");

/// What appending in order needs to know of the head, and what it tells it.
struct SeriesAppendContext {
  OpenChunkPools& pools;
  DurationMs chunk_range_ms;
  /// The multiple of chunk_range_ms at or before the sample's time.
  TimestampMs range_start = 0;
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

/// Copies of pointers to, or of, all that must be read of a window under the head's lock, so that it is decoded without it.
/// Its memory is used again from one Take to the next.
class SeriesCapture {
 public:
  /// Under the head's lock.
  void Take(const SeriesView& view, TimestampMs min_t, TimestampMs max_t);

  /// Appends the samples to `out`, merged and without deleted ones.
  void Read(SampleColumns* out) const;

 private:
  /// So large are most open chunks.
  static constexpr size_t kSmallBytes = 248;

  void TakeOpen(ChunkEncoding encoding, std::span<const uint8_t> bytes);
  void TakeClosed(const ChunkList& chunks);
  /// Whether there is anything beside chunks.
  bool TakeExtra(const SeriesExtra& extra, const SeriesView& view, TimestampMs max_t);

  TimestampMs min_t_ = 0;
  TimestampMs max_t_ = 0;
  absl::InlinedVector<ChunkPtr, 4> closed_;
  ChunkEncoding open_encoding_ = ChunkEncoding::kNone;
  XorTail open_tail_;
  bool plain_ = true;  // only chunks
  size_t open_size_ = 0;
  std::array<uint8_t, kSmallBytes> small_;
  std::vector<uint8_t> large_;
  std::vector<SeriesExtra::OutOfOrderSample> out_of_order_;
  std::vector<SeriesExtra::StartChange> starts_;
  std::vector<TimeRange> deleted_;
};

/// The newest sample of a series, without decoding, when it is the answer. 1: it is in `out`; 0: there is none; -1: use SeriesCapture.
int ReadNewest(const SeriesView& view, TimestampMs min_t, TimestampMs max_t, Sample* out);

}  // namespace tocsin
