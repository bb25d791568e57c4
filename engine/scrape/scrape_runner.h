#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/http_transfers.h"
#include "base/memory_share.h"
#include "base/mutex.h"
#include "engine/scrape/body_buffers.h"
#include "engine/scrape/scheduler.h"
#include "engine/scrape/scrape_manager.h"
#include "engine/scrape/scrape_metrics.h"
#include "engine/scrape/scrape_target.h"
#include "engine/scrape/scrape_workers.h"
#include "storage/appender.h"

namespace tocsin {

/// Scrapes single targets again and again: at its moment a transfer is started, its answer is read and appended by a worker, and the next
/// moment is put into the schedule.
/// Threads: Begin and End are safe.
class ScrapeRunner {
 public:
  /// All but `options` outlive it.
  ScrapeRunner(const ScrapeManager::Options& options, Appendable& storage, const Clock& clock, ScrapeMetrics& metrics);
  ~ScrapeRunner();

  /// Moments follow from the target's key and this.
  void set_offset_seed(uint64_t seed) { offset_seed_ = seed; }

  /// Scrapes the target from its next moment on.
  void Begin(const ScrapeTargetPtr& target);

  /// Scrapes it no more. Its series end after two intervals and a tenth, unless the state is Adopted meanwhile.
  void End(const ScrapeTargetPtr& target);

  /// Scrapes it no more, and writes no markers.
  void Drop(const ScrapeTargetPtr& target) { Retire(target, /*ends_series=*/false); }

  /// Takes over the state of an ended target with these series labels and URL; null: there is none.
  std::shared_ptr<ScrapeState> Adopt(const Target& target);

  void SetTargetCount(size_t targets);

  /// Something else on the workers, at its time.
  void RunAt(TimestampMs when, std::function<void()> what);
  void Stop();

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;
  struct Answer;

  void ScheduleNext(const RunPtr& run, TimestampMs when);
  void StartScrape(const RunPtr& run);
  void Finish(const RunPtr& run, Answer answer);
  void ObserveInterval(Run* run, DurationMs interval_ms, double seconds);
  void AppendAnswer(ScrapeTarget& scraped, const Target& target, Answer* answer);
  bool Retire(const ScrapeTargetPtr& target, bool ends_series);
  void ScheduleEnd(const ScrapeTargetPtr& target);
  absl::Status ReadAnswer(const PoolSettings& settings, Answer* answer);
  absl::Status DecodeAnswer(std::string_view encoding, uint64_t limit, Answer* answer);
  void MakePieces(std::string_view encoding, uint64_t limit, Answer* answer);
  struct Ingested;
  Ingested IngestBody(const Target& target, const PoolSettings& settings, ScrapeState* state, Answer* answer) REQUIRES(state->mu);
  void NoteFailure(const PoolSettings& settings, const Target& target, const absl::Status& error) const;
  void NoteSpill(const Target& target, bool spilled, ScrapeState* state) REQUIRES(state->mu);
  void CountIngest(const IngestCounts& counts);
  void EndSeries(const std::string& adopt_key, const std::shared_ptr<ScrapeState>& state, TimestampMs t);
  DurationMs UntilFirst(const Target& target) const;
  static std::string AdoptKey(const Target& target) { return target.public_labels.encoded() + target.url; }

  const ScrapeManager::Options options_;
  Appendable& storage_;
  const Clock& clock_;
  ScrapeMetrics& metrics_;
  std::atomic<uint64_t> offset_seed_{0};
  std::atomic<bool> stopping_{false};

  Mutex mu_;
  absl::flat_hash_map<ScrapeTarget*, RunPtr> runs_ GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, std::shared_ptr<ScrapeState>> ended_ GUARDED_BY(mu_);

  BodyBuffers buffers_;
  MemoryShare unlimited_{0};
  MemoryShare& bodies_;  // the budget's, or unlimited_
  ScrapeWorkers workers_;
  Scheduler scheduler_;
  std::unique_ptr<HttpTransfers> transfers_;
};

}  // namespace tocsin
