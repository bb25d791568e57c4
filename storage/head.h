#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/types.h"
#include "storage/appender.h"
#include "storage/head_status.h"
#include "storage/held_selector.h"
#include "storage/querier.h"

namespace prometheus {
class Registry;
}

namespace tocsin {

class Env;
class HeadCore;
class HeadMetrics;
class HeadStorage;
class MemoryBudget;
struct ReplayProgress;
struct ReplayReport;

struct HeadOptions {
  /// Samples older than this (against the clock or the newest sample, whichever is later) disappear. 0: never.
  DurationMs retention_ms = 15 * kDay;
  /// How far behind the store's newest sample an out-of-order sample may be. 0: none is taken.
  DurationMs out_of_order_window_ms = 0;
  /// Upstream's smallest block (storage.tsdb.min-block-duration): chunks end at its multiples, and in-order samples older than the
  /// store's newest sample minus half of it are out of bounds. The built-in PromQL tests and rule unit tests use kDay.
  DurationMs chunk_range_ms = 2 * kHour;
  /// Nothing older is taken.
  TimestampMs min_time = kMinTimestamp;
  /// Of all series together; the oldest is overwritten. 0: exemplars are ignored.
  size_t max_exemplars = 0;
  /// Keep the start timestamps of samples (feature st-storage).
  bool start_timestamps = false;
  /// A start timestamp that is newer than the series becomes a sample of value zero (feature created-timestamp-zero-ingestion).
  bool start_zero_samples = false;
  /// Of all samples together; above it the oldest disappear. 0: no limit.
  int64_t retention_bytes = 0;
  /// Shared with others; must outlive the head. Null: no limit.
  MemoryBudget* memory_budget = nullptr;
  /// Takes the store's metrics; must outlive the head. Null: none are kept.
  prometheus::Registry* registry = nullptr;
};

/// The store: all samples in memory.
/// Threads: safe. Appenders do not wait for queriers, nor queriers for open appenders: only for the moment of a commit.
class Head : public Appendable, public Queryable {
 public:
  /// Keeps a log under `path`/tocsin (created as needed) and begins with what is there; damaged parts of it are passed over, logged, and
  /// told by replay_report(). Errors: the folder is used by another process, or cannot be read or written. `env`, `clock` and `progress`
  /// (may be null) must outlive the head.
  static absl::StatusOr<std::unique_ptr<Head>> Open(const std::string& path, const HeadOptions& options, const Clock& clock, Env& env,
                                                    ReplayProgress* progress);
  /// The same, but only to look: the folder is locked, and nothing in it changes. What is appended stays in memory.
  static absl::StatusOr<std::unique_ptr<Head>> OpenToLook(const std::string& path, const Clock& clock, Env& env);
  /// Keeps nothing on disk. `clock` must outlive the head.
  static std::unique_ptr<Head> OpenMemoryOnly(const HeadOptions& options, const Clock& clock);
  ~Head() override;

  std::unique_ptr<Appender> OpenAppender() override;
  absl::StatusOr<std::unique_ptr<Querier>> OpenQuerier(TimestampMs min_t, TimestampMs max_t) override;

  /// Samples of the series that match disappear where min_t <= t <= max_t.
  absl::Status Delete(std::span<const Matcher> matchers, TimestampMs min_t, TimestampMs max_t);

  /// The exemplars of the series that match any of the selectors, series sorted by labels, exemplars by time.
  struct SeriesExemplars {
    Labels labels;
    std::vector<Exemplar> exemplars;
  };
  std::vector<SeriesExemplars> SelectExemplars(std::span<const std::vector<Matcher>> selectors, TimestampMs min_t, TimestampMs max_t) const;

  /// What is known of a metric; empty strings when nothing is.
  MetricMetadata Metadata(const std::string& metric) const;

  /// Keeps the set of series of these matchers from now on. With `keeps_history` their history goes last when memory is short: for rules.
  std::unique_ptr<HeldSelector> Hold(std::vector<Matcher> matchers, bool keeps_history = true);

  /// What must be done now and then: retention, memory budget, freeing what nobody looks at any more, bringing the log to the disk.
  /// Somebody calls it every kMaintenanceInterval.
  void Maintain();
  static constexpr DurationMs kMaintenanceInterval = 5 * kSecond;

  /// For /api/v1/status/tsdb: tables of at most `limit` lines.
  HeadStatus Status(size_t limit) const;
  /// Brings the metrics to what they are now (Maintain does it as well).
  void UpdateMetrics();

  size_t series_count() const;
  /// Of all chunks.
  int64_t sample_bytes() const;
  /// Of all samples; kMaxTimestamp and kMinTimestamp while there are none.
  TimestampMs min_time() const;
  TimestampMs max_time() const;

  /// Writes all to one file now, so that the next start is short. OK, and nothing done, with memory only.
  absl::Status Checkpoint();

  /// What the start found; null with memory only.
  const ReplayReport* replay_report() const;
  const HeadStorage* storage() const { return storage_.get(); }

  /// For this room's own parts and tests.
  HeadCore& core() { return *core_; }

 private:
  Head(std::unique_ptr<HeadCore> core, std::unique_ptr<HeadStorage> storage);

  std::unique_ptr<HeadCore> core_;
  std::unique_ptr<HeadStorage> storage_;
  std::unique_ptr<HeadMetrics> metrics_;
};

}  // namespace tocsin
