#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/discover/discoverer.h"

namespace prometheus {
class Registry;
}

namespace tocsin {

/// The targets of one pool (a scrape job, or an Alertmanager set) as its discoverers have found them, before relabelling.
struct DiscoveredPool {
  uint64_t version = 0;   ///< Grows with each change.
  bool answered = false;  ///< Each of its discoverers has given a first answer.
  std::vector<TargetGroupPtr> groups;
  std::vector<std::string> unsupported;  ///< Mechanisms of Prometheus that this program leaves to http_sd.
};

/// By pool. Immutable.
using DiscoveredPools = std::map<std::string, std::shared_ptr<const DiscoveredPool>>;
using DiscoveredSnapshot = std::shared_ptr<const DiscoveredPools>;

/// Runs the discoverers of all pools and hands on what they find.
///
/// Equal configurations of several pools share one discoverer. A discoverer whose configuration does not change keeps running over a
/// reload, and its targets stay. Updates are handed on at once after a quiet time of `update_interval_ms`; while they keep coming, in
/// steps that grow up to it.
/// Threads: the public functions are safe; one thread a discoverer and one that calls `on_update`.
class DiscoveryManager {
 public:
  struct Options {
    std::string name;  ///< "scrape" or "notify", for the metrics.
    DurationMs update_interval_ms = 5 * kSecond;
  };
  /// Called on the manager's thread with the whole picture; a pool of an unchanged version has not changed.
  using OnUpdate = std::function<void(const DiscoveredSnapshot&)>;

  DiscoveryManager(Options options, const Clock& clock, prometheus::Registry& registry, OnUpdate on_update);
  /// Stops everything.
  ~DiscoveryManager();
  DiscoveryManager(const DiscoveryManager&) = delete;
  DiscoveryManager& operator=(const DiscoveryManager&) = delete;

  /// Replaces the pools: starts the new discoverers and stops those that are no longer wanted.
  void ApplyConfig(const std::map<std::string, std::vector<SdConfig>>& pools);

  /// What has been found so far. Never null.
  DiscoveredSnapshot snapshot() const;

  /// The same, with what has arrived since the last update was handed on.
  DiscoveredSnapshot FreshSnapshot();

  /// Stops all discoverers and waits for them; idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
