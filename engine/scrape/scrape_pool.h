#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "engine/discover/discovery_manager.h"
#include "engine/scrape/scrape_metrics.h"
#include "engine/scrape/scrape_runner.h"
#include "engine/scrape/scrape_target.h"
#include "engine/scrape/target_status.h"

namespace tocsin {

/// The targets of one job: what discovery found, relabelled, and scraped.
/// Threads: Sync, Reload and End by one thread at a time; the rest is safe.
class ScrapePool {
 public:
  ScrapePool(std::shared_ptr<const PoolSettings> settings, ScrapeRunner& runner, ScrapeMetrics& metrics);

  /// Takes what discovery found now. Targets that stay go on untouched.
  void Sync(std::shared_ptr<const DiscoveredPool> discovered);

  /// Another configuration of the same job, over the targets found last.
  void Reload(std::shared_ptr<const PoolSettings> settings);

  /// Scrapes no more, and takes the pool out of the metrics. As upstream has it, the series of a job that is no longer configured get no
  /// stale markers: they end by the look-back.
  void End();

  std::shared_ptr<const PoolSettings> settings() const;
  uint64_t discovered_version() const;
  size_t target_count() const;
  std::vector<ScrapeTargetPtr> targets() const;
  void AddStatus(const ScrapeManager::Options& options, TargetsStatus* status) const;
  bool first_round_done() const;
  void SetMetadataGauges() const;

 private:
  struct DroppedRef {
    TargetGroupPtr group;
    size_t index;
  };
  struct Made {
    std::map<std::string, std::shared_ptr<const Target>> targets;  ///< By key.
    std::vector<DroppedRef> dropped;
    uint64_t dropped_count = 0;
    size_t failures = 0;
  };

  Made MakeTargets(const DiscoveredPool& discovered, const ScrapeConfig& config) const;
  static size_t CountSymbols(const Made& made);
  void Replace(Made made);
  void CheckTargetLimit() REQUIRES(mu_);

  const std::string job_;
  ScrapeRunner& runner_;
  ScrapeMetrics& metrics_;
  mutable Mutex mu_;
  std::shared_ptr<const PoolSettings> settings_ GUARDED_BY(mu_);
  std::shared_ptr<const DiscoveredPool> discovered_ GUARDED_BY(mu_);
  std::map<std::string, ScrapeTargetPtr> targets_ GUARDED_BY(mu_);  ///< By key.
  std::vector<DroppedRef> dropped_ GUARDED_BY(mu_);
  uint64_t dropped_count_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin
