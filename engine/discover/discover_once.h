#pragma once

#include <vector>

#include "base/clock.h"
#include "engine/config/discovery_config.h"
#include "engine/discover/discoverer.h"

namespace tocsin {

/// Runs the mechanisms of one job for that long and gives what they have found, for `check service-discovery`: every group of every source,
/// in the order of the configuration.
std::vector<TargetGroupPtr> DiscoverOnce(const std::vector<SdConfig>& configs, DurationMs timeout_ms, const Clock& clock);

}  // namespace tocsin
