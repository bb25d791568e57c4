#include "absl/container/flat_hash_map.h"
#include "base/log.h"
#include "rules/alert_journal.h"
#include "rules/group.h"

/// The part of Group that brings back the state of alerts after a restart (features.md 4.4 and DESIGN section 4).
namespace tocsin::rules {
namespace {

TimestampMs FloorToSecond(TimestampMs t) { return t - (t % 1000 + 1000) % 1000; }

}  // namespace

std::string Group::JournalKey() const { return Cat(file_, ";", name_); }

/// Equal rules of one group are told apart by their order.
std::string Group::RuleJournalKey(size_t index) const {
  const std::string key = rules_[index]->Key();
  size_t same = 0;
  for (size_t i = 0; i < index; ++i) {
    same += rules_[i]->Key() == key ? 1 : 0;
  }
  return same == 0 ? key : Cat(key, "#", same);
}

void Group::RestoreFromJournal(TimestampMs first_evaluation) {
  if (!asks_journal_ || environment_.journal == nullptr) {
    return;
  }
  asks_journal_ = false;
  bool found_all = true;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!rules_[i]->alerting()) {
      continue;
    }
    auto kept = environment_.journal->TakeRestored(JournalKey(), RuleJournalKey(i));
    if (!kept) {
      found_all = false;
      continue;
    }
    auto& rule = static_cast<AlertingRule&>(*rules_[i]);
    // What passed beyond one interval is down time and does not count.
    const DurationMs down_ms = std::max<DurationMs>(first_evaluation - kept->last_evaluation - interval_ms_, 0);
    for (Alert& alert : kept->alerts) {
      if (alert.state == AlertState::kPending) {
        alert.active_at += down_ms;
      }
      if (alert.keep_firing_since) {
        *alert.keep_firing_since += down_ms;
      }
      // The queue that was to carry the last word is gone: say it again.
      alert.last_sent_at.reset();
      holds_restored_ = holds_restored_ || alert.state != AlertState::kInactive;
    }
    if (!kept->alerts.empty()) {
      LogInfo("Alert state restored from the journal", {{"group", name_},
                                                        {"rule", rule.name()},
                                                        {"alerts", static_cast<uint64_t>(kept->alerts.size())},
                                                        {"down_ms", static_cast<int64_t>(down_ms)}});
    }
    rule.RestoreAlerts(std::move(kept->alerts));
  }
  if (found_all) {
    evaluations_until_restore_ = 0;
  }
}

void Group::RestoreForState(TimestampMs ts) {
  const int64_t started_ns = environment_.clock->MonotonicNs();
  evaluations_until_restore_ = 0;
  auto querier = environment_.source.queryable->OpenQuerier(ts - environment_.outage_tolerance_ms, ts);
  if (!querier.ok()) {
    LogError("Failed to get Querier", {{"group", name_}, {"err", querier.status()}});
  }
  for (auto& rule : rules_) {
    if (!rule->alerting()) {
      continue;
    }
    auto& alerting = static_cast<AlertingRule&>(*rule);
    if (alerting.restored()) {
      continue;
    }
    // A rule that waits less than the grace period anyway just waits anew.
    if (querier.ok() && alerting.hold_ms() >= environment_.grace_period_ms) {
      RestoreRule(alerting, **querier, ts);
    }
    alerting.SetRestored();
  }
  if (metrics_ != nullptr) {
    metrics_->SetRestoreDuration(static_cast<double>(environment_.clock->MonotonicNs() - started_ns) / 1e9);
  }
}

void Group::RestoreRule(AlertingRule& rule, Querier& querier, TimestampMs ts) {
  const SelectHints hints{ts - environment_.outage_tolerance_ms, ts};
  const auto selected = querier.Select(rule.ForStateMatchers(), hints);
  if (!selected.ok()) {
    LogError("Failed to restore 'for' state", {{"alertname", rule.name()}, {"stage", "Select"}, {"err", selected.status()}});
    return;
  }
  absl::flat_hash_map<Labels, const SelectedSeries*> by_labels;
  for (const auto& series : *selected) {
    by_labels[series->labels().DropMetricName()] = series.get();
  }
  const DurationMs grace_ms = environment_.grace_period_ms;
  rule.ForEachAlert([&](Alert& alert) {
    const auto it = by_labels.find(alert.labels);
    Sample last;
    if (it == by_labels.end() || !it->second->ReadLast(hints.min_t, hints.max_t, &last) || IsStaleNaN(last.value)) {
      return;
    }
    const TimestampMs down_at = FloorToSecond(last.t);
    TimestampMs active_at = static_cast<TimestampMs>(last.value) * 1000;
    const DurationMs remaining = rule.hold_ms() - (down_at - active_at);
    if (remaining > 0 && remaining < grace_ms) {
      active_at = ts + grace_ms - rule.hold_ms();
    } else if (remaining > 0) {
      active_at += ts - down_at;
    }
    alert.active_at = active_at;
  });
}

}  // namespace tocsin::rules
