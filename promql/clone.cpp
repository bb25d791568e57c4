#include <utility>

#include "promql/parser.h"

namespace tocsin::promql {
namespace {

ExprPtr CloneIfSet(const ExprPtr& expr) { return expr == nullptr ? nullptr : Clone(*expr); }

template <typename T>
std::unique_ptr<T> CloneHead(const Expr& expr) {
  auto copy = std::make_unique<T>();
  copy->pos = expr.pos;
  copy->depth = expr.depth;
  return copy;
}

std::unique_ptr<VectorSelector> CloneVectorSelector(const VectorSelector& node) {
  auto copy = CloneHead<VectorSelector>(node);
  copy->name = node.name;
  copy->matchers = node.matchers;
  copy->original_offset_ms = node.original_offset_ms;
  copy->original_offset_expr = CloneIfSet(node.original_offset_expr);
  copy->timestamp = node.timestamp;
  copy->start_or_end = node.start_or_end;
  copy->bypass_empty_matcher_check = node.bypass_empty_matcher_check;
  copy->anchored = node.anchored;
  copy->smoothed = node.smoothed;
  return copy;
}

ExprPtr CloneMatrixSelector(const MatrixSelector& node) {
  auto copy = CloneHead<MatrixSelector>(node);
  copy->vector_selector = CloneVectorSelector(*node.vector_selector);
  copy->range_ms = node.range_ms;
  copy->range_expr = CloneIfSet(node.range_expr);
  return copy;
}

ExprPtr CloneSubquery(const SubqueryExpr& node) {
  auto copy = CloneHead<SubqueryExpr>(node);
  copy->expr = CloneIfSet(node.expr);
  copy->range_ms = node.range_ms;
  copy->range_expr = CloneIfSet(node.range_expr);
  copy->step_ms = node.step_ms;
  copy->step_expr = CloneIfSet(node.step_expr);
  copy->original_offset_ms = node.original_offset_ms;
  copy->original_offset_expr = CloneIfSet(node.original_offset_expr);
  copy->timestamp = node.timestamp;
  copy->start_or_end = node.start_or_end;
  return copy;
}

ExprPtr CloneBinary(const BinaryExpr& node) {
  auto copy = CloneHead<BinaryExpr>(node);
  copy->op = node.op;
  copy->lhs = CloneIfSet(node.lhs);
  copy->rhs = CloneIfSet(node.rhs);
  copy->vector_matching = node.vector_matching;
  copy->return_bool = node.return_bool;
  return copy;
}

ExprPtr CloneAggregate(const AggregateExpr& node) {
  auto copy = CloneHead<AggregateExpr>(node);
  copy->op = node.op;
  copy->expr = CloneIfSet(node.expr);
  copy->param = CloneIfSet(node.param);
  copy->grouping = node.grouping;
  copy->without = node.without;
  return copy;
}

ExprPtr CloneCall(const Call& node) {
  auto copy = CloneHead<Call>(node);
  copy->function = node.function;
  for (const ExprPtr& arg : node.args) {
    copy->args.push_back(CloneIfSet(arg));
  }
  return copy;
}

ExprPtr CloneDuration(const DurationExpr& node) {
  auto copy = CloneHead<DurationExpr>(node);
  copy->op = node.op;
  copy->lhs = CloneIfSet(node.lhs);
  copy->rhs = CloneIfSet(node.rhs);
  copy->wrapped = node.wrapped;
  copy->written = node.written;
  return copy;
}

ExprPtr CloneNumber(const NumberLiteral& node) {
  auto copy = CloneHead<NumberLiteral>(node);
  copy->value = node.value;
  copy->is_duration = node.is_duration;
  return copy;
}

ExprPtr CloneString(const StringLiteral& node) {
  auto copy = CloneHead<StringLiteral>(node);
  copy->value = node.value;
  return copy;
}

ExprPtr CloneUnary(const UnaryExpr& node) {
  auto copy = CloneHead<UnaryExpr>(node);
  copy->minus = node.minus;
  copy->expr = CloneIfSet(node.expr);
  return copy;
}

// Nodes whose only field is `expr`.
template <typename T>
ExprPtr CloneWrapper(const T& node) {
  auto copy = CloneHead<T>(node);
  copy->expr = CloneIfSet(node.expr);
  return copy;
}

}  // namespace

ExprPtr Clone(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral:
      return CloneNumber(static_cast<const NumberLiteral&>(expr));
    case NodeKind::kStringLiteral:
      return CloneString(static_cast<const StringLiteral&>(expr));
    case NodeKind::kVectorSelector:
      return CloneVectorSelector(static_cast<const VectorSelector&>(expr));
    case NodeKind::kMatrixSelector:
      return CloneMatrixSelector(static_cast<const MatrixSelector&>(expr));
    case NodeKind::kSubquery:
      return CloneSubquery(static_cast<const SubqueryExpr&>(expr));
    case NodeKind::kBinary:
      return CloneBinary(static_cast<const BinaryExpr&>(expr));
    case NodeKind::kUnary:
      return CloneUnary(static_cast<const UnaryExpr&>(expr));
    case NodeKind::kAggregate:
      return CloneAggregate(static_cast<const AggregateExpr&>(expr));
    case NodeKind::kCall:
      return CloneCall(static_cast<const Call&>(expr));
    case NodeKind::kParen:
      return CloneWrapper(static_cast<const ParenExpr&>(expr));
    case NodeKind::kStepInvariant:
      return CloneWrapper(static_cast<const StepInvariantExpr&>(expr));
    case NodeKind::kDuration:
      return CloneDuration(static_cast<const DurationExpr&>(expr));
  }
  return nullptr;
}

}  // namespace tocsin::promql
