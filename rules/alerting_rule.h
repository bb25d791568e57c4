#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rules/alert.h"
#include "rules/rule.h"
#include "rules/template/template.h"

namespace tocsin::rules {

inline constexpr std::string_view kAlertsMetric = "ALERTS";
inline constexpr std::string_view kAlertsForStateMetric = "ALERTS_FOR_STATE";
inline constexpr std::string_view kAlertNameLabel = "alertname";
inline constexpr std::string_view kAlertStateLabel = "alertstate";

/// What alerting rules know of the server they run in; for templates.
struct AlertingEnvironment {
  Labels external_labels;
  std::string external_url;
};

/// Makes an alert of each element of its query's result and keeps it through pending, firing and resolved (features.md 4.3).
/// Threads: as Rule; what reads the alerts may do so from any.
class AlertingRule : public Rule {
 public:
  /// `restored`: there is nothing to restore, ALERTS is written from the first evaluation on.
  AlertingRule(const RuleDefinition& definition, const TextMap& group_labels, const AlertingEnvironment& environment, bool restored);

  bool alerting() const override { return true; }
  absl::Status Evaluate(const EvaluationContext& context, std::vector<ResultSample>* samples) override;
  void TakeOver(Rule& from) override;
  bool HasState() const override { return Rule::HasState() || alert_count() > 0; }
  std::string Description() const override;
  RuleStatus Status() const override;

  DurationMs hold_ms() const { return hold_ms_; }
  DurationMs keep_firing_for_ms() const { return keep_firing_for_ms_; }
  bool restored() const { return restored_; }
  void SetRestored() { restored_ = true; }

  /// All alerts, resolved ones included, in the order of their labels.
  std::vector<Alert> Alerts() const;
  size_t alert_count() const;

  /// Runs on each alert, which it may change.
  void ForEachAlert(const std::function<void(Alert&)>& change);

  /// Puts back what an earlier process had.
  void RestoreAlerts(std::vector<Alert> alerts);

  /// The alerts that the Alertmanagers are to hear of at `ts`; they count as sent.
  std::vector<OutgoingAlert> TakeAlertsToSend(TimestampMs ts, DurationMs resend_delay_ms, DurationMs interval_ms,
                                              std::string_view external_url);

  /// The matchers that find the ALERTS_FOR_STATE series of this rule: labels with templates are left out, their values differ by alert.
  std::vector<Matcher> ForStateMatchers() const;

 private:
  struct NamedTemplate {
    std::string name;
    gotemplate::Template text;
  };
  using AlertMap = absl::flat_hash_map<Labels, Alert>;

  static std::vector<NamedTemplate> ParseTemplates(const std::string& alert, const Labels& texts);
  absl::Status AlertsOf(const EvaluationContext& context, const promql::Vector& vector, AlertMap* alerts) const;
  Alert AlertOf(const EvaluationContext& context, const gotemplate::FunctionContext& functions, const promql::VectorSample& sample) const;
  std::string Expand(const EvaluationContext& context, const gotemplate::Template& text, const gotemplate::Value& data,
                     const gotemplate::FunctionContext& functions) const;
  void MergeNew(AlertMap& found) REQUIRES(alerts_mu_);
  bool Advance(const EvaluationContext& context, bool in_result, Alert* alert) const;
  void AddSamples(const Alert& alert, std::vector<ResultSample>* samples);

  const DurationMs hold_ms_;
  const DurationMs keep_firing_for_ms_;
  const Labels annotations_;
  const std::shared_ptr<const Labels> external_labels_;
  const std::string external_url_;
  const std::vector<NamedTemplate> label_templates_;
  const std::vector<NamedTemplate> annotation_templates_;
  bool restored_;
  bool hold_raised_ = false;  // a reload has raised `for`; until the next evaluation

  mutable Mutex alerts_mu_;
  AlertMap alerts_ GUARDED_BY(alerts_mu_);
  bool evaluated_ GUARDED_BY(alerts_mu_) = false;
};

}  // namespace tocsin::rules
