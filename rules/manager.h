#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/model/labels.h"
#include "base/types.h"
#include "promql/engine.h"
#include "rules/alert_sink.h"
#include "rules/rule_status.h"
#include "storage/appender.h"
#include "storage/querier.h"

namespace tocsin {
class MetricRegistry;
}

namespace tocsin::rules {

/// What lives as long as the manager. The pointers are borrowed and must outlive it.
struct ManagerOptions {
  promql::Engine* engine = nullptr;
  Queryable* queryable = nullptr;
  Appendable* appendable = nullptr;
  AlertSink* sink = nullptr;
  const Clock* clock = nullptr;
  MetricRegistry* registry = nullptr;  ///< null: no metrics

  DurationMs outage_tolerance_ms = kHour;     ///< --rules.alert.for-outage-tolerance
  DurationMs grace_period_ms = 10 * kMinute;  ///< --rules.alert.for-grace-period
  DurationMs resend_delay_ms = kMinute;       ///< --rules.alert.resend-delay
  int max_concurrent_evals = 4;               ///< --rules.max-concurrent-evals
  bool concurrent_rule_eval = false;          ///< feature concurrent-rule-eval
  bool restore_new_groups = false;
  bool strict_reload = false;  ///< --reload.strict: one bad file refuses the whole reload
  promql::LanguageFeatures features;
  int group_threads = 2;  ///< how many groups are evaluated at once

  /// Where alert state and the last good rule files are kept, "<storage path>/tocsin"; empty: nothing is kept.
  std::string state_folder;
};

/// What a (re)load of the configuration gives.
struct RuleConfig {
  std::vector<std::string> files;  ///< paths, globs already expanded and sorted
  DurationMs interval_ms = kMinute;
  DurationMs query_offset_ms = 0;
  Labels external_labels;
  std::string external_url;
  bool legacy_names = false;  ///< metric and label names: legacy instead of UTF-8
};

/// Loads rule files, evaluates their groups on time, keeps the alerts' state over reloads and restarts, and hands alerts to the sink.
///
/// A file that cannot be loaded is left out alone: its last good version goes on, or nothing of it; Update() then returns the errors and
/// has taken over all the others (unless strict_reload). Groups that did not change keep running untouched; in changed groups each rule
/// takes over the state of the rule with the same name and labels, also from another group or file when it has moved there. Threads: safe.
/// Evaluations run on the manager's own threads between Start() and Stop().
class Manager {
 public:
  static std::unique_ptr<Manager> Create(const ManagerOptions& options);
  virtual ~Manager() = default;

  virtual absl::Status Update(const RuleConfig& config) = 0;

  /// Evaluation begins; before that Update() only loads (the store may still be replaying).
  virtual void Start() = 0;

  /// Ends after the evaluations under way; writes no stale markers, keeps the alerts' state on disk.
  virtual void Stop() = 0;

  /// Evaluates on the calling thread every group whose slot has come by the clock, each once. For tests and simulations instead of Start().
  /// Returns the time of the next slot of any group.
  virtual TimestampMs EvaluateDue() = 0;

  /// Tells that every scrape pool has finished a round after the start: from now on restored firing alerts may be resolved.
  /// Without the call they may be after twice the group's interval plus ten seconds.
  virtual void AllowResolving() = 0;

  virtual RulesStatus Status() const = 0;
};

}  // namespace tocsin::rules
