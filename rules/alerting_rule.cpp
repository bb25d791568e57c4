#include "rules/alerting_rule.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"

namespace tocsin::rules {
namespace {

TextMap ToTextMap(const Labels& labels) {
  TextMap map;
  for (const Label& label : labels) {
    map.emplace(label.name, label.value);
  }
  return map;
}

Labels ToLabels(const TextMap& map) {
  std::vector<std::pair<std::string, std::string>> pairs(map.begin(), map.end());
  return Labels::FromPairs(std::move(pairs));
}

}  // namespace

std::vector<AlertingRule::NamedTemplate> AlertingRule::ParseTemplates(const std::string& alert, const Labels& texts) {
  std::vector<NamedTemplate> templates;
  for (const auto& [name, text] : ToTextMap(texts)) {
    auto parsed = gotemplate::Template::ParseForAlert(alert, text);
    TOCSIN_CHECK(parsed.ok());  // the rule file's checker has parsed it before
    templates.push_back(NamedTemplate{name, *std::move(parsed)});
  }
  return templates;
}

AlertingRule::AlertingRule(const RuleDefinition& definition, const TextMap& group_labels, const AlertingEnvironment& environment,
                           bool restored)
    : Rule(definition, group_labels),
      hold_ms_(definition.for_ms),
      keep_firing_for_ms_(definition.keep_firing_for_ms),
      annotations_(ToLabels(definition.annotations)),
      external_labels_(std::make_shared<const Labels>(environment.external_labels)),
      external_url_(environment.external_url),
      label_templates_(ParseTemplates(name(), labels())),
      annotation_templates_(ParseTemplates(name(), annotations_)),
      restored_(restored) {}

std::string AlertingRule::Description() const {
  return Cat(Rule::Description(), "\nfor ", hold_ms_, " keep ", keep_firing_for_ms_, "\n", annotations_.ToString(), "\n",
             external_labels_->ToString(), external_url_);
}

std::string AlertingRule::Expand(const EvaluationContext& context, const gotemplate::Template& text, const gotemplate::Value& data,
                                 const gotemplate::FunctionContext& functions) const {
  auto expanded = text.Expand(data, functions);
  if (context.metrics != nullptr) {
    context.metrics->CountTemplate(!expanded.ok());
  }
  if (expanded.ok()) {
    return *std::move(expanded);
  }
  if (!context.quiet) {
    LogWarn("Expanding alert template failed", {{"alert", name()}, {"err", expanded.status()}});
  }
  return Cat("<error expanding template: ", Message(expanded.status()), ">");
}

Alert AlertingRule::AlertOf(const EvaluationContext& context, const gotemplate::FunctionContext& functions,
                            const promql::VectorSample& sample) const {
  auto data = std::make_shared<gotemplate::AlertData>();
  data->labels = std::make_shared<const Labels>(sample.labels);
  data->external_labels = external_labels_;
  data->external_url = external_url_;
  data->value = sample.point.histogram != nullptr ? gotemplate::Value(sample.point.histogram) : gotemplate::Value(sample.point.value);
  const gotemplate::Value value(std::shared_ptr<const gotemplate::AlertData>(std::move(data)));

  LabelsBuilder builder(sample.labels);
  builder.Delete(kMetricName);
  for (const NamedTemplate& label : label_templates_) {
    builder.Set(label.name, Expand(context, label.text, value, functions));
  }
  builder.Set(kAlertNameLabel, name());

  Alert alert;
  alert.labels = builder.Build();
  builder.Reset();
  for (const NamedTemplate& annotation : annotation_templates_) {
    builder.Set(annotation.name, Expand(context, annotation.text, value, functions));
  }
  alert.annotations = builder.Build();
  alert.active_at = context.ts;
  alert.value = sample.point.histogram != nullptr ? 0 : sample.point.value;
  return alert;
}

absl::Status AlertingRule::AlertsOf(const EvaluationContext& context, const promql::Vector& vector, AlertMap* alerts) const {
  const gotemplate::QueryFunction query = [&context](std::string_view expression, TimestampMs t) {
    return QueryVector(context.source, expression, t);
  };
  gotemplate::FunctionContext functions;
  functions.now = context.ts;
  functions.external_url = context.external_url;
  functions.query = &query;
  for (const promql::VectorSample& sample : vector) {
    Alert alert = AlertOf(context, functions, sample);
    Labels key = alert.labels;
    if (!alerts->emplace(std::move(key), std::move(alert)).second) {
      return absl::FailedPreconditionError("vector contains metrics with the same labelset after applying alert labels");
    }
  }
  return absl::OkStatus();
}

void AlertingRule::MergeNew(AlertMap& found) {
  for (auto& [key, alert] : found) {
    const auto it = alerts_.find(key);
    if (it == alerts_.end()) {
      alerts_.emplace(key, std::move(alert));
    } else if (it->second.state == AlertState::kInactive) {
      it->second = std::move(alert);
    } else {
      it->second.value = alert.value;
      it->second.annotations = std::move(alert.annotations);
    }
  }
}

/// Moves an alert on by one evaluation; false when it is neither pending nor firing any more. What is to be forgotten becomes kUnknown.
bool AlertingRule::Advance(const EvaluationContext& context, bool in_result, Alert* alert) const {
  const TimestampMs ts = context.ts;
  if (in_result) {
    alert->keep_firing_since.reset();
    alert->restored = false;
  } else if (alert->restored && !context.may_resolve && alert->state != AlertState::kInactive) {
    return true;  // nobody knows yet: it stays as it was
  } else {
    bool keep_firing = false;
    if (alert->state == AlertState::kFiring && keep_firing_for_ms_ > 0) {
      if (!alert->keep_firing_since) {
        alert->keep_firing_since = ts;
      }
      keep_firing = ts - *alert->keep_firing_since < keep_firing_for_ms_;
    }
    const bool told_long_enough = alert->resolved_at && ts - *alert->resolved_at > kResolvedRetentionMs;
    if (alert->state == AlertState::kPending || told_long_enough) {
      alert->state = AlertState::kUnknown;
      return false;
    }
    if (!keep_firing) {
      if (alert->state != AlertState::kInactive) {
        alert->state = AlertState::kInactive;
        alert->resolved_at = ts;
      }
      return false;
    }
  }
  if (alert->state == AlertState::kPending && ts - alert->active_at >= hold_ms_) {
    alert->state = AlertState::kFiring;
    alert->fired_at = ts;
  } else if (hold_raised_ && alert->state == AlertState::kFiring && ts - alert->active_at < hold_ms_) {
    alert->state = AlertState::kPending;
    alert->fired_at.reset();
    alert->last_sent_at.reset();
    alert->keep_firing_since.reset();
  }
  return true;
}

void AlertingRule::AddSamples(const Alert& alert, std::vector<ResultSample>* samples) {
  LabelsBuilder builder(labels());
  for (const Label& label : alert.labels) {
    builder.Set(label.name, label.value);
  }
  builder.Set(kAlertNameLabel, name());
  builder.Set(kMetricName, kAlertsForStateMetric);
  ResultSeriesEntry* const for_state = series_.Find(builder.Build());
  builder.Set(kMetricName, kAlertsMetric);
  builder.Set(kAlertStateLabel, AlertStateText(alert.state));
  ResultSeriesEntry* const alerts = series_.Find(builder.Build());
  // Labels that alerts have only under other names ("alertstate") can make two alerts' series one; the store then keeps the first.
  if (series_.MarkSeen(alerts)) {
    samples->push_back(ResultSample{alerts, 1, nullptr});
  }
  if (series_.MarkSeen(for_state)) {
    const TimestampMs active_s = alert.active_at / 1000 - (alert.active_at % 1000 < 0 ? 1 : 0);
    samples->push_back(ResultSample{for_state, static_cast<double>(active_s), nullptr});
  }
}

absl::Status AlertingRule::Evaluate(const EvaluationContext& context, std::vector<ResultSample>* samples) {
  ASSIGN_OR_RETURN(const promql::Vector vector, RunQuery(context));
  AlertMap found;
  RETURN_IF_ERROR(AlertsOf(context, vector, &found));
  absl::flat_hash_set<std::string_view> in_result;
  for (const auto& [key, alert] : found) {
    in_result.insert(key.encoded());
  }

  series_.BeginEvaluation();
  const MutexLock lock(alerts_mu_);
  evaluated_ = true;
  MergeNew(found);
  int64_t active = 0;
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    Alert& alert = it->second;
    if (Advance(context, in_result.contains(it->first.encoded()), &alert)) {
      ++active;
      if (restored_) {
        AddSamples(alert, samples);
      }
    }
    const auto current = it++;
    if (alert.state == AlertState::kUnknown) {
      alerts_.erase(current);
    }
  }
  hold_raised_ = false;
  if (context.limit > 0 && active > context.limit) {
    alerts_.clear();
    return absl::FailedPreconditionError(Cat("exceeded limit of ", context.limit, " with ", active, " alerts"));
  }
  return absl::OkStatus();
}

