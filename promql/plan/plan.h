#pragma once

#include <functional>

#include "absl/status/status.h"
#include "promql/ast.h"
#include "promql/exec/steps.h"

namespace tocsin::promql {

/// The times of a query as a whole: what start(), end(), step() and range() mean. An instant query has a step of 0.
struct QueryTimes {
  TimestampMs start = 0;
  TimestampMs end = 0;
  DurationMs step = 0;
};

/// Passes from the parsed tree to the one that operators are made from. Each changes the tree in place.

/// Calls of start(), end(), range() and step() become numbers.
void FoldQueryContext(const QueryTimes& times, ExprPtr* expr);

/// Duration expressions become durations, @ start() and @ end() times. Errors: a division by zero, a range that is not positive, ...
absl::Status ResolveTimes(const QueryTimes& times, Expr* expr);

/// Scalar operators between numbers become numbers.
void FoldConstants(ExprPtr* expr);

/// Parts that have the same value at all steps are wrapped in StepInvariantExpr, the largest such part each, and parentheses around
/// arguments of functions and aggregations go.
void WrapStepInvariantParts(ExprPtr* expr);

/// All of them, in order.
absl::Status Plan(const QueryTimes& times, ExprPtr* expr);

/// f(child) for each expression directly below `expr` (durations are not expressions in this sense), in order of evaluation.
void ForEachOperand(Expr& expr, const std::function<void(ExprPtr&)>& f);

/// The expression inside any parentheses and step-invariant marks.
const Expr& Unwrapped(const Expr& expr);

}  // namespace tocsin::promql
