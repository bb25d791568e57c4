#include "promql/operators/element_binary.h"
#include "promql/plan/plan.h"

namespace tocsin::promql {

namespace {

ExprPtr Number(double value, PositionRange pos) {
  auto literal = std::make_unique<NumberLiteral>();
  literal->value = value;
  literal->pos = pos;
  return literal;
}

/// The number that an expression is, looking through parentheses; null when it is none.
const NumberLiteral* AsNumber(const Expr& expr) {
  const Expr& inner = Unwrapped(expr);
  return inner.kind == NodeKind::kNumberLiteral ? static_cast<const NumberLiteral*>(&inner) : nullptr;
}

}  // namespace

void FoldQueryContext(const QueryTimes& times, ExprPtr* expr) {
  if ((*expr)->kind == NodeKind::kCall) {
    const std::string_view name = static_cast<const Call&>(**expr).function->name;
    const PositionRange pos = (*expr)->pos;
    if (name == "start") {
      *expr = Number(static_cast<double>(times.start) / 1000, pos);
      return;
    }
    if (name == "end") {
      *expr = Number(static_cast<double>(times.end) / 1000, pos);
      return;
    }
    if (name == "range") {
      *expr = Number(static_cast<double>(times.end - times.start) / 1000, pos);
      return;
    }
    if (name == "step") {
      *expr = Number(times.start == times.end ? 0 : static_cast<double>(times.step) / 1000, pos);
      return;
    }
  }
  ForEachOperand(**expr, [&](ExprPtr& child) { FoldQueryContext(times, &child); });
}

void FoldConstants(ExprPtr* expr) {
  ForEachOperand(**expr, [](ExprPtr& child) { FoldConstants(&child); });
  if ((*expr)->kind == NodeKind::kUnary) {
    const auto& unary = static_cast<const UnaryExpr&>(**expr);
    if (const NumberLiteral* number = AsNumber(*unary.expr); number != nullptr) {
      *expr = Number(unary.minus ? -number->value : number->value, (*expr)->pos);
    }
  } else if ((*expr)->kind == NodeKind::kBinary) {
    const auto& binary = static_cast<const BinaryExpr&>(**expr);
    const NumberLiteral* left = AsNumber(*binary.lhs);
    const NumberLiteral* right = AsNumber(*binary.rhs);
    if (left != nullptr && right != nullptr) {
      *expr = Number(BinaryOfFloats(binary.op, left->value, right->value), (*expr)->pos);
    }
  }
}

}  // namespace tocsin::promql
