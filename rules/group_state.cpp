#include <map>

#include "base/log.h"
#include "rules/dead_rules.h"
#include "rules/group.h"

/// The part of Group that outlives a configuration: what is taken over, and how series end.
namespace tocsin::rules {

bool Group::Equals(const Group& other) const {
  if (name_ != other.name_ || file_ != other.file_ || interval_ms_ != other.interval_ms_ || limit_ != other.limit_ ||
      query_offset_ms_ != other.query_offset_ms_ || external_url_ != other.external_url_ || rules_.size() != other.rules_.size()) {
    return false;
  }
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i]->Description() != other.rules_[i]->Description()) {
      return false;
    }
  }
  return true;
}

void Group::CopyState(Group& from) {
  {
    const MutexLock lock(from.mu_);
    const MutexLock own(mu_);
    evaluation_seconds_ = from.evaluation_seconds_;
    last_evaluation_ = from.last_evaluation_;
  }
  asks_journal_ = from.asks_journal_;
  evaluations_until_restore_ = from.evaluations_until_restore_;
  holds_restored_ = from.holds_restored_;
  first_evaluation_ = from.first_evaluation_;
  left_over_ = std::move(from.left_over_);
  for (auto& rule : from.rules_) {
    AdoptRule(*rule);
  }
}

bool Group::AdoptRule(Rule& rule) {
  const std::string key = rule.Key();
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!adopted_[i] && rules_[i]->Key() == key) {
      rules_[i]->TakeOver(rule);
      adopted_[i] = true;
      return true;
    }
  }
  return false;
}

void Group::ReleaseSeries() {
  for (auto& rule : rules_) {
    const std::vector<Labels> current = rule->series().Current();
    left_over_.insert(left_over_.end(), current.begin(), current.end());
  }
}

void Group::TakeLeftOver(Group& from) {
  left_over_.insert(left_over_.end(), from.left_over_.begin(), from.left_over_.end());
  from.left_over_.clear();
}

void Group::CollectSeries(absl::flat_hash_set<Labels>* series) const {
  for (const auto& rule : rules_) {
    for (Labels& labels : rule->series().Current()) {
      series->insert(std::move(labels));
    }
  }
}

void Group::EndSeries(TimestampMs ts, const absl::flat_hash_set<Labels>& alive) {
  if (left_over_.empty()) {
    return;
  }
  const std::unique_ptr<Appender> appender = environment_.appendable->OpenAppender();
  for (const Labels& labels : left_over_) {
    if (alive.contains(labels)) {
      continue;
    }
    AppendResult result = AppendResult::kOk;
    const SeriesRef ref = appender->GetOrCreate(labels, &result);
    if (ref != SeriesRef::kNone) {
      // Refused when another rule goes on with the series: then it has not ended.
      appender->Append(ref, ts - query_offset_ms_, kStaleNaN);
    }
  }
  const absl::Status status = appender->Commit();
  if (!status.ok()) {
    LogWarn("Stale sample appending for previous configuration failed", {{"group", name_}, {"err", status}});
  }
  left_over_.clear();
}

void Group::CheckSelectors(TimestampMs ts) {
  if (!environment_.check_selectors) {
    return;
  }
  const bool all = !selectors_checked_at_ || ts - *selectors_checked_at_ >= kSelectorCheckIntervalMs;
  if (!all && ts - no_input_checked_at_ < kNoInputCheckIntervalMs) {
    return;
  }
  if (all) {
    selectors_checked_at_ = ts;
  }
  no_input_checked_at_ = ts;
  size_t without_input = 0;
  for (auto& rule : rules_) {
    std::vector<SelectorStatus> selectors = rule->selectors();
    if (all || HasNoInput(selectors)) {
      selectors = CountSelectors(rule->expr(), *environment_.source.queryable, ts - query_offset_ms_, selectors);
      rule->SetSelectors(selectors);
    }
    without_input += HasNoInput(selectors) ? 1 : 0;
  }
  if (metrics_ != nullptr) {
    metrics_->SetNoInput(without_input);
  }
}

}  // namespace tocsin::rules
