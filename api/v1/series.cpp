// /series, /labels, /label/:name/values

#include <algorithm>
#include <memory>
#include <set>

#include "api/v1/api.h"
#include "api/v1/name_escaping.h"
#include "api/v1/parameters.h"
#include "base/json/writer.h"
#include "base/memory_budget.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "base/text/time_text.h"

namespace tocsin::api {
namespace {

/// Of a series in a list, with its text in the answer: about so much.
constexpr int64_t kListedSeriesBytes = 600;

struct Selection {
  int64_t limit = 0;
  TimeRange range;
  MatcherSets sets;
};

/// limit, start, end and match[]; false with the failure in `*failure`.
bool ReadSelection(const http::Request& request, Selection* selection, Result* failure) {
  const absl::StatusOr<int64_t> limit = LimitParameter(request);
  if (!limit.ok()) {
    *failure = InvalidParameter("limit", Message(limit.status()));
    return false;
  }
  const absl::StatusOr<TimestampMs> start = TimeParameter(request, "start", kApiMinTime);
  if (!start.ok()) {
    *failure = InvalidParameter("start", Message(start.status()));
    return false;
  }
  const absl::StatusOr<TimestampMs> end = TimeParameter(request, "end", kApiMaxTime);
  if (!end.ok()) {
    *failure = InvalidParameter("end", Message(end.status()));
    return false;
  }
  absl::StatusOr<MatcherSets> sets = MatchersParameter(request);
  if (!sets.ok()) {
    *failure = BadData(Message(sets.status()));
    return false;
  }
  *selection = {.limit = *limit, .range = {.start = *start, .end = *end}, .sets = *std::move(sets)};
  return true;
}

Result TextList(std::vector<std::string> texts, int64_t limit) {
  Result result;
  if (limit > 0 && texts.size() > static_cast<size_t>(limit)) {
    texts.resize(static_cast<size_t>(limit));
    result.warnings.emplace_back(kTruncatedWarning);
  }
  JsonWriter json(&result.data);
  json.BeginArray();
  for (const std::string& text : texts) {
    json.String(text);
  }
  json.EndArray();
  return result;
}

/// Names or values over the union of the matcher sets: `get` asks the querier for one set.
template <typename Get>
Result ListUnion(const Sources& sources, const Selection& selection, Get get) {
  absl::StatusOr<std::unique_ptr<Querier>> querier = sources.queryable->OpenQuerier(selection.range.start, selection.range.end);
  if (!querier.ok()) {
    return QueryFailure(querier.status());
  }
  MatcherSets sets = selection.sets;
  if (sets.empty()) {
    sets.emplace_back();
  }
  std::set<std::string> merged;
  for (const std::vector<Matcher>& matchers : sets) {
    absl::StatusOr<std::vector<std::string>> texts = get(**querier, matchers);
    if (!texts.ok()) {
      return Failure(ErrorType::kExecution, Message(texts.status()));
    }
    if (sets.size() == 1) {
      return TextList(*std::move(texts), selection.limit);
    }
    merged.insert(texts->begin(), texts->end());
  }
  return TextList({merged.begin(), merged.end()}, selection.limit);
}

Result LabelNames(const Sources& sources, const http::Request& request) {
  Selection selection;
  Result failure;
  if (!ReadSelection(request, &selection, &failure)) {
    return failure;
  }
  return ListUnion(sources, selection, [](Querier& querier, const std::vector<Matcher>& matchers) { return querier.LabelNames(matchers); });
}

Result LabelValues(const Sources& sources, const http::Request& request) {
  std::string name = request.path_parameters.front();
  if (name.starts_with(kEscapedNamePrefix)) {
    name = UnescapeName(name);
  }
  if (name.empty() || !IsValidUtf8(name)) {
    return BadData(Cat("invalid label name: ", GoQuoted(name)));
  }
  Selection selection;
  Result failure;
  if (!ReadSelection(request, &selection, &failure)) {
    return failure;
  }
  return ListUnion(sources, selection,
                   [&name](Querier& querier, const std::vector<Matcher>& matchers) { return querier.LabelValues(name, matchers); });
}

/// One matcher set: the series in the order of their labels, cut behind the limit.
absl::Status CollectSeries(const Sources& sources, Querier& querier, const std::vector<Matcher>& matchers, const TimeRange& range,
                           const http::Request& request, std::set<Labels>* found) {
  absl::StatusOr<SeriesList> list = querier.Select(matchers, {.min_t = range.start, .max_t = range.end});
  if (!list.ok()) {
    return list.status();
  }
  if (absl::Status room = MakeRoom(sources.memory_budget, static_cast<int64_t>(list->size()) * kListedSeriesBytes); !room.ok()) {
    return room;
  }
  for (const std::unique_ptr<SelectedSeries>& series : *list) {
    if (request.cancelled()) {
      return absl::CancelledError("context canceled");
    }
    found->insert(series->labels());
  }
  return absl::OkStatus();
}

Result Series(const Sources& sources, const http::Request& request) {
  if (!request.form_error.empty()) {
    return BadData(Cat("error parsing form values: ", request.form_error));
  }
  if (!request.form.Has("match[]")) {
    return BadData("no match[] parameter provided");
  }
  if (const absl::StatusOr<MatcherSets> sets = MatchersParameter(request);
      !sets.ok() && LimitParameter(request).ok() && TimeParameter(request, "start", 0).ok() && TimeParameter(request, "end", 0).ok()) {
    return InvalidParameter("match[]", Message(sets.status()));
  }
  Selection selection;
  Result failure;
  if (!ReadSelection(request, &selection, &failure)) {
    return failure;
  }
  absl::StatusOr<std::unique_ptr<Querier>> querier = sources.queryable->OpenQuerier(selection.range.start, selection.range.end);
  if (!querier.ok()) {
    return QueryFailure(querier.status());
  }
  std::set<Labels> found;
  for (const std::vector<Matcher>& matchers : selection.sets) {
    if (const absl::Status status = CollectSeries(sources, **querier, matchers, selection.range, request, &found); !status.ok()) {
      return QueryFailure(status);
    }
  }
  Result result;
  JsonWriter json(&result.data);
  json.BeginArray();
  int64_t written = 0;
  for (const Labels& labels : found) {
    if (selection.limit > 0 && written == selection.limit) {
      result.warnings.emplace_back(kTruncatedWarning);
      break;
    }
    json.LabelSet(labels);
    ++written;
  }
  json.EndArray();
  return result;
}

}  // namespace

void RegisterSeries(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET POST", "/series", [&sources](const http::Request& request) { return Series(sources, request); });
  registrar->Add("GET POST", "/labels", [&sources](const http::Request& request) { return LabelNames(sources, request); });
  registrar->Add("GET", "/label/:name/values", [&sources](const http::Request& request) { return LabelValues(sources, request); });
}

}  // namespace tocsin::api
