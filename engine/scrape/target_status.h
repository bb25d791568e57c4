#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/model/labels.h"
#include "base/types.h"

namespace tocsin {

enum class TargetHealth { kUnknown, kUp, kDown };

/// "unknown", "up", "down".
std::string_view ToString(TargetHealth health);

/// One target that is scraped, as `/api/v1/targets` shows it.
struct ActiveTarget {
  Labels discovered_labels;  ///< Before relabelling.
  Labels labels;             ///< Of its series: without those that begin with "__".
  std::string scrape_pool;
  std::string scrape_url;
  std::string global_url;       ///< As people elsewhere reach it.
  std::string last_error;       ///< Empty after a good scrape.
  TimestampMs last_scrape = 0;  ///< 0: never.
  double last_scrape_duration_seconds = 0;
  TargetHealth health = TargetHealth::kUnknown;
  DurationMs scrape_interval_ms = 0;
  DurationMs scrape_timeout_ms = 0;
  uint64_t refused_series = 0;  ///< Of the last scrape: new series that the memory budget did not admit.
};

/// One target that relabelling dropped. `dropped_by` is its rule as DescribeRelabel writes it.
struct DroppedTarget {
  Labels discovered_labels;
  std::string scrape_pool;
  size_t rule_index = 0;
  std::string dropped_by;
};

struct TargetsStatus {
  std::vector<ActiveTarget> active;                ///< By pool, then by URL.
  std::vector<DroppedTarget> dropped;              ///< By pool; up to keep_dropped_targets each.
  std::map<std::string, uint64_t> dropped_counts;  ///< Of every pool.
};

/// What a target tells of one metric family (TYPE, HELP, UNIT).
struct FamilyMetadata {
  std::string family;
  std::string type;
  std::string help;
  std::string unit;
};

struct TargetMetadata {
  std::string scrape_pool;
  Labels labels;
  std::vector<FamilyMetadata> families;  ///< By name.
};

}  // namespace tocsin
