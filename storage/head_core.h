#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "storage/exemplar_ring.h"
#include "storage/head.h"
#include "storage/held_selector.h"
#include "storage/index/series_finder.h"
#include "storage/reader_set.h"
#include "storage/series_table.h"
#include "storage/wal/commit_record.h"

namespace tocsin {

class CommitLog;

/// What the appenders collect until Commit.
struct Transaction {
  struct Entry {
    uint32_t slot;
    uint32_t extra;  // 0, or one more than an index into extras
    TimestampMs t;
    double value;
  };
  struct Extra {
    HistogramPtr histogram;
    bool integers = false;
    TimestampMs start_t = 0;
  };
  struct PendingExemplar {
    uint32_t slot;
    Exemplar exemplar;
  };
  struct PendingMetadata {
    std::string metric;
    MetricMetadata metadata;
  };

  std::vector<Entry> entries;
  std::vector<Extra> extras;
  std::vector<PendingExemplar> exemplars;
  std::vector<PendingMetadata> metadata;

  void Clear();
};

/// Numbers that only grow, for metrics and tests.
struct HeadCounters {
  static constexpr size_t kResults = static_cast<size_t>(AppendResult::kMemoryLimit) + 1;
  std::atomic<uint64_t> float_samples{0};
  std::atomic<uint64_t> histogram_samples{0};
  std::atomic<uint64_t> out_of_order_samples{0};
  std::atomic<uint64_t> series_created{0};
  std::atomic<uint64_t> series_removed{0};
  std::atomic<uint64_t> chunks_created{0};
  std::atomic<uint64_t> chunks_removed{0};
  std::atomic<uint64_t> exemplars{0};
  std::atomic<uint64_t> exemplars_out_of_order{0};
  std::atomic<uint64_t> not_durable_samples{0};
  std::atomic<uint64_t> shed_chunks{0};
  std::atomic<uint64_t> out_of_order_histograms{0};
  std::atomic<uint64_t> truncations{0};
  std::atomic<uint64_t> truncation_ns{0};
  std::atomic<uint64_t> time_retentions{0};
  std::atomic<uint64_t> size_retentions{0};
  /// By AppendResult; of histograms those also apart.
  std::array<std::atomic<uint64_t>, kResults> refused{};
  std::array<std::atomic<uint64_t>, kResults> refused_histograms{};
  /// How far samples that came out of order, taken or not, lay behind the newest one: by bucket, the last for all above.
  static constexpr std::array<DurationMs, 7> kOutOfOrderBounds = {10 * kMinute, 30 * kMinute, kHour,     2 * kHour,
                                                                  3 * kHour,    6 * kHour,    12 * kHour};
  std::array<std::atomic<uint64_t>, kOutOfOrderBounds.size() + 1> out_of_order_by_delta{};
  std::atomic<uint64_t> out_of_order_delta_ms{0};
  // As of the last maintenance.
  std::atomic<uint64_t> chunks{0};
  std::atomic<uint64_t> stale_series{0};
  std::atomic<uint64_t> histogram_series{0};
  std::atomic<uint64_t> histogram_buckets{0};

  void CountOutOfOrder(DurationMs behind);
};

/// The parts of the head behind one lock, and what is done to them. Appenders, queriers and maintenance work through it.
///
/// Lock order: mu, then the finder's, readers' and log's own. Nothing is read from or written to disk under mu.
class HeadCore {
 public:
  HeadCore(const HeadOptions& head_options, const Clock& head_clock);
  ~HeadCore();

  // --- appending ---

  /// What would become of the sample now. `sum` of histograms; `histogram` null for floats.
  AppendResult CheckSample(const Series& series, TimestampMs t, double value, const FloatHistogram* histogram, bool* out_of_order) const
      REQUIRES_SHARED(mu);
  Series* FindOrCreate(const Labels& labels, AppendResult* result) EXCLUDES(mu);
  /// Makes everything seen at once; writes it to `record` when there is a log. The number of samples taken.
  size_t Apply(Transaction& transaction, ByteBuffer* record) REQUIRES(mu);
  absl::Status Commit(Transaction& transaction, ByteBuffer* record) EXCLUDES(mu);
  TimestampMs MinValidTime() const REQUIRES_SHARED(mu);

  // --- reading ---

  /// The time up to which in-order samples were there after `commit`, for the series that got some since: by slot.
  using Limits = absl::flat_hash_map<uint32_t, TimestampMs>;
  /// Adds what commits since `*seen` tell (its first value: the querier's commit).
  void CollectLimits(uint64_t* seen, Limits* limits) const REQUIRES_SHARED(mu);

  // --- changing ---

  absl::Status Delete(std::span<const Matcher> matchers, TimestampMs min_t, TimestampMs max_t) EXCLUDES(mu);
  void DeleteRange(Series& series, TimestampMs min_t, TimestampMs max_t) REQUIRES(mu);

  // --- maintenance (head_maintenance.cpp) ---

