#include <cmath>

#include "base/status.h"
#include "base/strings.h"
#include "promql/functions/float_function.h"
#include "promql/plan/plan.h"

namespace tocsin::promql {

namespace {

absl::Status DurationError(const Expr& expr, std::string_view text) {
  return absl::InvalidArgumentError(Cat(expr.pos.start, ":", expr.pos.end, ": ", text));
}

double Seconds(DurationMs duration) { return static_cast<double>(duration) / 1000; }

/// The value of a duration expression in seconds.
absl::StatusOr<double> EvaluateDuration(const QueryTimes& times, const Expr& expr) {
  if (expr.kind == NodeKind::kNumberLiteral) {
    return static_cast<const NumberLiteral&>(expr).value;
  }
  const auto& duration = static_cast<const DurationExpr&>(expr);
  double left = 0;
  double right = 0;
  if (duration.lhs != nullptr) {
    ASSIGN_OR_RETURN(left, EvaluateDuration(times, *duration.lhs));
  }
  if (duration.rhs != nullptr) {
    ASSIGN_OR_RETURN(right, EvaluateDuration(times, *duration.rhs));
  }
  switch (duration.op) {
    case DurationOp::kStep:
      return Seconds(times.step);
    case DurationOp::kRange:
      return Seconds(times.end - times.start);
    case DurationOp::kMin:
      return GoMin(left, right);
    case DurationOp::kMax:
      return GoMax(left, right);
    case DurationOp::kAdd:
      return left + right;
    case DurationOp::kSub:
      return left - right;
    case DurationOp::kMul:
      return left * right;
    case DurationOp::kDiv:
      return right == 0 ? absl::StatusOr<double>(DurationError(expr, "division by zero")) : left / right;
    case DurationOp::kMod:
      return right == 0 ? absl::StatusOr<double>(DurationError(expr, "modulo by zero")) : std::fmod(left, right);
    case DurationOp::kPow:
      return std::pow(left, right);
    case DurationOp::kNegate:
      return -right;
    case DurationOp::kPlus:
      break;
  }
  return right;
}

absl::Status ResolveDuration(const QueryTimes& times, const Expr* expr, bool may_be_negative, DurationMs* out) {
  if (expr == nullptr) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const double seconds, EvaluateDuration(times, *expr));
  if (!std::isfinite(seconds)) {
    return DurationError(*expr, "duration is NaN or infinite");
  }
  if (seconds <= 0 && !may_be_negative) {
    return DurationError(*expr, "duration must be greater than 0");
  }
  constexpr double kLimit = 9223372036854775808.0 / 1e9;  // nanoseconds in 63 bits
  if (seconds > kLimit || seconds < -kLimit) {
    return DurationError(*expr, "duration is out of range");
  }
  *out = static_cast<DurationMs>(seconds * 1000);
  return absl::OkStatus();
}

void ResolveAt(const QueryTimes& times, AtPreprocessor start_or_end, std::optional<TimestampMs>* timestamp) {
  if (start_or_end == AtPreprocessor::kStart) {
    *timestamp = times.start;
  } else if (start_or_end == AtPreprocessor::kEnd) {
    *timestamp = times.end;
  }
}

absl::Status ResolveSelector(const QueryTimes& times, VectorSelector* selector) {
  ResolveAt(times, selector->start_or_end, &selector->timestamp);
  return ResolveDuration(times, selector->original_offset_expr.get(), /*may_be_negative=*/true, &selector->original_offset_ms);
}

}  // namespace

absl::Status ResolveTimes(const QueryTimes& times, Expr* expr) {
  switch (expr->kind) {
    case NodeKind::kVectorSelector:
      return ResolveSelector(times, static_cast<VectorSelector*>(expr));
    case NodeKind::kMatrixSelector: {
      auto* matrix = static_cast<MatrixSelector*>(expr);
      RETURN_IF_ERROR(ResolveDuration(times, matrix->range_expr.get(), /*may_be_negative=*/false, &matrix->range_ms));
      return ResolveSelector(times, matrix->vector_selector.get());
    }
    case NodeKind::kSubquery: {
      auto* subquery = static_cast<SubqueryExpr*>(expr);
      ResolveAt(times, subquery->start_or_end, &subquery->timestamp);
      RETURN_IF_ERROR(
          ResolveDuration(times, subquery->original_offset_expr.get(), /*may_be_negative=*/true, &subquery->original_offset_ms));
      RETURN_IF_ERROR(ResolveDuration(times, subquery->step_expr.get(), /*may_be_negative=*/false, &subquery->step_ms));
      RETURN_IF_ERROR(ResolveDuration(times, subquery->range_expr.get(), /*may_be_negative=*/false, &subquery->range_ms));
      break;
    }
    default:
      break;
  }
  absl::Status status;
  ForEachOperand(*expr, [&](ExprPtr& child) {
    if (status.ok()) {
      status = ResolveTimes(times, child.get());
    }
  });
  return status;
}

}  // namespace tocsin::promql
