// /parse_query

#include "api/v1/api.h"
#include "base/json/writer.h"
#include "promql/ast_json.h"
#include "promql/parser.h"

namespace tocsin::api {

void RegisterParseQuery(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET POST", "/parse_query", [&sources](const http::Request& request) {
    const absl::StatusOr<promql::ExprPtr> expr = promql::ParseExpr(request.form.Get("query"), sources.features);
    if (!expr.ok()) {
      return InvalidParameter("query", Message(expr.status()));
    }
    Result result;
    JsonWriter json(&result.data);
    promql::WriteExprJson(**expr, &json);
    return result;
  });
}

}  // namespace tocsin::api
