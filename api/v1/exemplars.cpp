// /query_exemplars

#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "api/v1/selectors_of.h"
#include "base/json/writer.h"
#include "base/text/time_text.h"
#include "promql/parser.h"

namespace tocsin::api {
namespace {

void WriteSeriesExemplars(const Head::SeriesExemplars& series, JsonWriter* json) {
  json->BeginObject();
  json->Key("seriesLabels");
  json->LabelSet(series.labels);
  json->Key("exemplars");
  json->BeginArray();
  for (const Exemplar& exemplar : series.exemplars) {
    json->BeginObject();
    json->Key("labels");
    json->LabelSet(exemplar.labels);
    json->Key("value");
    json->SampleValue(exemplar.value);
    json->Key("timestamp");
    json->Timestamp(exemplar.t);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

Result QueryExemplars(const Sources& sources, const http::Request& request) {
  const absl::StatusOr<TimestampMs> start = TimeParameter(request, "start", kApiMinTime);
  if (!start.ok()) {
    return InvalidParameter("start", Message(start.status()));
  }
  const absl::StatusOr<TimestampMs> end = TimeParameter(request, "end", kApiMaxTime);
  if (!end.ok()) {
    return InvalidParameter("end", Message(end.status()));
  }
  if (*end < *start) {
    return BadData("end timestamp must not be before start timestamp");
  }
  const absl::StatusOr<promql::ExprPtr> expr = promql::ParseExpr(request.form.Get("query"), sources.features);
  if (!expr.ok()) {
    return BadData(Message(expr.status()));
  }
  const MatcherSets selectors = SelectorsOf(**expr);
  Result result;
  if (selectors.empty()) {
    return result;
  }
  JsonWriter json(&result.data);
  json.BeginArray();
  for (const Head::SeriesExemplars& series : sources.store->SelectExemplars(selectors, *start, *end)) {
    WriteSeriesExemplars(series, &json);
  }
  json.EndArray();
  return result;
}

}  // namespace

void RegisterExemplars(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET POST", "/query_exemplars", [&sources](const http::Request& request) { return QueryExemplars(sources, request); });
}

}  // namespace tocsin::api
