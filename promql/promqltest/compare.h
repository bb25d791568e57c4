#pragma once

#include <string>

#include "absl/status/status.h"
#include "promql/engine.h"
#include "promql/promqltest/script.h"

namespace tocsin::promql::promqltest {

/// OK when the outcome of a query is the expected one; else an error whose text tells the difference.

absl::Status CompareError(const EvalCommand& eval, const absl::Status& status);
absl::Status CompareAnnotations(const EvalCommand& eval, const Annotations& annotations);
absl::Status CompareValue(const EvalCommand& eval, const Value& value);

/// The points of a range query at `t` against what an instant query at `t` shall give.
absl::Status CompareAtStep(const EvalCommand& eval, const Matrix& matrix, TimestampMs t, bool is_scalar);

}  // namespace tocsin::promql::promqltest
