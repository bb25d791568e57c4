#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "base/types.h"

namespace tocsin::test {

/// The alert generator's scenarios (scenarios.yml of its corpus): what is scraped, and what must become of it. Times count from the first
/// sample.

/// How an alert is between two times.
struct ExpectedPhase {
  TimestampMs from = 0;
  TimestampMs to = 0;
  std::string state;
  std::optional<double> value;
  TimestampMs active_at = 0;
  std::optional<Labels> annotations;
};

/// Between two times the alert is told each minute.
struct ExpectedNotifications {
  bool resolved = false;
  TimestampMs from = 0;
  TimestampMs to = 0;
  TimestampMs starts_at = 0;
  TimestampMs ends_at = 0;  // of resolved ones
  std::optional<Labels> annotations;
};

struct ExpectedAlert {
  Labels labels;
  std::vector<ExpectedPhase> phases;
  std::vector<ExpectedNotifications> notifications;
};

struct AlertScenario {
  std::string group;
  std::vector<std::pair<Labels, std::string>> series;  // values in the notation of promql/series_description.h, each kScenarioSampleMs
  std::vector<ExpectedAlert> alerts;
};

inline constexpr DurationMs kScenarioSampleMs = 15 * kSecond;
inline constexpr DurationMs kScenarioRoundMs = 30 * kSecond;
inline constexpr DurationMs kScenarioResendMs = kMinute;

absl::StatusOr<std::vector<AlertScenario>> ReadAlertScenarios(const std::string& path);

/// An alert as an API shows it.
struct SeenAlert {
  std::string state;
  double value = 0;
  TimestampMs active_at = 0;
  Labels annotations;
};

/// An alert as an Alertmanager was sent it.
struct SentAlert {
  TimestampMs at = 0;
  bool resolved = false;
  TimestampMs starts_at = 0;
  TimestampMs ends_at = 0;
  Labels annotations;
};

/// Appends what is wrong with the alert as it was `seen` (null: not at all) at a time. Within the tolerance of a phase's bounds either side
/// is right.
void CheckSeenAlert(const ExpectedAlert& expected, TimestampMs at, const SeenAlert* seen, DurationMs tolerance,
                    std::vector<std::string>* problems);

/// Appends what is wrong with all that was sent of the alert.
void CheckSentAlerts(const ExpectedAlert& expected, const std::vector<SentAlert>& sent, DurationMs tolerance,
                     std::vector<std::string>* problems);

}  // namespace tocsin::test
