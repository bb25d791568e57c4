#include "rules/rule_query.h"

#include "base/status.h"

namespace tocsin::rules {

absl::StatusOr<promql::Vector> QueryVector(const QuerySource& source, std::string_view expression, TimestampMs t,
                                           promql::Annotations* annotations, const promql::Expr* parsed) {
  promql::QueryRequest request;
  request.expression = expression;
  request.parsed = parsed;
  request.start = t;
  request.end = t;
  request.cancel = source.cancel;
  request.log_origin = source.log_origin;
  ASSIGN_OR_RETURN(promql::QueryResult result, source.engine->Query(*source.queryable, request));
  if (annotations != nullptr) {
    *annotations = std::move(result.annotations);
  }
  if (auto* vector = std::get_if<promql::Vector>(&result.value)) {
    return std::move(*vector);
  }
  if (const auto* scalar = std::get_if<promql::Scalar>(&result.value)) {
    promql::Vector vector(1);
    vector[0].point.t = scalar->t;
    vector[0].point.value = scalar->value;
    return vector;
  }
  return absl::FailedPreconditionError("rule result is not a vector or scalar");
}

}  // namespace tocsin::rules
