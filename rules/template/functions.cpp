#include "rules/template/functions.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace tocsin::gotemplate {
namespace {

using FunctionIndex = absl::flat_hash_map<std::string_view, const Function*>;

const FunctionIndex& AllFunctions() {
  static const auto* const kIndex = [] {
    auto* index = new FunctionIndex();
    for (const auto table : {BuiltinFunctions(), ComparisonFunctions(), NumberFunctions(), TextFunctions(), QueryFunctions()}) {
      for (const Function& function : table) {
        index->emplace(function.name, &function);
      }
    }
    return index;
  }();
  return *kIndex;
}

}  // namespace

const Function* FindFunction(std::string_view name) {
  const auto it = AllFunctions().find(name);
  return it == AllFunctions().end() ? nullptr : it->second;
}

std::vector<std::string_view> PrometheusFunctionNames() {
  std::vector<std::string_view> names;
  for (const auto& [name, function] : AllFunctions()) {
    if (!function->builtin) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

const Function* FindMethod(Value::Kind kind, std::string_view name) {
  std::span<const Function> table;
  if (kind == Value::Kind::kTime) {
    table = TimeMethods();
  } else if (kind == Value::Kind::kDuration) {
    table = DurationMethods();
  } else if (kind == Value::Kind::kHistogram) {
    table = HistogramMethods();
  }
  for (const Function& method : table) {
    if (method.name == name) {
      return &method;
    }
  }
  return nullptr;
}

std::string_view ParamTypeName(ParamType type) {
  switch (type) {
    case ParamType::kAny:
      return "interface {}";
    case ParamType::kString:
      return "string";
    case ParamType::kInt:
      return "int";
    case ParamType::kFloat:
      return "float64";
    case ParamType::kQueryResult:
      return "template.queryResult";
    case ParamType::kSample:
      return "*template.sample";
    case ParamType::kTime:
      return "time.Time";
    case ParamType::kDuration:
      return "time.Duration";
  }
  return "";
}

}  // namespace tocsin::gotemplate
