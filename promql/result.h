#pragma once

#include "absl/status/statusor.h"
#include "promql/engine.h"
#include "promql/exec/operator.h"
#include "promql/operators/range_source.h"

namespace tocsin::promql {

/// Turn what the operators give into the values that clients get: metric names that were to go are gone, matrices are sorted by labels.

/// Reads all rows of an opened operator. `is_range`: a matrix, else a vector or, for scalars, a scalar.
absl::StatusOr<Value> ReadResult(QueryContext& context, Operator& root, bool is_range, bool is_scalar);

/// The samples of an opened range vector at its one step.
absl::StatusOr<Value> ReadRangeResult(QueryContext& context, RangeSource& source, const StepRange& steps, const Expr& expr);

}  // namespace tocsin::promql
