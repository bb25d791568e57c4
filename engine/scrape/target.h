#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "engine/config/scrape_config.h"
#include "engine/config/target_group.h"

namespace tocsin {

using TargetGroupPtr = std::shared_ptr<const TargetGroup>;

/// One endpoint to scrape, as discovery and relabelling made it. Immutable.
struct Target {
  TargetGroupPtr group;  ///< Where it was found: target `index` of this group.
  size_t index = 0;
  Labels labels;         ///< After relabelling, with the internal ones (__address__, ...).
  Labels public_labels;  ///< Those of its series.
  std::string url;
  std::string unix_socket;
  DurationMs interval_ms = 0;
  DurationMs timeout_ms = 0;
  bool native_histograms = false;
  bool classic_histograms = false;
  bool convert_to_nhcb = false;

  /// Equal for targets that are the same to a pool.
  std::string Key() const { return labels.encoded() + url; }
};

/// The labels before relabelling: of the target, its group and the job.
Labels DiscoveredLabels(const TargetGroup& group, size_t index, const ScrapeConfig& config);

/// Nothing: relabelling dropped it. Errors as upstream words them ("no address", "scrape timeout cannot be greater than ...").
absl::StatusOr<std::optional<Target>> MakeTarget(TargetGroupPtr group, size_t index, const ScrapeConfig& config);

}  // namespace tocsin
