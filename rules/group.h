#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "rules/alert_sink.h"
#include "rules/alerting_rule.h"
#include "rules/dependencies.h"
#include "rules/rule_file.h"
#include "rules/rule_metrics.h"
#include "storage/appender.h"
#include "storage/querier.h"

namespace tocsin::rules {

class AlertJournal;

/// What groups share of their manager. Borrowed.
struct GroupEnvironment {
  QuerySource source;
  Appendable* appendable = nullptr;
  AlertSink* sink = nullptr;  ///< null: alerts are not sent
  const Clock* clock = nullptr;
  RuleMetrics* metrics = nullptr;
  AlertJournal* journal = nullptr;  ///< null: state is not kept
  DurationMs outage_tolerance_ms = kHour;
  DurationMs grace_period_ms = 10 * kMinute;
  DurationMs resend_delay_ms = kMinute;
  int max_concurrent_evals = 4;
  bool concurrent_rule_eval = false;
  bool quiet = false;            ///< failures are not logged: tools report them in their own way
  bool check_selectors = false;  ///< look for rules whose selectors match nothing
  /// True once every scrape pool has finished a round since the start.
  const std::atomic<bool>* may_resolve = nullptr;  ///< null: true
};

/// What a configuration says of all groups.
struct GroupDefaults {
  DurationMs interval_ms = kMinute;
  DurationMs query_offset_ms = 0;
  AlertingEnvironment alerting;
};

/// Rules that are evaluated one after the other in the group's slots.
/// Threads: Evaluate and the changes of state from one thread at a time; Status and the plain getters from any.
class Group {
 public:
  Group(const RuleGroupDefinition& definition, const std::string& file, const GroupDefaults& defaults, const GroupEnvironment& environment,
        bool restore_for_state);

  const std::string& name() const { return name_; }
  const std::string& file() const { return file_; }
  DurationMs interval_ms() const { return interval_ms_; }
  DurationMs query_offset_ms() const { return query_offset_ms_; }
  int64_t limit() const { return limit_; }
  const std::vector<std::unique_ptr<Rule>>& rules() const { return rules_; }
  const RuleDependencies& dependencies() const { return dependencies_; }

  /// The next slot after `now`.
  TimestampMs NextSlot(TimestampMs now) const;

  /// One round at the slot `ts`.
  void Evaluate(TimestampMs ts);

  /// Leaves out rules of which the caller knows that they give nothing, by position. For unit tests.
  void SkipRules(std::vector<bool> skipped) { skipped_ = std::move(skipped); }

  /// The round of the scheduler: as Evaluate, counted, and with the restoration from ALERTS_FOR_STATE after the second one.
  void Iterate(TimestampMs ts, int64_t missed);

  /// Sets the alerts' start back to what ALERTS_FOR_STATE tells of the time before a restart (features.md 4.4).
  void RestoreForState(TimestampMs ts);

  /// Takes the alerts that the journal has of this group's rules. Iterate() does it before the first evaluation.
  void RestoreFromJournal(TimestampMs first_evaluation);

  /// Whether another group would do exactly the same.
  bool Equals(const Group& other) const;

  /// Takes over the state of the rules of `from` that have a match here. Series of rules without one end with the next evaluation.
  void CopyState(Group& from);
  /// Takes over one rule's state, for rules that moved from another group. False when this group has no fresh rule of that key.
  bool AdoptRule(Rule& rule);

  /// Writes staleness markers at `ts` for all series that are left over, but those in `alive`.
  void EndSeries(TimestampMs ts, const absl::flat_hash_set<Labels>& alive);
  /// All series that the rules write now.
  void CollectSeries(absl::flat_hash_set<Labels>* series) const;
  /// What is left of the rules when the group goes: their series become left-over ones.
  void ReleaseSeries();
  /// Ends the left-over series of `from` with the next evaluation of this group.
  void TakeLeftOver(Group& from);

  /// Looks up how many series each selector of each rule matches.
  void CheckSelectors(TimestampMs ts);

  GroupStatus Status() const;

 private:
  void EvaluateRule(size_t index, const EvaluationContext& context);
  void EvaluateConcurrently(const std::vector<std::vector<size_t>>& batches, const EvaluationContext& context);
  absl::Status StoreResults(Rule& rule, TimestampMs t, const std::vector<ResultSample>& samples);
  void SendAlerts(AlertingRule& rule, size_t index, TimestampMs ts);
  void KeepAlerts(const AlertingRule& rule, size_t index);
  bool MayResolve(TimestampMs ts);
  void RestoreRule(AlertingRule& rule, Querier& querier, TimestampMs ts);
  std::string JournalKey() const;
  std::string RuleJournalKey(size_t index) const;

  const std::string name_;
  const std::string file_;
  const DurationMs interval_ms_;
  const DurationMs query_offset_ms_;
  const int64_t limit_;
  const std::string external_url_;
  const GroupEnvironment& environment_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<bool> skipped_;  // empty: none
  std::vector<bool> adopted_;  // the rule has got the state of an earlier one
  RuleDependencies dependencies_;
  std::unique_ptr<GroupMetrics> metrics_;
  const DurationMs slot_offset_ms_;

  bool asks_journal_;              // nothing was evaluated yet
  int evaluations_until_restore_;  // 0: nothing to restore
  std::vector<Labels> left_over_;  // series of rules that are gone
  std::optional<TimestampMs> first_evaluation_;
  bool holds_restored_ = false;                      // alerts came from the journal
  std::optional<TimestampMs> selectors_checked_at_;  // of all rules
  TimestampMs no_input_checked_at_ = 0;              // of those without input
  std::atomic<size_t> samples_{0};

  mutable Mutex mu_;
  double evaluation_seconds_ GUARDED_BY(mu_) = 0;
  std::optional<TimestampMs> last_evaluation_ GUARDED_BY(mu_);
};

}  // namespace tocsin::rules
