#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "promql/engine.h"
#include "promql/exec/annotation.h"
#include "promql/exec/steps.h"
#include "promql/exec/worker_pool.h"
#include "storage/querier.h"

namespace tocsin::promql {

/// Errors of a running query, with upstream's words.
absl::Status ExecutionError(std::string_view text);
absl::Status DuplicateLabelsetError();

/// The samples that a query reads (what `stats` in the API shows).
/// Threads: safe.
class SampleStats {
 public:
  /// With `per_step`, totals are also kept for each step.
  void Start(const StepRange& steps, bool per_step);

  /// `total`: samples that the steps looked at, windows counted in full at each step.
  void AddTotal(int64_t total) { total_.fetch_add(total, std::memory_order_relaxed); }
  /// Adds to the steps, an entry a step. No-op when they are not kept.
  void AddPerStep(const std::vector<int64_t>& totals);
  void AddRead(int64_t read) { read_.fetch_add(read, std::memory_order_relaxed); }
  bool keeps_steps() const { return per_step_enabled_; }
  size_t step_count() const { return step_count_; }

  void FillIn(QueryStats* stats) const;

 private:
  std::atomic<int64_t> total_{0};
  std::atomic<int64_t> read_{0};
  bool per_step_enabled_ = false;
  size_t step_count_ = 0;
  mutable Mutex mu_;
  std::vector<int64_t> per_step_ GUARDED_BY(mu_);
};

/// What the operators of one running query share.
/// Threads: fields are set before the query runs; the methods are safe.
class QueryContext {
 public:
  QueryContext(const Clock& clock, WorkerPool& pool) : clock_(clock), pool_(pool) {}

  LanguageFeatures features;
  DurationMs lookback_ms = 0;
  DurationMs default_subquery_step_ms = 0;
  int64_t max_samples = 0;
  MemoryBudget* memory_budget = nullptr;  // null: no limit
  int64_t deadline_ns = 0;                // of Clock::MonotonicNs; 0: none
  const StopToken* cancel = nullptr;
  Querier* querier = nullptr;  // set before operators are opened
  bool profile = false;

  AnnotationCollector annotations;
  SampleStats stats;

  const Clock& clock() const { return clock_; }
  WorkerPool& pool() { return pool_; }

  /// An error when the query was cancelled or has run too long. Called at least once a block of rows.
  absl::Status Check() const;

  /// Counts samples held in memory; an error above max_samples.
  absl::Status Hold(int64_t samples);
  /// Before `rows` x `steps` values, or so many bytes, are taken at once: an error when the process has no room for them.
  absl::Status MakeRoom(size_t rows, size_t steps) { return MakeRoomForBytes(static_cast<int64_t>(rows * steps * sizeof(double))); }
  absl::Status MakeRoomForBytes(int64_t bytes);
  void Release(int64_t samples) { held_.fetch_sub(samples, std::memory_order_relaxed); }
  int64_t held() const { return held_.load(std::memory_order_relaxed); }
  int64_t peak() const { return peak_.load(std::memory_order_relaxed); }

 private:
  const Clock& clock_;
  WorkerPool& pool_;
  std::atomic<int64_t> held_{0};
  std::atomic<int64_t> peak_{0};
};

}  // namespace tocsin::promql
