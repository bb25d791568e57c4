#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/config/config.h"
#include "engine/discover/discovery_manager.h"
#include "engine/scrape/target_status.h"
#include "storage/appender.h"

namespace prometheus {
class Registry;
}

namespace tocsin {

class MemoryBudget;

/// Scrapes the targets of all pools (one a job) at their intervals and appends what they say.
///
/// A target's moments are spread over the interval by a hash of its labels; sample times are aligned to them within 2 ms. Pools and targets
/// that a new configuration or discovery does not change go on untouched. A target that goes away gets its series ended after two
/// intervals. A target that hangs, answers garbage or too much is `up 0` with its reason, and delays no other.
///
/// Threads: the public functions are safe. Own threads: one that starts scrapes, one event loop for all transfers, and `workers` that parse
/// and append.
class ScrapeManager {
 public:
  struct Options {
    size_t workers = 2;
    size_t transfers_max = 256;  ///< That receive at the same time.
    std::string host_name;       ///< Of this machine; with the external labels it seeds the targets' moments.
    std::string listen_address;  ///< "0.0.0.0:9090"; with the next two: how global URLs are made.
    std::string external_scheme = "http";
    std::string external_host;              ///< "host:port" of --web.external-url.
    bool created_timestamps = false;        ///< Feature created-timestamp-zero-ingestion / st-storage: start timestamps are read.
    bool type_and_unit_labels = false;      ///< Feature type-and-unit-labels.
    bool append_metadata = false;           ///< Feature metadata-wal-records.
    MemoryBudget* memory_budget = nullptr;  ///< Outlives the manager; null: no limit.
    std::string spill_folder;               ///< Where bodies go for a while for which memory has no room; empty: nowhere.
  };

  /// All outlive the manager. Nothing runs before the first ApplyConfig.
  ScrapeManager(Options options, Appendable& storage, const Clock& clock, prometheus::Registry& registry);
  ~ScrapeManager();
  ScrapeManager(const ScrapeManager&) = delete;
  ScrapeManager& operator=(const ScrapeManager&) = delete;

  void ApplyConfig(std::shared_ptr<const Config> config);

  /// What discovery found; give it to DiscoveryManager as its OnUpdate. Pools whose version has not changed are not looked at.
  void UpdateTargets(const DiscoveredSnapshot& discovered);

  /// Waits for scrapes under way; writes no end-of-run markers, since the next process goes on. Idempotent.
  void Stop();

  TargetsStatus targets() const;
  std::vector<std::string> pool_names() const;  ///< Sorted.

  /// The job's configuration, for `scrape_pools/config` and `targets/relabel_steps`; null: no such pool.
  std::shared_ptr<const ScrapeConfig> pool_config(std::string_view name) const;

  /// `visit` is called for every active target.
  void VisitMetadata(const std::function<void(const TargetMetadata&)>& visit) const;

  /// Every pool has got the first answer of discovery, and each of its targets has been scraped once since.
  bool first_round_done() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// `url` as people outside reach it: a local host name becomes the external one (upstream's getGlobalURL).
std::string GlobalUrl(const std::string& url, const ScrapeManager::Options& options);

}  // namespace tocsin
