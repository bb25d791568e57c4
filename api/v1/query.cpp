// /query, /query_range, /format_query

#include <algorithm>
#include <cmath>
#include <memory>

#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "api/v1/query_json.h"
#include "api/v1/query_log.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "base/text/time_text.h"
#include "promql/parser.h"

namespace tocsin::api {
namespace {

constexpr int64_t kNanosPerMillisecond = 1'000'000;
/// Enough for a week at 60 s or a year at 1 h.
constexpr int64_t kPointsPerSeriesMax = 11'000;

/// What /query and /query_range have in common.
struct QueryParameters {
  promql::QueryRequest request;
  int64_t limit = 0;
  std::string_view stats;
};

/// timeout, lookback_delta, stats, query; false with the failure in `*failure`.
bool ReadCommon(const http::Request& http_request, QueryParameters* parameters, Result* failure) {
  bool no_time = false;
  if (const std::string_view timeout = http_request.form.Get("timeout"); !timeout.empty()) {
    const absl::StatusOr<int64_t> nanos = ParseApiDuration(timeout);
    if (!nanos.ok()) {
      *failure = InvalidParameter("timeout", Message(nanos.status()));
      return false;
    }
    parameters->request.timeout_ms = std::max<int64_t>(*nanos / kNanosPerMillisecond, 1);
    no_time = *nanos <= 0;
  }
  if (const std::string_view lookback = http_request.form.Get("lookback_delta"); !lookback.empty()) {
    const absl::StatusOr<int64_t> nanos = ParseApiDuration(lookback);
    if (!nanos.ok()) {
      *failure = BadData(Cat("error parsing lookback delta duration: ", Message(nanos.status())));
      return false;
    }
    parameters->request.lookback_delta_ms = std::max<int64_t>(*nanos / kNanosPerMillisecond, 0);
  }
  if (no_time) {
    // Upstream waits for a place among the running queries before it looks at the expression.
    *failure = InvalidParameter("query", "context deadline exceeded");
    return false;
  }
  parameters->stats = http_request.form.Get("stats");
  parameters->request.per_step_stats = parameters->stats == "all";
  // An own parameter: the plan, with time and samples of each operator.
  parameters->request.profile = http_request.form.Get("profile") == "true";
  parameters->request.expression = http_request.form.Get("query");
  parameters->request.cancel = http_request.cancel;
  return true;
}

bool Truncate(int64_t limit, promql::Value* value) {
  const auto cut = [limit](auto* elements) {
    if (elements == nullptr || elements->size() <= static_cast<size_t>(limit)) {
      return false;
    }
    elements->resize(static_cast<size_t>(limit));
    return true;
  };
  return limit > 0 && (cut(std::get_if<promql::Vector>(value)) || cut(std::get_if<promql::Matrix>(value)));
}

std::string StatsWarning(std::string_view stats) {
  if (stats.empty() || stats == "true" || stats == "all") {
    return "";
  }
  return Cat("value ", GoQuoted(stats),
             " for parameter \"stats\" is deprecated and will be rejected in the next major release, use \"true\" or \"all\"");
}

Result Run(const Sources& sources, const http::Request& request, QueryParameters parameters) {
  if (parameters.request.timeout_ms > 0) {
    parameters.request.timeout_ms = std::min(parameters.request.timeout_ms, sources.engine->options().timeout_ms);
  }
  if (sources.engine->has_query_log()) {
    parameters.request.log_origin = QueryLog::Origin(request);
  }
  absl::StatusOr<promql::QueryResult> executed = sources.engine->Query(*sources.queryable, parameters.request);
  if (!executed.ok()) {
    Result failure = QueryFailure(executed.status());
    return failure.error_type == ErrorType::kBadData ? InvalidParameter("query", failure.error) : failure;
  }
  auto result = std::make_shared<promql::QueryResult>(*std::move(executed));
  Result out;
  out.warnings = result->annotations.warnings;
  out.infos = result->annotations.infos;
  if (Truncate(parameters.limit, &result->value)) {
    out.warnings.emplace_back(kTruncatedWarning);
  }
  if (std::string warning = StatsWarning(parameters.stats); !warning.empty()) {
    out.warnings.push_back(std::move(warning));
  }
  std::string stats_json;
  if (!parameters.stats.empty() || parameters.request.profile) {
    if (parameters.stats != "all") {
      result->stats.total_samples_per_step.clear();
    }
    stats_json = QueryStatsJson(result->stats, parameters.request, result->operators);
  }
  WriteQueryData(std::move(result), std::move(stats_json), &out);
  return out;
}

Result InstantQuery(const Sources& sources, const http::Request& request) {
  QueryParameters parameters;
  const absl::StatusOr<int64_t> limit = LimitParameter(request);
  if (!limit.ok()) {
    return InvalidParameter("limit", Message(limit.status()));
  }
  parameters.limit = *limit;
  const absl::StatusOr<TimestampMs> time = TimeParameter(request, "time", sources.clock->NowMs());
  if (!time.ok()) {
    return InvalidParameter("time", Message(time.status()));
  }
  parameters.request.start = parameters.request.end = *time;
  Result failure;
  return ReadCommon(request, &parameters, &failure) ? Run(sources, request, std::move(parameters)) : failure;
}

/// start, end, step and the number of points.
bool ReadRange(const http::Request& request, promql::QueryRequest* range, Result* failure) {
  const absl::StatusOr<TimestampMs> start = ParseApiTime(request.form.Get("start"));
  if (!start.ok()) {
    *failure = InvalidParameter("start", Message(start.status()));
    return false;
  }
  const absl::StatusOr<TimestampMs> end = ParseApiTime(request.form.Get("end"));
  if (!end.ok()) {
    *failure = InvalidParameter("end", Message(end.status()));
    return false;
  }
  if (*end < *start) {
    *failure = InvalidParameter("end", "end timestamp must not be before start time");
    return false;
  }
  const absl::StatusOr<int64_t> step = ParseApiDuration(request.form.Get("step"));
  if (!step.ok()) {
    *failure = InvalidParameter("step", Message(step.status()));
    return false;
  }
  if (*step <= 0) {
    *failure = InvalidParameter("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
    return false;
  }
  const double points = (static_cast<double>(*end) - static_cast<double>(*start)) * kNanosPerMillisecond / static_cast<double>(*step);
  if (std::floor(points) > kPointsPerSeriesMax) {
    *failure = BadData("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
    return false;
  }
  range->start = *start;
  range->end = *end;
  range->step_ms = std::max<int64_t>(*step / kNanosPerMillisecond, 1);
  return true;
}

Result RangeQuery(const Sources& sources, const http::Request& request) {
  QueryParameters parameters;
  const absl::StatusOr<int64_t> limit = LimitParameter(request);
  if (!limit.ok()) {
    return InvalidParameter("limit", Message(limit.status()));
  }
  parameters.limit = *limit;
  Result failure;
  if (!ReadRange(request, &parameters.request, &failure) || !ReadCommon(request, &parameters, &failure)) {
    return failure;
  }
  return Run(sources, request, std::move(parameters));
}

Result FormatQuery(const Sources& sources, const http::Request& request) {
  const absl::StatusOr<promql::ExprPtr> expr = promql::ParseExpr(request.form.Get("query"), sources.features);
  if (!expr.ok()) {
    return InvalidParameter("query", Message(expr.status()));
  }
  Result result;
  AppendJsonString(promql::Prettify(**expr), &result.data);
  return result;
}

}  // namespace

void RegisterQueries(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET POST", "/query", [&sources](const http::Request& request) { return InstantQuery(sources, request); });
  registrar->Add("GET POST", "/query_range", [&sources](const http::Request& request) { return RangeQuery(sources, request); });
  registrar->Add("GET POST", "/format_query", [&sources](const http::Request& request) { return FormatQuery(sources, request); });
}

}  // namespace tocsin::api
