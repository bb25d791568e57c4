#include "rules/group.h"

#include <thread>

#include "base/json/writer.h"
#include "base/log.h"
#include "rules/alert_journal.h"
#include "rules/dead_rules.h"
#include "rules/recording_rule.h"
#include "rules/slot.h"

namespace tocsin::rules {
namespace {

constexpr double kNsPerSecond = 1e9;

std::unique_ptr<Rule> MakeRule(const RuleDefinition& definition, const TextMap& group_labels, const AlertingEnvironment& environment,
                               bool restored) {
  if (definition.alert.empty()) {
    return std::make_unique<RecordingRule>(definition, group_labels);
  }
  return std::make_unique<AlertingRule>(definition, group_labels, environment, restored);
}

/// {"ruleGroup":{"file":...,"name":...}}, without the outer braces.
std::string LogOrigin(std::string_view file, std::string_view name) {
  std::string text = "\"ruleGroup\":";
  JsonWriter json(&text);
  json.BeginObject();
  json.Field("file", file);
  json.Field("name", name);
  json.EndObject();
  return text;
}

}  // namespace

Group::Group(const RuleGroupDefinition& definition, const std::string& file, const GroupDefaults& defaults,
             const GroupEnvironment& environment, bool restore_for_state)
    : name_(definition.name),
      file_(file),
      interval_ms_(definition.interval_ms.value_or(defaults.interval_ms)),
      query_offset_ms_(definition.query_offset_ms.value_or(defaults.query_offset_ms)),
      limit_(definition.limit),
      external_url_(defaults.alerting.external_url),
      environment_(environment),
      adopted_(definition.rules.size(), false),
      slot_offset_ms_(SlotOffset(file_, name_, interval_ms_)),
      asks_journal_(restore_for_state),
      evaluations_until_restore_(restore_for_state ? 2 : 0) {
  for (const RuleDefinition& rule : definition.rules) {
    rules_.push_back(MakeRule(rule, definition.labels, defaults.alerting, !restore_for_state));
  }
  dependencies_ = AnalyseDependencies(rules_);
  if (environment_.metrics != nullptr) {
    metrics_ = environment_.metrics->ForGroup(file_, name_);
    metrics_->SetShape(static_cast<double>(interval_ms_) / 1000.0, rules_.size());
  }
}

TimestampMs Group::NextSlot(TimestampMs now) const { return PreviousSlot(now, interval_ms_, slot_offset_ms_) + interval_ms_; }

void Group::Iterate(TimestampMs ts, int64_t missed) {
  if (metrics_ != nullptr) {
    metrics_->CountScheduled(1 + missed);
    metrics_->CountMissed(missed);
  }
  RestoreFromJournal(ts);
  const TimestampMs started_at = environment_.clock->NowMs();
  const int64_t started_ns = environment_.clock->MonotonicNs();
  Evaluate(ts);
  const double seconds = static_cast<double>(environment_.clock->MonotonicNs() - started_ns) / kNsPerSecond;
  double rule_seconds = 0;
  for (const auto& rule : rules_) {
    rule_seconds += rule->evaluation_seconds();
  }
  if (metrics_ != nullptr) {
    environment_.metrics->ObserveGroup(seconds);
    metrics_->SetLastEvaluation(static_cast<double>(started_at) / 1000.0, seconds, rule_seconds, samples_.load());
  }
  {
    const MutexLock lock(mu_);
    evaluation_seconds_ = seconds;
    last_evaluation_ = started_at;
  }
  if (evaluations_until_restore_ > 0 && --evaluations_until_restore_ == 0) {
    RestoreForState(environment_.clock->NowMs());
  }
}

bool Group::MayResolve(TimestampMs ts) {
  if (!holds_restored_) {
    return true;
  }
  if (!first_evaluation_) {
    first_evaluation_ = ts;
  }
  // A scrape may take its whole timeout; the default one is the bound here.
  constexpr DurationMs kScrapeTimeoutMs = 10 * kSecond;
  const bool allowed = environment_.may_resolve == nullptr || environment_.may_resolve->load() ||
                       ts - *first_evaluation_ >= 2 * interval_ms_ + kScrapeTimeoutMs;
  holds_restored_ = !allowed;
  return allowed;
}

void Group::Evaluate(TimestampMs ts) {
  EvaluationContext context;
  context.source = environment_.source;
  if (context.source.engine != nullptr && context.source.engine->has_query_log()) {
    context.source.log_origin = LogOrigin(file_, name_);
  }
  context.ts = ts;
  context.query_offset_ms = query_offset_ms_;
  context.limit = limit_;
  context.external_url = external_url_;
  context.may_resolve = MayResolve(ts);
  context.metrics = environment_.metrics;
  context.quiet = environment_.quiet;
  samples_ = 0;

  const auto batches = environment_.concurrent_rule_eval ? ConcurrentBatches(dependencies_) : std::vector<std::vector<size_t>>();
  if (!batches.empty()) {
    EvaluateConcurrently(batches, context);
  } else {
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (environment_.source.cancel != nullptr && environment_.source.cancel->stopped()) {
        return;
      }
      if (skipped_.empty() || !skipped_[i]) {
        EvaluateRule(i, context);
      }
    }
  }
  EndSeries(ts, {});
  if (environment_.journal != nullptr) {
    environment_.journal->WriteEvaluation(JournalKey(), ts);
  }
  CheckSelectors(ts);
}

