#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/types.h"
#include "storage/appender.h"
#include "storage/querier.h"

namespace tocsin {

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
  /// Keep the start timestamps of samples (feature created-timestamp / st-storage).
  bool start_timestamps = false;
};

/// The store: all samples in memory.
/// Threads: safe. Appenders do not wait for queriers, nor queriers for open appenders: only for the moment of a commit.
class Head : public Appendable, public Queryable {
 public:
  /// Keeps nothing on disk. `clock` must outlive the head.
  static std::unique_ptr<Head> OpenMemoryOnly(const HeadOptions& options, const Clock& clock);
  ~Head() override;

  std::unique_ptr<Appender> OpenAppender() override;
  absl::StatusOr<std::unique_ptr<Querier>> OpenQuerier(TimestampMs min_t, TimestampMs max_t) override;

  size_t series_count() const;
  /// Of all samples; kMaxTimestamp and kMinTimestamp while there are none.
  TimestampMs min_time() const;
  TimestampMs max_time() const;

 private:
  class Impl;
  explicit Head(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
