#include "tests/differential/chosen_queries.h"

#include "base/strings.h"
#include "promql/ast.h"

namespace tocsin::differential {
namespace {

using promql::ValueType;

// Different in each place, so that a function sees scalars that make sense and ones that do not.
std::vector<std::string> Arguments(ValueType type) {
  switch (type) {
    case ValueType::kScalar:
      return {"0.5", "2", "-1", "NaN"};
    case ValueType::kString:
      return {"\"job\"", "\"\""};
    case ValueType::kMatrix:
      return {"requests_total[5m]",
              "temperature[3m17s]",
              "queue_length[10m] offset 90s",
              "latency_native[5m]",
              "latency_custom[5m]",
              "{__name__=~\"latency_.+\",job=\"api\"}[2m]",
              "sum by (job) (temperature)[6m:40s]",
              "rate(latency_native[1m])[4m:]",
              "temperature[20s]",
              "requests_total[5m] @ end()"};
    default:
      return {"requests_total",
              "temperature",
              "latency_bucket",
              "latency_native",
              "latency_custom",
              "rate(latency_native[5m])",
              "sum by (le) (rate(latency_bucket[5m]))",
              "{__name__=~\"latency_.*\"}",
              "queue_length > 5",
              "-temperature / 0"};
  }
}

void AddCalls(std::vector<std::string>* queries) {
  for (const promql::Function& function : promql::AllFunctions()) {
    if (function.name == "info" || function.name == "start_timestamp" || function.name.starts_with("sort")) {
      continue;
    }
    size_t variants = 1;
    for (const ValueType type : function.arg_types) {
      variants = std::max(variants, Arguments(type).size());
    }
    for (size_t variant = 0; variant < variants; ++variant) {
      std::string args;
      for (size_t i = 0; i < function.arg_types.size(); ++i) {
        const std::vector<std::string> choices = Arguments(function.arg_types[i]);
        Append(&args, i > 0 ? ", " : "", choices[(variant + i) % choices.size()]);
      }
      queries->push_back(Cat(function.name, "(", args, ")"));
    }
  }
}

void AddAggregations(std::vector<std::string>* queries) {
  for (const std::string_view op : {"sum", "avg", "min", "max", "group", "count", "stddev", "stdvar"}) {
    for (const std::string& input : Arguments(ValueType::kVector)) {
      queries->push_back(Cat(op, " (", input, ")"));
      queries->push_back(Cat(op, " by (job) (", input, ")"));
    }
  }
  for (const std::string& input : Arguments(ValueType::kVector)) {
    queries->push_back(Cat("count_values(\"v\", ", input, ")"));
    queries->push_back(Cat("quantile by (job) (0.9, ", input, ")"));
    queries->push_back(Cat("count(topk by (job) (2, ", input, "))"));
    queries->push_back(Cat("sum(bottomk(3, ", input, "))"));
    queries->push_back(Cat("count(limitk(2, ", input, "))"));
    queries->push_back(Cat("count(limit_ratio(0.5, ", input, "))"));
  }
}

void AddOperators(std::vector<std::string>* queries) {
  const std::vector<std::string> sides = {"temperature", "latency_native", "latency_custom", "rate(latency_native[5m])", "2", "-0.5"};
  for (const std::string_view op : {"+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<=", "== bool", ">= bool"}) {
    for (const std::string& lhs : sides) {
      for (const std::string& rhs : sides) {
        queries->push_back(Cat(lhs, " ", op, " ", rhs));
      }
    }
  }
  for (const std::string_view op : {"and", "or", "unless"}) {
    queries->push_back(Cat("temperature ", op, " queue_length"));
    queries->push_back(Cat("latency_native ", op, " on (job) latency_custom"));
    queries->push_back(Cat("requests_total ", op, " ignoring (code) temperature"));
    queries->push_back(Cat("temperature ", op, " on () vector(1)"));
  }
}

void AddOthers(std::vector<std::string>* queries) {
  for (const std::string_view query : {
           "temperature",
           "temperature[1m]",
           "1",
           "\"text\"",
           "Inf",
           "-NaN",
           "0x1F + 1_000",
           "5m",
           "{job=\"api\",__name__!=\"x\"}",
           "temperature offset 5m",
           "temperature @ 1700001000",
           "temperature @ start() offset -1m",
           "latency_native[2m]",
           "latency_custom",
           "requests_total{code!~\"2..\"} / ignoring (code) group_left sum without (code) (requests_total)",
           "requests_total * on (job) temperature",
           "temperature * on (job) group_left requests_total",
           "requests_total * on (job, instance) group_left (version) build_info",
           "histogram_quantile(0.9, sum by (job, le) (rate(latency_bucket[5m])))",
           "histogram_quantile(0.9, sum by (job) (rate(latency_native[5m])))",
           "histogram_quantile(0.9, sum(rate(latency_custom[5m])))",
           "histogram_fraction(0, 0.5, rate(latency_native[5m]))",
           "histogram_avg(rate(latency_custom[5m]))",
           "sum(latency_native) + sum(latency_custom)",
           "avg_over_time(rate(latency_native[1m])[5m:30s])",
           "label_replace(temperature, \"x\", \"${1}_$2\", \"job\", \"(.)(.*)\")",
           "label_replace(temperature, \"job\", \"\", \"job\", \".*\")",
           "label_replace(temperature, \"a b\", \"$1\", \"job\", \"(.*)\")",
           "label_join(temperature, \"job\", \"/\", \"job\", \"instance\")",
           "absent(missing{a=\"1\",b=~\"2\",a=\"3\"})",
           "absent_over_time(missing{a=\"1\"}[5m])",
           "vector(time()) % 60",
           "sum_over_time(temperature[1h:7m])",
           "max_over_time(deriv(temperature[5m])[10m:1m])",
           "quantile_over_time(0.1, temperature[5m])",
           "predict_linear(temperature[10m], 600)",
           "clamp(temperature, 3, 1)",
           "round(temperature, 0)",
           "sgn(temperature - 10)",
           "sum(temperature) by (job) > 0 or vector(0)",
           "scalar(temperature)",
           "scalar(sum(temperature)) * temperature",
           "temperature[5m + 30s]",
           "rate(requests_total[2m * 2])",
           "temperature offset (1m + 1m)",
           "count({__name__=~\".+\"}) by (__name__)",
           "sum({__name__=~\"temperature|queue_length\"}) by (__name__)",
           "rate({__name__=~\"requests_total|temperature\"}[5m])",
           "changes(queue_length[20m])",
           "resets(latency_native[1h])",
           "changes(latency_native[10m])",
           "double_exponential_smoothing(temperature[5m], 0.5, 0.5)",
           "info(temperature, {__name__=\"build_info\"})",
           "sum(temperature",
           "temperature{",
           "rate(temperature)",
           "temperature + ",
           "nothing(1)",
           "temperature{job=~\"(\"}",
           "1 == 2",
           "sum by (1) (temperature)",
           "topk(temperature)",
           "temperature[5x]",
           "temperature and 1",
       }) {
    queries->emplace_back(query);
  }
}

}  // namespace

std::vector<std::string> ChosenQueries() {
  std::vector<std::string> queries;
  AddCalls(&queries);
  AddAggregations(&queries);
  AddOperators(&queries);
  AddOthers(&queries);
  return queries;
}

}  // namespace tocsin::differential
