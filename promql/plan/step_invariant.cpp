#include <algorithm>
#include <string_view>

#include "promql/plan/plan.h"

namespace tocsin::promql {

namespace {

struct Invariance {
  bool invariant = false;
  bool wrap = false;  // worth a StepInvariantExpr of its own
};

/// Functions whose value depends on the time of the step although their arguments do not.
bool DependsOnStepTime(std::string_view name) {
  static constexpr std::string_view kNames[] = {"day_of_month", "day_of_week", "day_of_year", "days_in_month",  "end",
                                                "hour",         "minute",      "month",       "predict_linear", "range",
                                                "start",        "step",        "time",        "timestamp",      "year"};
  return std::binary_search(std::begin(kNames), std::end(kNames), name);
}

void Wrap(ExprPtr* expr) {
  auto wrapped = std::make_unique<StepInvariantExpr>();
  wrapped->pos = (*expr)->pos;
  wrapped->expr = std::move(*expr);
  *expr = std::move(wrapped);
}

void DropParentheses(ExprPtr* expr) {
  while (*expr != nullptr && (*expr)->kind == NodeKind::kParen) {
    ExprPtr inner = std::move(static_cast<ParenExpr&>(**expr).expr);
    *expr = std::move(inner);
  }
}

Invariance Analyze(Expr& expr);

Invariance AnalyzeBinary(BinaryExpr& binary) {
  const Invariance left = Analyze(*binary.lhs);
  const Invariance right = Analyze(*binary.rhs);
  if (left.invariant && right.invariant) {
    return {true, true};
  }
  if (left.wrap) {
    Wrap(&binary.lhs);
  }
  if (right.wrap) {
    Wrap(&binary.rhs);
  }
  return {};
}

Invariance AnalyzeCall(Call& call) {
  bool invariant = !DependsOnStepTime(call.function->name);
  // timestamp() of a selector with @ depends on nothing but the selector.
  bool fixed_timestamp = call.function->name == "timestamp";
  std::vector<bool> wrap(call.args.size());
  for (size_t i = 0; i < call.args.size(); ++i) {
    DropParentheses(&call.args[i]);
    const Invariance arg = Analyze(*call.args[i]);
    wrap[i] = arg.wrap;
    invariant = invariant && arg.invariant;
    fixed_timestamp = fixed_timestamp && arg.invariant && call.args[i]->kind == NodeKind::kVectorSelector;
  }
  if (invariant || fixed_timestamp) {
    return {true, true};
  }
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (wrap[i]) {
      Wrap(&call.args[i]);
    }
  }
  return {};
}

Invariance Analyze(Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kVectorSelector: {
      const bool fixed = static_cast<VectorSelector&>(expr).timestamp.has_value();
      return {fixed, fixed};
    }
    case NodeKind::kMatrixSelector:
      return {static_cast<MatrixSelector&>(expr).vector_selector->timestamp.has_value(), false};
    case NodeKind::kAggregate: {
      auto& aggregate = static_cast<AggregateExpr&>(expr);
      DropParentheses(&aggregate.expr);
      DropParentheses(&aggregate.param);
      // As upstream: whether the whole is invariant does not depend on the parameter.
      if (aggregate.param != nullptr && Analyze(*aggregate.param).wrap) {
        Wrap(&aggregate.param);
      }
      return Analyze(*aggregate.expr);
    }
    case NodeKind::kBinary:
      return AnalyzeBinary(static_cast<BinaryExpr&>(expr));
    case NodeKind::kCall:
      return AnalyzeCall(static_cast<Call&>(expr));
    case NodeKind::kSubquery: {
      auto& subquery = static_cast<SubqueryExpr&>(expr);
      if (Analyze(*subquery.expr).invariant) {
        Wrap(&subquery.expr);
      }
      return {subquery.timestamp.has_value(), false};
    }
    case NodeKind::kParen:
      return Analyze(*static_cast<ParenExpr&>(expr).expr);
    case NodeKind::kUnary:
      return Analyze(*static_cast<UnaryExpr&>(expr).expr);
    case NodeKind::kStepInvariant:
    case NodeKind::kNumberLiteral:
    case NodeKind::kStringLiteral:
    case NodeKind::kDuration:
      break;
  }
  return {true, false};
}

}  // namespace

void WrapStepInvariantParts(ExprPtr* expr) {
  const Invariance whole = Analyze(**expr);
  if (whole.wrap) {
    Wrap(expr);
  }
}

}  // namespace tocsin::promql
