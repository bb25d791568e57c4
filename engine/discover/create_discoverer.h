#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/config/discovery_config.h"
#include "engine/discover/discoverer.h"
#include "engine/discover/discovery_metrics.h"

namespace tocsin {

/// What discoverers are given; all of it outlives them.
struct DiscovererContext {
  const Clock& clock;
  DiscoveryMetrics& metrics;
  std::string pool;  ///< The first pool that wanted the discoverer, for metrics and logs.
};

/// nullptr for mechanisms that this program leaves to http_sd.
std::unique_ptr<Discoverer> CreateDiscoverer(const SdConfig& config, const DiscovererContext& context);

}  // namespace tocsin
