#include "promql/operators/builder.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"
#include "promql/operators/aggregate.h"
#include "promql/operators/binary_scalar.h"
#include "promql/operators/binary_vector.h"
#include "promql/operators/quantile_aggregate.h"
#include "promql/operators/row_functions.h"
#include "promql/operators/scalars.h"
#include "promql/operators/selecting_aggregate.h"
#include "promql/operators/set_operation.h"
#include "promql/operators/smoothed_selector.h"
#include "promql/operators/vector_selector.h"
#include "promql/parser.h"
#include "promql/plan/plan.h"

namespace tocsin::promql {

namespace {

/// Above so many parts, looking for equal ones costs more than it brings.
constexpr int kSharedPartsMax = 200;

bool SelectsSeries(const Expr& expr) {
  if (expr.kind == NodeKind::kVectorSelector || expr.kind == NodeKind::kMatrixSelector) {
    return true;
  }
  bool found = false;
  ForEachChild(expr, [&](const Expr& child) { found = found || SelectsSeries(child); });
  return found;
}

/// A part that is evaluated as a whole: an instant vector other than a mark or a pair of parentheses.
bool MayBeShared(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kVectorSelector:
    case NodeKind::kBinary:
    case NodeKind::kAggregate:
    case NodeKind::kCall:
    case NodeKind::kUnary:
      return TypeOf(expr) == ValueType::kVector && SelectsSeries(expr);
    default:
      return false;
  }
}

int CountParts(const Expr& expr) {
  int count = 1;
  ForEachChild(expr, [&](const Expr& child) { count += CountParts(child); });
  return count;
}

}  // namespace

void OperatorBuilder::Reads(TimestampMs min_t, TimestampMs max_t) {
  min_t_ = std::min(min_t_, min_t);
  max_t_ = std::max(max_t_, max_t);
}

void OperatorBuilder::FindRepeatedParts(const Expr& root) {
  const std::function<void(const Expr&)> visit = [&](const Expr& expr) {
    ForEachChild(expr, visit);
    if (MayBeShared(expr)) {
      const std::string& text = texts_.emplace(&expr, ToString(expr)).first->second;
      Repeated& repeated = repeated_[text];
      repeated.last = &expr;
      ++repeated.count;
    }
  };
  if (const int parts = CountParts(root); parts > 1 && parts <= kSharedPartsMax) {
    visit(root);
  }
}

absl::StatusOr<OperatorPtr> OperatorBuilder::Build(const Expr& expr, const StepRange& steps) {
  FindRepeatedParts(expr);
  return BuildNode(expr, Scope{.steps = steps});
}

