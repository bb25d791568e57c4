#include "api/receive/federation.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "api/receive/federation_format.h"
#include "api/receive/write_protocol.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "promql/parser.h"

namespace tocsin {
namespace {

/// Of a series: its labels, views of them and its lines, about so much.
constexpr int64_t kFederatedSeriesBytes = 1200;

struct NewestSample {
  Labels labels;
  Sample sample;
};

/// The series of all selectors, each once, by name and then in order of their labels.
absl::StatusOr<std::vector<NewestSample>> SelectNewest(Querier& querier, const std::vector<std::vector<Matcher>>& selectors,
                                                       TimestampMs min_t, TimestampMs max_t, MemoryBudget* memory_budget) {
  std::vector<NewestSample> newest;
  absl::flat_hash_set<uint64_t> seen;
  for (const std::vector<Matcher>& matchers : selectors) {
    ASSIGN_OR_RETURN(const SeriesList list, querier.Select(matchers, {min_t, max_t}));
    RETURN_IF_ERROR(MakeRoom(memory_budget, static_cast<int64_t>(list.size()) * kFederatedSeriesBytes));
    for (const std::unique_ptr<SelectedSeries>& series : list) {
      Sample sample;
      if (!seen.insert(series->id()).second || !series->ReadLast(min_t, max_t, &sample) || IsStaleNaN(sample.value)) {
        continue;
      }
      Labels labels = series->labels();
      if (!labels.metric_name().empty()) {
        newest.push_back({std::move(labels), std::move(sample)});
      }
    }
  }
  std::sort(newest.begin(), newest.end(), [](const NewestSample& a, const NewestSample& b) {
    const int order = a.labels.metric_name().compare(b.labels.metric_name());
    return order != 0 ? order < 0 : a.labels < b.labels;
  });
  return newest;
}

FederatedMetric WithExternal(const NewestSample& newest, const std::map<std::string, std::string>& external) {
  FederatedMetric metric{newest.labels.metric_name(), {}, newest.sample};
  for (const Label& label : newest.labels) {
    if (label.name != kMetricName) {
      metric.labels.push_back(label);
    }
  }
  for (const auto& [name, value] : external) {
    if (!newest.labels.Has(name)) {
      metric.labels.push_back({name, value});
    }
  }
  return metric;
}

}  // namespace

FederationHandler::FederationHandler(Queryable& store, const Clock& clock, DurationMs lookback_ms, std::function<Labels()> external_labels,
                                     prometheus::Registry& metrics, MemoryBudget* memory_budget)
    : store_(store),
      clock_(clock),
      lookback_ms_(lookback_ms),
      external_labels_(std::move(external_labels)),
      errors_(prometheus::BuildCounter()
                  .Name("prometheus_web_federation_errors_total")
                  .Help("Total number of errors that occurred while sending federation responses.")
                  .Register(metrics)
                  .Add({})),
      memory_budget_(memory_budget) {
  prometheus::BuildCounter()
      .Name("prometheus_web_federation_warnings_total")
      .Help("Total number of warnings that occurred while sending federation responses.")
      .Register(metrics)
      .Add({});
}

http::Response FederationHandler::Handle(const http::Request& request) {
  if (!request.form_error.empty()) {
    return WriteError(400, Cat("error parsing form values: ", request.form_error));
  }
  std::vector<std::vector<Matcher>> selectors;
  for (const std::string_view text : request.form.All("match[]")) {
    absl::StatusOr<std::vector<Matcher>> matchers = promql::ParseMetricSelector(text);
    if (!matchers.ok()) {
      return WriteError(400, Message(matchers.status()));
    }
    selectors.push_back(*std::move(matchers));
  }
  const TimestampMs now = clock_.NowMs();
  const absl::StatusOr<std::unique_ptr<Querier>> querier = store_.OpenQuerier(now - lookback_ms_, now);
  if (!querier.ok()) {
    errors_.Increment();
    return WriteError(absl::IsUnavailable(querier.status()) ? 503 : 500, Message(querier.status()));
  }
  const absl::StatusOr<std::vector<NewestSample>> newest = SelectNewest(**querier, selectors, now - lookback_ms_, now, memory_budget_);
  if (!newest.ok()) {
    errors_.Increment();
    return WriteError(absl::IsResourceExhausted(newest.status()) ? 422 : 500, Message(newest.status()));
  }
  std::map<std::string, std::string> external = {{"instance", ""}};
  for (const Label& label : external_labels_()) {
    external[std::string(label.name)] = label.value;
  }
  std::vector<FederatedMetric> metrics;
  metrics.reserve(newest->size());
  for (const NewestSample& one : *newest) {
    metrics.push_back(WithExternal(one, external));
  }
  const FederationFormat format = NegotiateFederationFormat(request.Header("Accept"));
  http::Response response;
  response.Set("Content-Type", format.content_type);
  response.body = WriteFederation(metrics, format);
  return response;
}

}  // namespace tocsin
