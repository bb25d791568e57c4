#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "storage/head_core.h"
#include "storage/wal/replay_series.h"

namespace tocsin {

/// The pass over records that takes the samples of the series of one shard. Shards touch different series and run side by side: each walks
/// all records, which costs little beside the memory that the samples' series lie in. Therefore floats wait in a row while their series are
/// brought into the cache.
class SamplePass {
 public:
  SamplePass(HeadCore& core, const SlotAliases& aliases, uint32_t shard, uint32_t shards);

  /// The items before a fault are taken.
  void Read(std::span<const uint8_t> record);
  /// After the last record.
  void Finish() { ApplyWaiting(); }

  /// The handler of CommitRecordWalk.
  static constexpr bool kWantsSeries = false;
  void OnFloat(uint32_t slot, TimestampMs t, double value, bool out_of_order);
  void OnHistogram(uint32_t slot, TimestampMs t, FloatHistogram histogram, bool integers, bool out_of_order);
  void OnStart(uint32_t slot, TimestampMs t, TimestampMs start_t);
  void OnDeletion(uint32_t slot, TimestampMs min_t, TimestampMs max_t);
  void OnExemplar(uint32_t, TimestampMs, double, std::string_view) {}
  void OnMetadata(std::string_view, std::string_view, std::string_view, std::string_view) {}

  uint64_t samples() const { return samples_; }
  uint64_t dropped_samples() const { return dropped_; }
  TimestampMs min_t() const { return min_t_; }
  TimestampMs max_t() const { return max_t_; }
  const SeriesAppendContext& context() const { return context_; }

 private:
  struct Waiting {
    uint32_t slot;
    TimestampMs t;
    double value;
    Series* series;
  };
  // A float waits for three steps, so many floats one after the other: its place in the table, its series, the end of its open chunk.
  static constexpr uint64_t kStep = 8;
  static constexpr uint64_t kWaitingMax = 4 * kStep;

  bool IsMine(uint32_t* slot) const;
  Series* SeriesOf(uint32_t slot);
  void Seen(TimestampMs t);
  Waiting& At(uint64_t number) { return waiting_[number % kWaitingMax]; }
  void FindSeries(Waiting* waiting);
  void ApplyWaiting();
  void Apply(const Waiting& waiting);

  HeadCore& core_;
  const SlotAliases& aliases_;
  uint32_t shard_;
  uint32_t shards_;
  SeriesAppendContext context_;
  TimestampMs range_of_ = kMinTimestamp;
  std::array<Waiting, kWaitingMax> waiting_;
  uint64_t came_ = 0;
  uint64_t applied_ = 0;
  uint64_t samples_ = 0;
  uint64_t dropped_ = 0;
  TimestampMs min_t_ = kMaxTimestamp;
  TimestampMs max_t_ = kMinTimestamp;
};

}  // namespace tocsin
