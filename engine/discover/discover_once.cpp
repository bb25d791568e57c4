#include "engine/discover/discover_once.h"

#include <prometheus/registry.h>

#include "engine/discover/discovery_manager.h"

namespace tocsin {

std::vector<TargetGroupPtr> DiscoverOnce(const std::vector<SdConfig>& configs, DurationMs timeout_ms, const Clock& clock) {
  prometheus::Registry registry;
  DiscoveryManager manager({.name = "check", .update_interval_ms = timeout_ms}, clock, registry, [](const DiscoveredSnapshot&) {});
  manager.ApplyConfig({{"check", configs}});
  const StopToken never;
  clock.WaitUntil(clock.NowMs() + timeout_ms, never);
  return manager.FreshSnapshot()->at("check")->groups;
}

}  // namespace tocsin
