#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/types.h"

namespace tocsin {

/// `check service-discovery`: runs the discovery of one job for that long and gives its targets before and after relabelling as indented
/// JSON, as promtool prints it: [{"discoveredLabels": {...}, "labels": {...}, "error": "..."}]. A target that relabelling drops has no
/// labels. Errors: the configuration does not load, or has no such job (the text lists those it has).
absl::StatusOr<std::string> CheckServiceDiscovery(const std::string& config_path, const std::string& job_name, DurationMs timeout_ms,
                                                  const Clock& clock);

}  // namespace tocsin
