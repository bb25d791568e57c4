#include "promql/ast.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tocsin::promql {
namespace {

template <typename T>
const T& As(const Expr& expr) {
  return static_cast<const T&>(expr);
}

void VisitIfSet(const ExprPtr& expr, absl::FunctionRef<void(const Expr&)> visit) {
  if (expr != nullptr) {
    visit(*expr);
  }
}

// Ranges, steps and offsets written as expressions.
void ForEachDuration(const Expr& expr, absl::FunctionRef<void(const Expr&)> visit) {
  switch (expr.kind) {
    case NodeKind::kVectorSelector:
      VisitIfSet(As<VectorSelector>(expr).original_offset_expr, visit);
      break;
    case NodeKind::kMatrixSelector:
      VisitIfSet(As<MatrixSelector>(expr).range_expr, visit);
      break;
    case NodeKind::kSubquery:
      VisitIfSet(As<SubqueryExpr>(expr).range_expr, visit);
      VisitIfSet(As<SubqueryExpr>(expr).step_expr, visit);
      VisitIfSet(As<SubqueryExpr>(expr).original_offset_expr, visit);
      break;
    default:
      break;
  }
}

}  // namespace

std::string_view DocumentedType(ValueType type) {
  switch (type) {
    case ValueType::kVector:
      return "instant vector";
    case ValueType::kMatrix:
      return "range vector";
    default:
      return ValueTypeText(type);
  }
}

std::string_view ValueTypeText(ValueType type) {
  switch (type) {
    case ValueType::kScalar:
      return "scalar";
    case ValueType::kVector:
      return "vector";
    case ValueType::kMatrix:
      return "matrix";
    case ValueType::kString:
      return "string";
    case ValueType::kNone:
      break;
  }
  return "none";
}

std::string_view BinaryOpText(BinaryOp op) {
  static constexpr std::array<std::string_view, 18> kTexts = {
      "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless", "</", ">/",
  };
  return kTexts[static_cast<size_t>(op)];
}

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kLessOrEqual; }
bool IsSetOperator(BinaryOp op) { return op == BinaryOp::kAnd || op == BinaryOp::kOr || op == BinaryOp::kUnless; }

std::string_view AggregateOpText(AggregateOp op) {
  static constexpr std::array<std::string_view, 14> kTexts = {
      "sum",      "avg",    "min",    "max",  "group",   "count",  "count_values",
      "quantile", "stddev", "stdvar", "topk", "bottomk", "limitk", "limit_ratio",
  };
  return kTexts[static_cast<size_t>(op)];
}

std::string_view DurationOpText(DurationOp op) {
  switch (op) {
    case DurationOp::kAdd:
    case DurationOp::kPlus:
      return "+";
    case DurationOp::kSub:
    case DurationOp::kNegate:
      return "-";
    case DurationOp::kMul:
      return "*";
    case DurationOp::kDiv:
      return "/";
    case DurationOp::kMod:
      return "%";
    case DurationOp::kPow:
      return "^";
    case DurationOp::kStep:
      return "step";
    case DurationOp::kRange:
      return "range";
    case DurationOp::kMin:
      return "min_of";
    case DurationOp::kMax:
      break;
  }
  return "max_of";
}

bool HasParam(AggregateOp op) {
  switch (op) {
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kCountValues:
    case AggregateOp::kQuantile:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio:
      return true;
    default:
      return false;
  }
}

bool IsExperimental(AggregateOp op) { return op == AggregateOp::kLimitk || op == AggregateOp::kLimitRatio; }

std::string_view MatchCardinalityText(MatchCardinality card) {
  switch (card) {
    case MatchCardinality::kOneToOne:
      return "one-to-one";
    case MatchCardinality::kManyToOne:
      return "many-to-one";
    case MatchCardinality::kOneToMany:
      return "one-to-many";
    case MatchCardinality::kManyToMany:
      break;
  }
  return "many-to-many";
}

void ForEachChild(const Expr& expr, absl::FunctionRef<void(const Expr&)> visit) {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral:
    case NodeKind::kStringLiteral:
    case NodeKind::kVectorSelector:
      break;
    case NodeKind::kMatrixSelector:
      if (As<MatrixSelector>(expr).vector_selector != nullptr) {
        visit(*As<MatrixSelector>(expr).vector_selector);
      }
      break;
    case NodeKind::kSubquery:
      VisitIfSet(As<SubqueryExpr>(expr).expr, visit);
      break;
    case NodeKind::kBinary:
      VisitIfSet(As<BinaryExpr>(expr).lhs, visit);
      VisitIfSet(As<BinaryExpr>(expr).rhs, visit);
      break;
    case NodeKind::kUnary:
      VisitIfSet(As<UnaryExpr>(expr).expr, visit);
      break;
    case NodeKind::kAggregate:
      VisitIfSet(As<AggregateExpr>(expr).expr, visit);
      VisitIfSet(As<AggregateExpr>(expr).param, visit);
      break;
    case NodeKind::kCall:
      for (const ExprPtr& arg : As<Call>(expr).args) {
        visit(*arg);
      }
      break;
    case NodeKind::kParen:
      VisitIfSet(As<ParenExpr>(expr).expr, visit);
      break;
    case NodeKind::kStepInvariant:
      VisitIfSet(As<StepInvariantExpr>(expr).expr, visit);
      break;
    case NodeKind::kDuration:
      VisitIfSet(As<DurationExpr>(expr).lhs, visit);
      VisitIfSet(As<DurationExpr>(expr).rhs, visit);
      break;
  }
}

void ForEachSelector(const Expr& expr, absl::FunctionRef<void(const VectorSelector&)> visit) {
  if (expr.kind == NodeKind::kVectorSelector) {
    visit(As<VectorSelector>(expr));
  }
  ForEachChild(expr, [visit](const Expr& child) { ForEachSelector(child, visit); });
}

void ForEachSelector(Expr& expr, absl::FunctionRef<void(VectorSelector&)> visit) {
  // The caller's tree is not const, so none of its nodes is.
  ForEachSelector(static_cast<const Expr&>(expr),
                  [visit](const VectorSelector& selector) { visit(const_cast<VectorSelector&>(selector)); });
}

int32_t DeepestChild(const Expr& expr) {
  int32_t deepest = 0;
  const auto visit = [&deepest](const Expr& child) { deepest = std::max(deepest, child.depth); };
  ForEachChild(expr, visit);
  ForEachDuration(expr, visit);
  return deepest;
}

ValueType TypeOf(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral:
    case NodeKind::kDuration:
      return ValueType::kScalar;
    case NodeKind::kStringLiteral:
      return ValueType::kString;
    case NodeKind::kVectorSelector:
    case NodeKind::kAggregate:
      return ValueType::kVector;
    case NodeKind::kMatrixSelector:
    case NodeKind::kSubquery:
      return ValueType::kMatrix;
    case NodeKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      const bool scalar = TypeOf(*binary.lhs) == ValueType::kScalar && TypeOf(*binary.rhs) == ValueType::kScalar;
      return scalar ? ValueType::kScalar : ValueType::kVector;
    }
    case NodeKind::kUnary:
      return TypeOf(*As<UnaryExpr>(expr).expr);
    case NodeKind::kCall:
      return As<Call>(expr).function->return_type;
    case NodeKind::kParen:
      return TypeOf(*As<ParenExpr>(expr).expr);
    case NodeKind::kStepInvariant:
      return TypeOf(*As<StepInvariantExpr>(expr).expr);
  }
  return ValueType::kNone;
}

}  // namespace tocsin::promql