  void Maintain() EXCLUDES(mu);
  /// Bytes of chunks given back by dropping the oldest history of series that no held selector reads, `bytes` if possible: closed chunks
  /// first, then what open ones hold before their newest sample.
  size_t ShedHistory(size_t bytes) EXCLUDES(mu);

  const HeadOptions options;
  const Clock& clock;
  mutable SharedMutex mu;
  PairTable pairs GUARDED_BY(mu);
  SeriesTable table GUARDED_BY(mu);
  SeriesFinder finder;
  TimestampMs min_time GUARDED_BY(mu) = kMaxTimestamp;
  TimestampMs max_time GUARDED_BY(mu) = kMinTimestamp;
  uint64_t commit GUARDED_BY(mu) = 0;
  ExemplarRing exemplars GUARDED_BY(mu);
  absl::flat_hash_map<std::string, MetricMetadata> metadata GUARDED_BY(mu);
  HeldRegistry held GUARDED_BY(mu);
  /// Of chunks, open and closed.
  int64_t chunk_bytes GUARDED_BY(mu) = 0;

  /// Queriers: they need the limits of later commits, and removed series.
  ReaderSet queriers;
  /// Appenders: they need removed series.
  ReaderSet appenders;
  std::atomic<int64_t> open_appenders{0};
  HeadCounters counters;
  std::unique_ptr<CommitLog> log;

 private:
  struct CommitLimits {
    uint64_t commit;
    std::vector<std::pair<uint32_t, TimestampMs>> before;
  };
  struct Removed {
    uint64_t commit;  // the last one in which it was in the index
    Series::Ptr series;
  };

  Series* Revive(uint32_t slot) REQUIRES(mu);
  void ApplySample(Series& series, const Transaction::Entry& entry, Transaction::Extra* extra, SeriesAppendContext* context,
                   CommitRecordWriter* record) REQUIRES(mu);
  void ApplyOutOfOrder(Series& series, const Transaction::Entry& entry, Transaction::Extra* extra, CommitRecordWriter* record) REQUIRES(mu);
  void ApplyExtras(Transaction& transaction, CommitRecordWriter* record) REQUIRES(mu);
  void RemoveSeries(const std::vector<uint32_t>& slots) REQUIRES(mu);
  void FreeRemoved() REQUIRES(mu);
  void TrimLimits() REQUIRES(mu);
  /// What the walk of a maintenance over all series finds.
  struct Sweep {
    TimestampMs first = kMaxTimestamp;
    uint64_t chunks = 0;
    uint64_t stale_series = 0;
    uint64_t histogram_series = 0;
    uint64_t histogram_buckets = 0;
    uint64_t old_chunks = 0;
  };
  bool SweepIsDue() EXCLUDES(mu);
  void SweepSeries() EXCLUDES(mu);
  bool TruncateSeries(Series& series, TimestampMs cutoff, Sweep* sweep) REQUIRES(mu);
  static void CountSeries(const Series& series, Sweep* sweep);
  void FoldOutOfOrder(Series& series) REQUIRES(mu);
  void DropChunks(Series& series, size_t count) REQUIRES(mu);
  void Account(const SeriesAppendContext& context) REQUIRES(mu);
  void KeepMemoryLimit(size_t excess) EXCLUDES(mu);
  void TellPressure();
  void TellRefusals();
  size_t ShedClosedChunks(size_t bytes) EXCLUDES(mu);
  size_t ShedOpenChunks(size_t bytes) EXCLUDES(mu);
  void ReserveFirstCommit(Series& series) REQUIRES(mu);
  void EndReservation(Series& series) REQUIRES(mu);

  std::deque<CommitLimits> limits_ GUARDED_BY(mu);
  size_t limits_size_ GUARDED_BY(mu) = 0;
  std::deque<Removed> removed_ GUARDED_BY(mu);
  uint64_t removed_before_ GUARDED_BY(mu) = 0;                            // that have left the front of removed_
  absl::flat_hash_map<uint32_t, uint64_t> removed_slots_ GUARDED_BY(mu);  // slot -> removed_before_ + index in removed_
  TimestampMs swept_max_time_ GUARDED_BY(mu) = kMinTimestamp;             ///< max_time at the last sweep.
  TimestampMs looked_max_time_ GUARDED_BY(mu) = kMinTimestamp;            ///< max_time when it was last asked whether one is due.
  /// A maintenance that has been: what commits there were, and what series.
  struct Round {
    uint64_t commit;
    uint32_t slots_end;
  };
  std::deque<Round> rounds_ GUARDED_BY(mu);        // during which appenders were open that still are
  uint32_t settled_slots_end_ GUARDED_BY(mu) = 0;  // of older series without a sample no appender is left that made them
  // Of the maintenance.
  MemoryBudget::Pressure told_pressure_ = MemoryBudget::Pressure::kNone;
  uint64_t told_refused_queries_ = 0;
  uint64_t told_refused_requests_ = 0;
};

}  // namespace tocsin
