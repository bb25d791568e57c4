#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/model/labels.h"
#include "base/types.h"

/// What /api/v1/rules and /api/v1/alerts show: plain values, taken at one moment.
namespace tocsin::rules {

enum class AlertState { kUnknown, kInactive, kPending, kFiring };
enum class RuleHealth { kUnknown, kOk, kErr };

/// "unknown", "inactive", "pending", "firing"
std::string_view AlertStateText(AlertState state);
/// "unknown", "ok", "err"
std::string_view RuleHealthText(RuleHealth health);

/// An active (pending or firing) alert.
struct AlertStatus {
  Labels labels;
  Labels annotations;
  AlertState state = AlertState::kInactive;
  TimestampMs active_at = 0;
  std::optional<TimestampMs> keep_firing_since;
  double value = 0;
};

/// One selector of a rule's expression and what it found at the last look.
struct SelectorStatus {
  std::string selector;
  int64_t matched_series = 0;
  std::vector<std::string> did_you_mean;  ///< nearest existing metric names; only when nothing matched
  size_t names_compared = 0;              ///< so many there were
};

/// There are selectors, and none matches any series.
bool HasNoInput(const std::vector<SelectorStatus>& selectors);

struct RuleStatus {
  bool alerting = false;
  std::string name;
  std::string query;
  Labels labels;       ///< group labels included, templates not expanded
  Labels annotations;  ///< of alerting rules, templates not expanded
  DurationMs duration_ms = 0;
  DurationMs keep_firing_for_ms = 0;
  AlertState state = AlertState::kUnknown;
  std::vector<AlertStatus> alerts;
  RuleHealth health = RuleHealth::kUnknown;
  std::string last_error;         ///< empty: none
  double evaluation_seconds = 0;  ///< how long the last evaluation took
  std::optional<TimestampMs> last_evaluation;
  std::vector<std::string> warnings;  ///< of the last evaluation's query
  std::vector<std::string> infos;
  bool no_input = false;  ///< no selector of the rule matches any series
  std::vector<SelectorStatus> selectors;
};

struct GroupStatus {
  std::string name;
  std::string file;
  DurationMs interval_ms = 0;
  DurationMs query_offset_ms = 0;
  int64_t limit = 0;
  double evaluation_seconds = 0;
  std::optional<TimestampMs> last_evaluation;
  std::vector<RuleStatus> rules;
};

/// A rule file that could not be taken over.
struct RuleFileError {
  std::string file;
  std::vector<std::string> errors;
  bool last_good_in_use = false;  ///< an earlier version of the file goes on
};

/// Groups sorted by file, then name.
struct RulesStatus {
  std::vector<GroupStatus> groups;
  std::vector<RuleFileError> failed_files;
};

}  // namespace tocsin::rules
