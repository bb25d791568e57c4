#include "promql/plan/plan.h"

#include "base/status.h"

namespace tocsin::promql {

void ForEachOperand(Expr& expr, const std::function<void(ExprPtr&)>& f) {
  switch (expr.kind) {
    case NodeKind::kSubquery:
      return f(static_cast<SubqueryExpr&>(expr).expr);
    case NodeKind::kBinary:
      f(static_cast<BinaryExpr&>(expr).lhs);
      return f(static_cast<BinaryExpr&>(expr).rhs);
    case NodeKind::kUnary:
      return f(static_cast<UnaryExpr&>(expr).expr);
    case NodeKind::kAggregate: {
      auto& aggregate = static_cast<AggregateExpr&>(expr);
      if (aggregate.param != nullptr) {
        f(aggregate.param);
      }
      return f(aggregate.expr);
    }
    case NodeKind::kCall:
      for (ExprPtr& arg : static_cast<Call&>(expr).args) {
        f(arg);
      }
      return;
    case NodeKind::kParen:
      return f(static_cast<ParenExpr&>(expr).expr);
    case NodeKind::kStepInvariant:
      return f(static_cast<StepInvariantExpr&>(expr).expr);
    case NodeKind::kNumberLiteral:
    case NodeKind::kStringLiteral:
    case NodeKind::kVectorSelector:
    case NodeKind::kMatrixSelector:
    case NodeKind::kDuration:
      return;
  }
}

const Expr& Unwrapped(const Expr& expr) {
  const Expr* inner = &expr;
  while (true) {
    if (inner->kind == NodeKind::kParen) {
      inner = static_cast<const ParenExpr*>(inner)->expr.get();
    } else if (inner->kind == NodeKind::kStepInvariant) {
      inner = static_cast<const StepInvariantExpr*>(inner)->expr.get();
    } else {
      return *inner;
    }
  }
}

absl::Status Plan(const QueryTimes& times, ExprPtr* expr) {
  FoldQueryContext(times, expr);
  RETURN_IF_ERROR(ResolveTimes(times, expr->get()));
  FoldConstants(expr);
  WrapStepInvariantParts(expr);
  return absl::OkStatus();
}

}  // namespace tocsin::promql