void AlertingRule::TakeOver(Rule& from) {
  Rule::TakeOver(from);
  auto* other = dynamic_cast<AlertingRule*>(&from);
  if (other == nullptr) {
    return;
  }
  AlertMap alerts;
  bool evaluated = false;
  {
    const MutexLock lock(other->alerts_mu_);
    alerts = std::move(other->alerts_);
    other->alerts_.clear();
    evaluated = other->evaluated_;
  }
  restored_ = restored_ || other->restored_;
  hold_raised_ = other->hold_raised_ || hold_ms_ > other->hold_ms_;
  const MutexLock lock(alerts_mu_);
  alerts_ = std::move(alerts);
  evaluated_ = evaluated;
}

std::vector<Alert> AlertingRule::Alerts() const {
  std::vector<Alert> alerts;
  {
    const MutexLock lock(alerts_mu_);
    alerts.reserve(alerts_.size());
    for (const auto& [key, alert] : alerts_) {
      alerts.push_back(alert);
    }
  }
  std::sort(alerts.begin(), alerts.end(), [](const Alert& a, const Alert& b) { return a.labels < b.labels; });
  return alerts;
}

size_t AlertingRule::alert_count() const {
  const MutexLock lock(alerts_mu_);
  return alerts_.size();
}

void AlertingRule::ForEachAlert(const std::function<void(Alert&)>& change) {
  const MutexLock lock(alerts_mu_);
  for (auto& [key, alert] : alerts_) {
    change(alert);
  }
}