absl::StatusOr<std::unique_ptr<RangeSource>> OperatorBuilder::BuildRange(const Expr& expr, const StepRange& steps) {
  return BuildRangeNode(Unwrapped(expr), Scope{.steps = steps});
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildNode(const Expr& expr, const Scope& scope) {
  if (scope.steps.count() == 0) {
    return std::make_unique<EmptyOperator>(context_, scope.steps, Site(expr));
  }
  if (const auto text = texts_.find(&expr); text != texts_.end() && repeated_[text->second].count > 1) {
    return BuildShared(text->second, scope);
  }
  return BuildUnshared(expr, scope);
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildShared(const std::string& text, const Scope& scope) {
  const std::string key =
      Cat(text, scope.stats_only() ? " stats" : "", "@", scope.steps.start, ",", scope.steps.end, ",", scope.steps.step);
  const Expr& last = *repeated_[text].last;
  std::shared_ptr<SharedPart> part = shared_[key];
  if (part == nullptr) {
    part = std::make_shared<SharedPart>();
    Scope whole = scope;
    whole.labels = LabelDemand();
    ASSIGN_OR_RETURN(part->op, BuildUnshared(last, whole));
    shared_[key] = part;
  }
  return std::make_unique<SharedOperator>(context_, scope.steps, Site(last), std::move(part));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildUnshared(const Expr& expr, const Scope& scope) {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral:
      return std::make_unique<ConstantOperator>(context_, scope.steps, Site(expr), static_cast<const NumberLiteral&>(expr).value);
    case NodeKind::kVectorSelector:
      return BuildSelector(static_cast<const VectorSelector&>(expr), scope);
    case NodeKind::kBinary:
      return BuildBinary(static_cast<const BinaryExpr&>(expr), scope);
    case NodeKind::kUnary:
      return BuildUnary(static_cast<const UnaryExpr&>(expr), scope);
    case NodeKind::kAggregate:
      return BuildAggregate(static_cast<const AggregateExpr&>(expr), scope);
    case NodeKind::kCall:
      return BuildCall(static_cast<const Call&>(expr), scope);
    case NodeKind::kParen:
      return BuildNode(*static_cast<const ParenExpr&>(expr).expr, scope);
    case NodeKind::kStepInvariant:
      return BuildStepInvariant(static_cast<const StepInvariantExpr&>(expr), scope);
    case NodeKind::kStringLiteral:
    case NodeKind::kMatrixSelector:
    case NodeKind::kSubquery:
    case NodeKind::kDuration:
      break;
  }
  return ExecutionError(Cat("a ", DocumentedType(TypeOf(expr)), " cannot be evaluated at steps"));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildSelector(const VectorSelector& selector, const Scope& scope) {
  const ReferenceTime reference{selector.original_offset_ms, selector.timestamp};
  Reads(reference.At(scope.steps.start) - context_.lookback_ms + 1,
        reference.At(scope.steps.last()) + (selector.smoothed ? context_.lookback_ms : 0));
  if (selector.smoothed) {
    return std::make_unique<SmoothedSelectorOperator>(context_, scope.steps, Site(selector), selector);
  }
  return std::make_unique<VectorSelectorOperator>(
      context_, scope.steps, Site(selector), selector,
      VectorSelectorOperator::Options{.labels = scope.labels, .stats_only = scope.stats_only(), .counting = scope.counting});
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildBinary(const BinaryExpr& expr, const Scope& scope) {
  const bool left_scalar = TypeOf(*expr.lhs) == ValueType::kScalar;
  const bool right_scalar = TypeOf(*expr.rhs) == ValueType::kScalar;
  Scope side = scope;
  side.labels = left_scalar || right_scalar ? scope.labels : LabelDemand();
  side.histogram_buckets = scope.histogram_buckets || IsTrim(expr.op);
  ASSIGN_OR_RETURN(OperatorPtr left, BuildNode(*expr.lhs, side));
  ASSIGN_OR_RETURN(OperatorPtr right, BuildNode(*expr.rhs, side));
  if (left_scalar && right_scalar) {
    return std::make_unique<ScalarBinaryOperator>(context_, scope.steps, Site(expr), expr.op, std::move(left), std::move(right));
  }
  if (left_scalar) {
    return std::make_unique<VectorScalarOperator>(context_, scope.steps, Site(expr), expr, /*scalar_is_left=*/true, std::move(right),
                                                  std::move(left));
  }
  if (right_scalar) {
    return std::make_unique<VectorScalarOperator>(context_, scope.steps, Site(expr), expr, /*scalar_is_left=*/false, std::move(left),
                                                  std::move(right));
  }
  if (IsSetOperator(expr.op)) {
    return std::make_unique<SetOperationOperator>(context_, scope.steps, Site(expr), expr, std::move(left), std::move(right));
  }
  return std::make_unique<VectorBinaryOperator>(context_, scope.steps, Site(expr), expr, std::move(left), std::move(right));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildUnary(const UnaryExpr& expr, const Scope& scope) {
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*expr.expr, scope));
  if (!expr.minus) {
    return child;
  }
  return std::make_unique<NegateOperator>(context_, scope.steps, Site(expr), std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildAggregate(const AggregateExpr& expr, const Scope& scope) {
  OperatorPtr param;
  std::string value_label;
  if (expr.op == AggregateOp::kCountValues) {
    value_label = static_cast<const StringLiteral&>(Unwrapped(*expr.param)).value;
  } else if (expr.param != nullptr) {
    ASSIGN_OR_RETURN(param, BuildNode(*expr.param, scope));
  }
  Scope inner = scope;
  const bool keeps_series = expr.op == AggregateOp::kTopk || expr.op == AggregateOp::kBottomk || expr.op == AggregateOp::kLimitk ||
                            expr.op == AggregateOp::kLimitRatio;
  inner.labels = keeps_series || expr.without ? LabelDemand()
                 : expr.grouping.empty()      ? LabelDemand::None()
                                              : LabelDemand::Some(expr.grouping);
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*expr.expr, inner));
  if (keeps_series) {
    return std::make_unique<SelectingAggregateOperator>(context_, scope.steps, Site(expr), expr, std::move(child), std::move(param));
  }
  if (expr.op == AggregateOp::kQuantile) {
    return std::make_unique<QuantileAggregateOperator>(context_, scope.steps, Site(expr), expr, std::move(child), std::move(param));
  }
  if (expr.op == AggregateOp::kCountValues) {
    return std::make_unique<CountValuesOperator>(context_, scope.steps, Site(expr), expr, std::move(value_label), std::move(child));
  }
  return std::make_unique<AggregateOperator>(context_, scope.steps, Site(expr), expr, std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildStepInvariant(const StepInvariantExpr& expr, const Scope& scope) {
  if (scope.steps.count() == 1) {
    return BuildNode(*expr.expr, scope);
  }
  Scope once = scope;
  once.steps.end = once.steps.start;
  once.counting.repeat *= static_cast<int64_t>(scope.steps.count());
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*expr.expr, once));
  return std::make_unique<StepInvariantOperator>(context_, scope.steps, Site(expr), std::move(child));
}

absl::StatusOr<std::unique_ptr<RangeSource>> OperatorBuilder::BuildRangeNode(const Expr& expr, const Scope& scope) {
  const Expr& range = Unwrapped(expr);
  if (range.kind == NodeKind::kMatrixSelector) {
    auto source = std::make_unique<MatrixSource>(context_, scope.steps, static_cast<const MatrixSelector&>(range), scope.stats_only());
    Reads(source->shape().MinTime(scope.steps), source->shape().MaxTime(scope.steps));
    return source;
  }
  const auto& subquery = static_cast<const SubqueryExpr&>(range);
  Scope inner = scope;
  inner.steps = SubquerySteps(scope.steps, subquery, context_.default_subquery_step_ms);
  inner.labels = LabelDemand();
  inner.histogram_buckets = true;  // counter resets between its steps show in buckets only
  inner.counting = {.total = false, .repeat = 1};
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*subquery.expr, inner));
  return std::make_unique<SubquerySource>(context_, scope.steps, subquery, std::move(child));
}

}  // namespace tocsin::promql
