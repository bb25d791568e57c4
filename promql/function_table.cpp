#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "promql/ast.h"

namespace tocsin::promql {
namespace {

constexpr ValueType kScalarType = ValueType::kScalar;
constexpr ValueType kVectorType = ValueType::kVector;
constexpr ValueType kMatrixType = ValueType::kMatrix;
constexpr ValueType kStringType = ValueType::kString;
constexpr bool kExperimentalFunction = true;

void AddAll(std::initializer_list<std::string_view> names, const Function& signature, std::vector<Function>* table) {
  for (const std::string_view name : names) {
    table->push_back(signature);
    table->back().name = name;
  }
}

void AddVectorFunctions(std::vector<Function>* table) {
  AddAll({"abs",
          "absent",
          "acos",
          "acosh",
          "asin",
          "asinh",
          "atan",
          "atanh",
          "ceil",
          "cos",
          "cosh",
          "deg",
          "exp",
          "floor",
          "histogram_avg",
          "histogram_count",
          "histogram_stddev",
          "histogram_stdvar",
          "histogram_sum",
          "ln",
          "log10",
          "log2",
          "rad",
          "sgn",
          "sin",
          "sinh",
          "sort",
          "sort_desc",
          "sqrt",
          "tan",
          "tanh",
          "timestamp"},
         {"", {kVectorType}}, table);
  AddAll({"day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"}, {"", {kVectorType}, 1}, table);
  AddAll({"start_timestamp"}, {"", {kVectorType}, 0, kVectorType, kExperimentalFunction}, table);
  AddAll({"clamp"}, {"", {kVectorType, kScalarType, kScalarType}}, table);
  AddAll({"clamp_max", "clamp_min"}, {"", {kVectorType, kScalarType}}, table);
  AddAll({"round"}, {"", {kVectorType, kScalarType}, 1}, table);
  AddAll({"histogram_fraction"}, {"", {kScalarType, kScalarType, kVectorType}}, table);
  AddAll({"histogram_quantile"}, {"", {kScalarType, kVectorType}}, table);
  AddAll({"histogram_quantiles"}, {"", {kVectorType, kStringType, kScalarType, kScalarType}, 9, kVectorType, kExperimentalFunction}, table);
  AddAll({"info"}, {"", {kVectorType, kVectorType}, 1, kVectorType, kExperimentalFunction}, table);
  AddAll({"label_replace"}, {"", {kVectorType, kStringType, kStringType, kStringType, kStringType}}, table);
  AddAll({"label_join"}, {"", {kVectorType, kStringType, kStringType, kStringType}, -1}, table);
  AddAll({"sort_by_label", "sort_by_label_desc"}, {"", {kVectorType, kStringType}, -1, kVectorType, kExperimentalFunction}, table);
  AddAll({"scalar"}, {"", {kVectorType}, 0, kScalarType}, table);
  AddAll({"vector"}, {"", {kScalarType}}, table);
}

void AddRangeFunctions(std::vector<Function>* table) {
  AddAll({"absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "first_over_time", "idelta", "increase",
          "irate", "last_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets", "stddev_over_time",
          "stdvar_over_time", "sum_over_time"},
         {"", {kMatrixType}}, table);
  AddAll({"mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"},
         {"", {kMatrixType}, 0, kVectorType, kExperimentalFunction}, table);
  AddAll({"double_exponential_smoothing"}, {"", {kMatrixType, kScalarType, kScalarType}, 0, kVectorType, kExperimentalFunction}, table);
  AddAll({"predict_linear"}, {"", {kMatrixType, kScalarType}}, table);
  AddAll({"quantile_over_time"}, {"", {kScalarType, kMatrixType}}, table);
}

void AddScalarFunctions(std::vector<Function>* table) {
  AddAll({"pi", "time"}, {"", {}, 0, kScalarType}, table);
  AddAll({"end", "range", "start", "step"}, {"", {}, 0, kScalarType, kExperimentalFunction}, table);
  AddAll({"max_of", "min_of"}, {"", {kScalarType, kScalarType}, 0, kScalarType, kExperimentalFunction}, table);
}

const std::vector<Function>& FunctionTable() {
  static const auto& table = *[] {
    auto* functions = new std::vector<Function>;
    AddVectorFunctions(functions);
    AddRangeFunctions(functions);
    AddScalarFunctions(functions);
    std::sort(functions->begin(), functions->end(), [](const Function& a, const Function& b) { return a.name < b.name; });
    return functions;
  }();
  return table;
}

}  // namespace

std::span<const Function> AllFunctions() { return FunctionTable(); }

const Function* FindFunction(std::string_view name) {
  static const auto& by_name = *[] {
    auto* map = new absl::flat_hash_map<std::string_view, const Function*>;
    for (const Function& function : FunctionTable()) {
      map->emplace(function.name, &function);
    }
    return map;
  }();
  const auto it = by_name.find(name);
  return it == by_name.end() ? nullptr : it->second;
}

}  // namespace tocsin::promql
