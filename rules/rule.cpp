#include "rules/rule.h"

#include "base/memory_budget.h"
#include "base/status.h"
#include "base/strings.h"
#include "promql/parser.h"

namespace tocsin::rules {
namespace {

/// What a new result becomes, at most: an alert with its texts and its two series, about so much.
constexpr int64_t kResultBytes = 2500;

Labels MergedLabels(const TextMap& group, const TextMap& own) {
  TextMap merged = own;
  merged.insert(group.begin(), group.end());  // the rule's own stay
  std::vector<std::pair<std::string, std::string>> pairs(merged.begin(), merged.end());
  return Labels::FromPairs(std::move(pairs));
}

/// Every feature: what a rule may use was decided when its file was read.
promql::ExprPtr ParsePrinted(const std::string& query) {
  promql::LanguageFeatures features;
  features.experimental_functions = true;
  features.extended_range_selectors = true;
  features.fill_modifiers = true;
  auto tree = promql::ParseExpr(query, features);
  return tree.ok() ? *std::move(tree) : nullptr;
}

}  // namespace

Rule::Rule(const RuleDefinition& definition, const TextMap& group_labels)
    : name_(definition.name()),
      tree_(definition.tree),
      query_(promql::ToString(*definition.tree)),
      query_tree_(ParsePrinted(query_)),
      labels_(MergedLabels(group_labels, definition.labels)) {}

std::string Rule::Key() const { return Cat(alerting() ? "alert " : "record ", name_, labels_.ToString()); }

std::string Rule::Description() const { return Cat(Key(), "\n", query_); }

absl::StatusOr<promql::Vector> Rule::RunQuery(const EvaluationContext& context) {
  promql::Annotations annotations;
  auto result = QueryVector(context.source, query_, context.ts - context.query_offset_ms, &annotations, query_tree_.get());
  {
    const MutexLock lock(mu_);
    annotations_ = std::move(annotations);
  }
  if (result.ok() && result->size() > series_.size()) {
    RETURN_IF_ERROR(
        MakeRoom(context.source.engine->options().memory_budget, static_cast<int64_t>(result->size() - series_.size()) * kResultBytes));
  }
  return result;
}

void Rule::SetOutcome(const absl::Status& status, double seconds, TimestampMs at) {
  const MutexLock lock(mu_);
  health_ = status.ok() ? RuleHealth::kOk : RuleHealth::kErr;
  last_error_ = Message(status);
  evaluation_seconds_ = seconds;
  last_evaluation_ = at;
}

double Rule::evaluation_seconds() const {
  const MutexLock lock(mu_);
  return evaluation_seconds_;
}

std::string Rule::LastError() const {
  const MutexLock lock(mu_);
  return last_error_;
}

size_t Rule::warning_count() const {
  const MutexLock lock(mu_);
  return annotations_.warnings.size();
}

void Rule::SetSelectors(std::vector<SelectorStatus> selectors) {
  const MutexLock lock(mu_);
  selectors_ = std::move(selectors);
}

std::vector<SelectorStatus> Rule::selectors() const {
  const MutexLock lock(mu_);
  return selectors_;
}

RuleStatus Rule::Status() const {
  RuleStatus status;
  status.alerting = alerting();
  status.name = name_;
  status.query = query_;
  status.labels = labels_;
  const MutexLock lock(mu_);
  status.health = health_;
  status.last_error = last_error_;
  status.evaluation_seconds = evaluation_seconds_;
  status.last_evaluation = last_evaluation_;
  status.warnings = annotations_.warnings;
  status.infos = annotations_.infos;
  status.selectors = selectors_;
  status.no_input = HasNoInput(selectors_);
  return status;
}

}  // namespace tocsin::rules