void Group::EvaluateConcurrently(const std::vector<std::vector<size_t>>& batches, const EvaluationContext& context) {
  for (const std::vector<size_t>& batch : batches) {
    // This thread takes part: max_concurrent_evals - 1 helpers, each taking the next rule that nobody has.
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t at = next.fetch_add(1); at < batch.size(); at = next.fetch_add(1)) {
        EvaluateRule(batch[at], context);
      }
    };
    const size_t helpers = std::min<size_t>(batch.size(), static_cast<size_t>(std::max(environment_.max_concurrent_evals, 1))) - 1;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < helpers; ++i) {
      threads.emplace_back(work);
    }
    work();
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
}

void Group::EvaluateRule(size_t index, const EvaluationContext& context) {
  Rule& rule = *rules_[index];
  const TimestampMs started_at = environment_.clock->NowMs();
  const int64_t started_ns = environment_.clock->MonotonicNs();
  if (metrics_ != nullptr) {
    metrics_->CountEvaluation();
  }
  std::vector<ResultSample> samples;
  absl::Status status = rule.Evaluate(context, &samples);
  const bool evaluated = status.ok();
  auto* alerting = rule.alerting() ? static_cast<AlertingRule*>(&rule) : nullptr;
  if (!evaluated && alerting != nullptr) {
    KeepAlerts(*alerting, index);  // a limit that is exceeded ends them
  }
  if (evaluated) {
    samples_ += samples.size();
    if (alerting != nullptr) {
      SendAlerts(*alerting, index, context.ts);
    }
    status = StoreResults(rule, context.ts - context.query_offset_ms, samples);
  }
  const double seconds = static_cast<double>(environment_.clock->MonotonicNs() - started_ns) / kNsPerSecond;
  if (metrics_ != nullptr) {
    environment_.metrics->ObserveRule(seconds);
    metrics_->CountFailures(evaluated ? 0 : 1);
    metrics_->CountWarnings(rule.warning_count());
  }
  rule.SetOutcome(status, seconds, started_at);
  if (!status.ok() && !absl::IsCancelled(status) && !environment_.quiet) {
    LogWarn("Evaluating rule failed",
            {{"file", file_}, {"group", name_}, {"name", rule.name()}, {"index", static_cast<int>(index)}, {"err", status}});
  }
}

absl::Status Group::StoreResults(Rule& rule, TimestampMs t, const std::vector<ResultSample>& samples) {
  const WriteOutcome outcome = rule.series().Write(*environment_.appendable, t, samples);
  if (outcome.out_of_order > 0) {
    LogWarn("Error on ingesting out-of-order result from rule evaluation",
            {{"group", name_}, {"name", rule.name()}, {"num_dropped", static_cast<uint64_t>(outcome.out_of_order)}});
  }
  if (outcome.too_old > 0) {
    LogWarn("Error on ingesting too old result from rule evaluation",
            {{"group", name_}, {"name", rule.name()}, {"num_dropped", static_cast<uint64_t>(outcome.too_old)}});
  }
  if (outcome.duplicates > 0) {
    LogWarn("Error on ingesting results from rule evaluation with different value but same timestamp",
            {{"group", name_}, {"name", rule.name()}, {"num_dropped", static_cast<uint64_t>(outcome.duplicates)}});
  }
  return outcome.status;
}

void Group::SendAlerts(AlertingRule& rule, size_t index, TimestampMs ts) {
  std::vector<OutgoingAlert> alerts;
  if (environment_.sink != nullptr) {
    alerts = rule.TakeAlertsToSend(ts, environment_.resend_delay_ms, interval_ms_, external_url_);
  }
  // What people are told is on disk before they are told.
  KeepAlerts(rule, index);
  if (!alerts.empty()) {
    environment_.sink->Send(std::move(alerts));
  }
}

void Group::KeepAlerts(const AlertingRule& rule, size_t index) {
  if (environment_.journal != nullptr && rule.restored()) {
    environment_.journal->WriteRule(JournalKey(), RuleJournalKey(index), rule.Alerts());
  }
}

GroupStatus Group::Status() const {
  GroupStatus status;
  status.name = name_;
  status.file = file_;
  status.interval_ms = interval_ms_;
  status.query_offset_ms = query_offset_ms_;
  status.limit = limit_;
  for (const auto& rule : rules_) {
    status.rules.push_back(rule->Status());
  }
  const MutexLock lock(mu_);
  status.evaluation_seconds = evaluation_seconds_;
  status.last_evaluation = last_evaluation_;
  return status;
}

}  // namespace tocsin::rules
