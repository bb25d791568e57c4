#include "rules/dependencies.h"

#include "rules/alerting_rule.h"

namespace tocsin::rules {
namespace {

void CollectSelectors(const promql::Expr* expr, std::vector<const promql::VectorSelector*>* out) {
  if (expr == nullptr) {
    return;
  }
  switch (expr->kind) {
    case promql::NodeKind::kVectorSelector:
      return out->push_back(static_cast<const promql::VectorSelector*>(expr));
    case promql::NodeKind::kMatrixSelector:
      return CollectSelectors(static_cast<const promql::MatrixSelector*>(expr)->vector_selector.get(), out);
    case promql::NodeKind::kSubquery:
      return CollectSelectors(static_cast<const promql::SubqueryExpr*>(expr)->expr.get(), out);
    case promql::NodeKind::kBinary:
      CollectSelectors(static_cast<const promql::BinaryExpr*>(expr)->lhs.get(), out);
      return CollectSelectors(static_cast<const promql::BinaryExpr*>(expr)->rhs.get(), out);
    case promql::NodeKind::kUnary:
      return CollectSelectors(static_cast<const promql::UnaryExpr*>(expr)->expr.get(), out);
    case promql::NodeKind::kAggregate:
      CollectSelectors(static_cast<const promql::AggregateExpr*>(expr)->param.get(), out);
      return CollectSelectors(static_cast<const promql::AggregateExpr*>(expr)->expr.get(), out);
    case promql::NodeKind::kCall:
      for (const promql::ExprPtr& arg : static_cast<const promql::Call*>(expr)->args) {
        CollectSelectors(arg.get(), out);
      }
      return;
    case promql::NodeKind::kParen:
      return CollectSelectors(static_cast<const promql::ParenExpr*>(expr)->expr.get(), out);
    case promql::NodeKind::kStepInvariant:
      return CollectSelectors(static_cast<const promql::StepInvariantExpr*>(expr)->expr.get(), out);
    default:
      return;
  }
}

const Matcher* FindMatcher(const promql::VectorSelector& selector, std::string_view name) {
  for (const Matcher& matcher : selector.matchers) {
    if (matcher.name() == name) {
      return &matcher;
    }
  }
  return nullptr;
}

/// Whether a selector may read what a rule writes.
bool MayRead(const promql::VectorSelector& selector, const Matcher& name_matcher, const Rule& writer) {
  if (name_matcher.Matches(writer.name())) {
    return true;
  }
  if (!writer.alerting() || (!name_matcher.Matches(kAlertsMetric) && !name_matcher.Matches(kAlertsForStateMetric))) {
    return false;
  }
  const Matcher* alert_name = FindMatcher(selector, kAlertNameLabel);
  return alert_name == nullptr || alert_name->Matches(writer.name());
}

}  // namespace

std::vector<const promql::VectorSelector*> SelectorsOf(const promql::Expr& expr) {
  std::vector<const promql::VectorSelector*> selectors;
  CollectSelectors(&expr, &selectors);
  return selectors;
}

RuleDependencies AnalyseDependencies(const std::vector<std::unique_ptr<Rule>>& rules) {
  RuleDependencies out;
  out.dependents.resize(rules.size());
  out.dependencies.resize(rules.size());
  if (rules.size() < 2) {
    return out;
  }
  for (size_t reader = 0; reader < rules.size(); ++reader) {
    const auto selectors = SelectorsOf(rules[reader]->expr());
    std::vector<bool> reads(reader, false);
    for (const promql::VectorSelector* selector : selectors) {
      const Matcher* name_matcher = FindMatcher(*selector, kMetricName);
      if (name_matcher == nullptr) {
        out.indeterminate = true;
        return out;
      }
      for (size_t writer = 0; writer < reader; ++writer) {
        reads[writer] = reads[writer] || MayRead(*selector, *name_matcher, *rules[writer]);
      }
    }
    for (size_t writer = 0; writer < reader; ++writer) {
      if (reads[writer]) {
        out.dependents[writer].push_back(reader);
        out.dependencies[reader].push_back(writer);
      }
    }
  }
  return out;
}

std::vector<std::vector<size_t>> ConcurrentBatches(const RuleDependencies& dependencies) {
  if (dependencies.indeterminate) {
    return {};
  }
  std::vector<size_t> first;
  std::vector<size_t> in_order;
  std::vector<size_t> last;
  for (size_t i = 0; i < dependencies.dependents.size(); ++i) {
    if (dependencies.dependencies[i].empty()) {
      first.push_back(i);
    } else if (dependencies.dependents[i].empty()) {
      last.push_back(i);
    } else {
      in_order.push_back(i);
    }
  }
  std::vector<std::vector<size_t>> batches;
  if (!first.empty()) {
    batches.push_back(std::move(first));
  }
  for (const size_t rule : in_order) {
    batches.push_back({rule});
  }
  if (!last.empty()) {
    batches.push_back(std::move(last));
  }
  return batches;
}

}  // namespace tocsin::rules
