#include <algorithm>

#include "base/strings.h"
#include "rules/template/functions.h"

/// Prometheus's functions on the results of queries.
namespace tocsin::gotemplate {
namespace {

using Args = std::span<const Value>;

absl::StatusOr<Value> Query(const FunctionContext& context, Args args) {
  if (context.query == nullptr || !*context.query) {
    return absl::FailedPreconditionError("no queries here");
  }
  auto vector = (*context.query)(args[0].text(), context.now);
  if (!vector.ok()) {
    return vector.status();
  }
  auto result = std::make_shared<QuerySamples>();
  result->reserve(vector->size());
  for (promql::VectorSample& sample : *vector) {
    auto one = std::make_shared<QuerySample>();
    one->labels = std::make_shared<const Labels>(std::move(sample.labels));
    one->value = sample.point.histogram != nullptr ? Value(sample.point.histogram) : Value(sample.point.value);
    result->push_back(std::move(one));
  }
  return Value(std::shared_ptr<const QuerySamples>(std::move(result)));
}

absl::StatusOr<Value> First(const FunctionContext&, Args args) {
  if (!args[0].valid() || args[0].query_result().empty()) {
    return absl::OutOfRangeError("first() called on vector with no elements");
  }
  return Value(args[0].query_result().front());
}

/// The sample of an argument, or Go's text for a nil pointer.
absl::StatusOr<const QuerySample*> SampleArgument(const Value& value) {
  if (!value.valid() || value.sample() == nullptr) {
    return absl::InvalidArgumentError("runtime error: invalid memory address or nil pointer dereference");
  }
  return value.sample().get();
}

absl::StatusOr<Value> LabelOf(const FunctionContext&, Args args) {
  const auto sample = SampleArgument(args[1]);
  if (!sample.ok()) {
    return sample.status();
  }
  return Value((*sample)->labels->Get(args[0].text()));
}

absl::StatusOr<Value> ValueOf(const FunctionContext&, Args args) {
  const auto sample = SampleArgument(args[0]);
  if (!sample.ok()) {
    return sample.status();
  }
  return (*sample)->value;
}

absl::StatusOr<Value> StrValue(const FunctionContext&, Args args) {
  const auto sample = SampleArgument(args[0]);
  if (!sample.ok()) {
    return sample.status();
  }
  return Value((*sample)->labels->Get("__value__"));
}

absl::StatusOr<Value> SortByLabel(const FunctionContext&, Args args) {
  if (!args[1].valid()) {
    return args[1];
  }
  auto sorted = std::make_shared<QuerySamples>(args[1].query_result());
  const std::string& label = args[0].text();
  std::stable_sort(sorted->begin(), sorted->end(),
                   [&label](const QuerySamplePtr& a, const QuerySamplePtr& b) { return a->labels->Get(label) < b->labels->Get(label); });
  return Value(std::shared_ptr<const QuerySamples>(std::move(sorted)));
}

}  // namespace

std::span<const Function> QueryFunctions() {
  static const Function kTable[] = {
      {"query", {ParamType::kString}, false, false, Query},
      {"first", {ParamType::kQueryResult}, false, false, First},
      {"label", {ParamType::kString, ParamType::kSample}, false, false, LabelOf},
      {"value", {ParamType::kSample}, false, false, ValueOf},
      {"strvalue", {ParamType::kSample}, false, false, StrValue},
      {"sortByLabel", {ParamType::kString, ParamType::kQueryResult}, false, false, SortByLabel},
  };
  return kTable;
}

}  // namespace tocsin::gotemplate
