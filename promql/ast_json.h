#pragma once

#include "base/json/writer.h"
#include "promql/ast.h"

namespace tocsin::promql {

/// Writes the tree as the answer of /api/v1/parse_query has it (upstream's web/api/v1/translate_ast.go), keys in alphabetical order.
void WriteExprJson(const Expr& expr, JsonWriter* json);

}  // namespace tocsin::promql
