// /admin/tsdb/{delete_series,clean_tombstones,snapshot}

#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "base/strings.h"
#include "base/text/time_text.h"
#include "promql/parser.h"

namespace tocsin::api {
namespace {

Result DeleteSeries(const Sources& sources, const http::Request& request) {
  if (!request.form_error.empty()) {
    return BadData(Cat("error parsing form values: ", request.form_error));
  }
  if (!request.form.Has("match[]")) {
    return BadData("no match[] parameter provided");
  }
  const absl::StatusOr<TimestampMs> start = TimeParameter(request, "start", kApiMinTime);
  if (!start.ok()) {
    return InvalidParameter("start", Message(start.status()));
  }
  const absl::StatusOr<TimestampMs> end = TimeParameter(request, "end", kApiMaxTime);
  if (!end.ok()) {
    return InvalidParameter("end", Message(end.status()));
  }
  for (const std::string_view text : request.form.All("match[]")) {
    const absl::StatusOr<std::vector<Matcher>> matchers = promql::ParseMetricSelector(text);
    if (!matchers.ok()) {
      return InvalidParameter("match[]", Message(matchers.status()));
    }
    if (const absl::Status deleted = sources.store->Delete(*matchers, *start, *end); !deleted.ok()) {
      return Failure(ErrorType::kInternal, Message(deleted));
    }
  }
  return Result();
}

}  // namespace

void RegisterAdmin(const Sources& sources, Registrar* registrar) {
  const auto guarded = [&sources](Endpoint endpoint) {
    return [&sources, endpoint = std::move(endpoint)](const http::Request& request) {
      return sources.feature_switches.admin_api ? endpoint(request) : Failure(ErrorType::kUnavailable, "admin APIs disabled");
    };
  };
  registrar->Add("POST PUT", "/admin/tsdb/delete_series",
                 guarded([&sources](const http::Request& request) { return DeleteSeries(sources, request); }));
  // Deleted samples are gone at once: there are no tombstones to clean.
  registrar->Add("POST PUT", "/admin/tsdb/clean_tombstones", guarded([](const http::Request&) { return Result(); }));
  registrar->Add("POST PUT", "/admin/tsdb/snapshot", guarded([](const http::Request& request) {
                   if (const std::string_view skip = request.form.Get("skip_head"); !skip.empty()) {
                     if (const absl::StatusOr<bool> parsed = ParseBool(skip); !parsed.ok()) {
                       return InvalidParameter("skip_head", Cat("unable to parse boolean: ", Message(parsed.status())));
                     }
                   }
                   return Failure(ErrorType::kUnavailable, "snapshots as Prometheus blocks are not supported");
                 }));
}

}  // namespace tocsin::api
