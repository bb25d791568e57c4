#pragma once

#include <memory>
#include <string>

#include "base/http_client/http_client.h"
#include "base/mutex.h"
#include "engine/config/scrape_config.h"
#include "engine/scrape/failure_log.h"
#include "engine/scrape/ingest.h"
#include "engine/scrape/report_series.h"
#include "engine/scrape/target.h"
#include "engine/scrape/target_status.h"

namespace tocsin {

/// What all targets of a pool share. Immutable: a reload makes a new one.
struct PoolSettings {
  std::shared_ptr<const ScrapeConfig> config;
  std::shared_ptr<HttpClient> client;
  std::shared_ptr<FailureLog> failure_log;  ///< Null: none.
  std::string accept;
};

/// Whether a target's lines mean the same series under both configurations (upstream's reusableCache).
bool SameSeries(const ScrapeConfig& a, const ScrapeConfig& b);

/// What scrapes leave behind. It outlives the ScrapeTarget when a target is found again under other labels that are not its series'.
struct ScrapeState {
  Mutex mu;  ///< Held while a scrape is read and appended.
  ScrapeMemory memory GUARDED_BY(mu);
  ReportSeries report GUARDED_BY(mu);
  std::shared_ptr<const ScrapeConfig> config GUARDED_BY(mu);  ///< Of the last scrape.
  bool native_histograms GUARDED_BY(mu) = false;              ///< Of the last scrape, as the next three.
  bool classic_histograms GUARDED_BY(mu) = false;
  bool convert_to_nhcb GUARDED_BY(mu) = false;
  bool body_spilled GUARDED_BY(mu) = false;

  /// That part guards itself.
  const MetadataTable& metadata() const NO_THREAD_SAFETY_ANALYSIS { return memory.metadata; }
};

/// Forgets the lines of the state where they would mean other series now.
void PrepareState(const Target& target, const std::shared_ptr<const ScrapeConfig>& config, ScrapeState* state) REQUIRES(state->mu);

/// A target that is scraped. Threads: safe, each part under its mutex.
class ScrapeTarget {
 public:
  struct Status {
    std::string last_error;
    TimestampMs last_scrape = 0;
    int64_t last_start_ns = 0;
    double last_duration_seconds = 0;
    TargetHealth health = TargetHealth::kUnknown;
    uint64_t refused = 0;
  };

  ScrapeTarget(std::shared_ptr<const Target> target, std::shared_ptr<const PoolSettings> settings, std::shared_ptr<ScrapeState> state)
      : state_(std::move(state)), target_(std::move(target)), settings_(std::move(settings)) {}

  std::shared_ptr<const Target> target() const {
    MutexLock lock(mu_);
    return target_;
  }
  std::shared_ptr<const PoolSettings> settings() const {
    MutexLock lock(mu_);
    return settings_;
  }
  /// The same key, perhaps found in another group or under another configuration.
  void Refresh(std::shared_ptr<const Target> target, std::shared_ptr<const PoolSettings> settings) {
    MutexLock lock(mu_);
    target_ = std::move(target);
    settings_ = std::move(settings);
  }

  Status status() const {
    MutexLock lock(mu_);
    return status_;
  }
  void Report(Status status) {
    MutexLock lock(mu_);
    status_ = std::move(status);
  }

  /// Why it may not be scraped at all (target_limit); empty: it may.
  std::string forced_error() const {
    MutexLock lock(mu_);
    return forced_error_;
  }
  void ForceError(std::string error) {
    MutexLock lock(mu_);
    forced_error_ = std::move(error);
  }

  const std::shared_ptr<ScrapeState>& state() const { return state_; }

 private:
  const std::shared_ptr<ScrapeState> state_;
  mutable Mutex mu_;
  std::shared_ptr<const Target> target_ GUARDED_BY(mu_);
  std::shared_ptr<const PoolSettings> settings_ GUARDED_BY(mu_);
  Status status_ GUARDED_BY(mu_);
  std::string forced_error_ GUARDED_BY(mu_);
};

using ScrapeTargetPtr = std::shared_ptr<ScrapeTarget>;

}  // namespace tocsin
