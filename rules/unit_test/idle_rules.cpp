#include "rules/unit_test/idle_rules.h"

#include <algorithm>

#include "rules/dependencies.h"

namespace tocsin::rules {
namespace {

bool AnyMayGive(const std::vector<const promql::Expr*>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const promql::Expr* part) { return part != nullptr && MayGiveFromNothing(*part); });
}

/// A function of nothing but numbers, or one that turns an empty vector into something.
bool CallMayGive(const promql::Call& call) {
  constexpr std::string_view kFromNothing[] = {"absent", "absent_over_time", "scalar", "vector"};
  const std::string_view name = call.function->name;
  if (std::find(std::begin(kFromNothing), std::end(kFromNothing), name) != std::end(kFromNothing)) {
    return true;
  }
  const bool has_vector = std::any_of(call.args.begin(), call.args.end(), [](const promql::ExprPtr& arg) {
    const promql::ValueType type = promql::TypeOf(*arg);
    return type == promql::ValueType::kVector || type == promql::ValueType::kMatrix;
  });
  if (!has_vector) {
    return true;  // time(), hour(), pi()
  }
  return std::any_of(call.args.begin(), call.args.end(), [](const promql::ExprPtr& arg) {
    const promql::ValueType type = promql::TypeOf(*arg);
    return type != promql::ValueType::kScalar && type != promql::ValueType::kString && MayGiveFromNothing(*arg);
  });
}

bool MatchesAll(const promql::VectorSelector& selector, const Labels& labels) {
  return std::all_of(selector.matchers.begin(), selector.matchers.end(),
                     [&labels](const Matcher& matcher) { return matcher.Matches(labels.Get(matcher.name())); });
}

bool NameMayMatch(const promql::VectorSelector& selector, std::string_view name) {
  return std::all_of(selector.matchers.begin(), selector.matchers.end(),
                     [name](const Matcher& matcher) { return matcher.name() != kMetricName || matcher.Matches(name); });
}

/// A rule with what decides on it.
struct Candidate {
  const Rule* rule;
  std::vector<const promql::VectorSelector*> selectors;
  bool live;
};

bool MayRead(const Candidate& reader, const Candidate& writer) {
  return std::any_of(reader.selectors.begin(), reader.selectors.end(), [&writer](const promql::VectorSelector* selector) {
    if (!writer.rule->alerting()) {
      return NameMayMatch(*selector, writer.rule->name());
    }
    return NameMayMatch(*selector, kAlertsMetric) || NameMayMatch(*selector, kAlertsForStateMetric);
  });
}

}  // namespace

bool MayGiveFromNothing(const promql::Expr& expr) {
  switch (expr.kind) {
    case promql::NodeKind::kVectorSelector:
    case promql::NodeKind::kMatrixSelector:
      return false;
    case promql::NodeKind::kSubquery:
      return MayGiveFromNothing(*static_cast<const promql::SubqueryExpr&>(expr).expr);
    case promql::NodeKind::kParen:
      return MayGiveFromNothing(*static_cast<const promql::ParenExpr&>(expr).expr);
    case promql::NodeKind::kStepInvariant:
      return MayGiveFromNothing(*static_cast<const promql::StepInvariantExpr&>(expr).expr);
    case promql::NodeKind::kUnary:
      return MayGiveFromNothing(*static_cast<const promql::UnaryExpr&>(expr).expr);
    case promql::NodeKind::kAggregate:
      return MayGiveFromNothing(*static_cast<const promql::AggregateExpr&>(expr).expr);
    case promql::NodeKind::kBinary: {
      const auto& binary = static_cast<const promql::BinaryExpr&>(expr);
      if (binary.vector_matching && (binary.vector_matching->fill_left || binary.vector_matching->fill_right)) {
        return true;
      }
      // With one scalar side the other one decides; with two vectors either may.
      std::vector<const promql::Expr*> vectors;
      for (const promql::Expr* side : {binary.lhs.get(), binary.rhs.get()}) {
        if (promql::TypeOf(*side) == promql::ValueType::kVector) {
          vectors.push_back(side);
        }
      }
      return vectors.empty() || AnyMayGive(vectors);
    }
    case promql::NodeKind::kCall:
      return CallMayGive(static_cast<const promql::Call&>(expr));
    default:
      return true;
  }
}

void SkipIdleRules(const std::vector<std::unique_ptr<Group>>& groups, const std::vector<Labels>& input) {
  std::vector<Candidate> candidates;
  for (const auto& group : groups) {
    for (const auto& rule : group->rules()) {
      Candidate candidate{rule.get(), SelectorsOf(rule->expr()), MayGiveFromNothing(rule->expr())};
      for (const promql::VectorSelector* selector : candidate.selectors) {
        candidate.live = candidate.live || std::any_of(input.begin(), input.end(),
                                                       [selector](const Labels& labels) { return MatchesAll(*selector, labels); });
      }
      candidates.push_back(std::move(candidate));
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (Candidate& reader : candidates) {
      if (!reader.live && std::any_of(candidates.begin(), candidates.end(),
                                      [&reader](const Candidate& writer) { return writer.live && MayRead(reader, writer); })) {
        reader.live = true;
        changed = true;
      }
    }
  }
  size_t next = 0;
  for (const auto& group : groups) {
    std::vector<bool> skipped;
    for (size_t i = 0; i < group->rules().size(); ++i) {
      skipped.push_back(!candidates[next++].live);
    }
    group->SkipRules(std::move(skipped));
  }
}

}  // namespace tocsin::rules
