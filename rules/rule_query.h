#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "promql/engine.h"
#include "storage/querier.h"

namespace tocsin::rules {

/// What rules ask their questions with. The pointers are borrowed.
struct QuerySource {
  promql::Engine* engine = nullptr;
  Queryable* queryable = nullptr;
  const StopToken* cancel = nullptr;  ///< null: never
  std::string log_origin = {};        ///< who asks, for the query log (promql::QueryRequest)
};

/// An instant query; a scalar becomes a vector of one element without labels. `annotations`, if given, gets the query's; `parsed`, if
/// given, is the tree of `expression`.
absl::StatusOr<promql::Vector> QueryVector(const QuerySource& source, std::string_view expression, TimestampMs t,
                                           promql::Annotations* annotations = nullptr, const promql::Expr* parsed = nullptr);

}  // namespace tocsin::rules