void AlertingRule::RestoreAlerts(std::vector<Alert> alerts) {
  const MutexLock lock(alerts_mu_);
  for (Alert& alert : alerts) {
    alert.restored = true;
    Labels key = alert.labels;
    alerts_.emplace(std::move(key), std::move(alert));
  }
  restored_ = true;
}

std::vector<OutgoingAlert> AlertingRule::TakeAlertsToSend(TimestampMs ts, DurationMs resend_delay_ms, DurationMs interval_ms,
                                                          std::string_view external_url) {
  std::vector<OutgoingAlert> outgoing;
  const MutexLock lock(alerts_mu_);
  for (auto& [key, alert] : alerts_) {
    if (!alert.NeedsSending(ts, resend_delay_ms)) {
      continue;
    }
    alert.last_sent_at = ts;
    OutgoingAlert out;
    out.labels = alert.labels;
    out.annotations = alert.annotations;
    out.starts_at = alert.fired_at.value_or(alert.active_at);
    out.resolved = alert.resolved_at.has_value();
    // Two missed evaluations or failed sendings are survived.
    out.ends_at = alert.resolved_at.value_or(ts + 4 * std::max(interval_ms, resend_delay_ms));
    out.generator_url = Cat(external_url, gotemplate::TableLink(query()));
    outgoing.push_back(std::move(out));
  }
  std::sort(outgoing.begin(), outgoing.end(), [](const OutgoingAlert& a, const OutgoingAlert& b) { return a.labels < b.labels; });
  return outgoing;
}

std::vector<Matcher> AlertingRule::ForStateMatchers() const {
  LabelsBuilder builder(labels());
  builder.Set(kMetricName, kAlertsForStateMetric);
  builder.Set(kAlertNameLabel, name());
  std::vector<Matcher> matchers;
  for (const Label& label : builder.Build()) {
    if (label.value.find("{{") == std::string_view::npos) {
      matchers.push_back(Matcher::Equal(std::string(label.name), std::string(label.value)));
    }
  }
  return matchers;
}

RuleStatus AlertingRule::Status() const {
  RuleStatus status = Rule::Status();
  status.annotations = annotations_;
  status.duration_ms = hold_ms_;
  status.keep_firing_for_ms = keep_firing_for_ms_;
  {
    const MutexLock lock(alerts_mu_);
    status.state = evaluated_ ? AlertState::kInactive : AlertState::kUnknown;
  }
  for (Alert& alert : Alerts()) {
    if (alert.resolved_at) {
      continue;
    }
    status.state = std::max(status.state, alert.state);
    status.alerts.push_back(AlertStatus{std::move(alert.labels), std::move(alert.annotations), alert.state, alert.active_at,
                                        alert.keep_firing_since, alert.value});
  }
  return status;
}

}  // namespace tocsin::rules
