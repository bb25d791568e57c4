#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/config/config.h"

namespace tocsin {

struct CheckConfigOptions {
  bool agent_mode = false;
  bool syntax_only = false;  ///< Looks at no file but the configuration.
};

struct CheckedConfig {
  Config config;
  std::vector<std::string> rule_files;  ///< That exist, for `check rules`; empty with syntax_only.
  std::vector<std::string> warnings;    ///< As promtool prints them behind "  WARNING: ".
};

/// What `check config` does beyond loading: the rule files and the files of credentials and certificates exist, the files of file_sd parse.
/// Errors have promtool's texts.
absl::StatusOr<CheckedConfig> CheckConfigFile(const std::string& path, const CheckConfigOptions& options);

/// The lint of promtool for intervals that reach the lookback delta: one line for each such job.
std::vector<std::string> LintScrapeIntervals(const Config& config, DurationMs lookback_delta_ms);

}  // namespace tocsin
