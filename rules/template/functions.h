#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/types.h"
#include "promql/engine.h"
#include "rules/template/value.h"

namespace tocsin::gotemplate {

/// Runs an instant query for the function `query`.
using QueryFunction = std::function<absl::StatusOr<promql::Vector>(std::string_view expression, TimestampMs t)>;

/// What functions know of the expansion they serve.
struct FunctionContext {
  TimestampMs now = 0;
  std::string_view external_url;
  const QueryFunction* query = nullptr;  // null: query() fails
};

/// The type that Go's reflection would ask of an argument.
enum class ParamType { kAny, kString, kInt, kFloat, kQueryResult, kSample, kTime, kDuration };
std::string_view ParamTypeName(ParamType type);

/// A function of templates. `call` gets as many arguments as `params` tells, of the right types.
struct Function {
  std::string_view name;
  std::vector<ParamType> params;
  bool variadic = false;  // the last parameter any number of times
  bool builtin = false;   // of text/template itself
  absl::StatusOr<Value> (*call)(const FunctionContext& context, std::span<const Value> args);
};

/// Go's built-ins and Prometheus's 29 functions; null when there is none of the name. To add one: a line in the table of builtins.cpp,
/// number_functions.cpp or text_functions.cpp.
const Function* FindFunction(std::string_view name);

/// The names of Prometheus's own functions, sorted.
std::vector<std::string_view> PrometheusFunctionNames();

/// A method of a value of a kind ("Format" of a time); the first argument of `call` is the value itself and not among `params`.
const Function* FindMethod(Value::Kind kind, std::string_view name);

// The tables, each in the file of its name.
std::span<const Function> BuiltinFunctions();
std::span<const Function> ComparisonFunctions();
std::span<const Function> NumberFunctions();
std::span<const Function> TextFunctions();
std::span<const Function> QueryFunctions();
std::span<const Function> TimeMethods();
std::span<const Function> DurationMethods();
std::span<const Function> HistogramMethods();

/// Number from what templates pass: float, integer, numeric text, duration (seconds).
absl::StatusOr<double> ToFloat(const Value& value);

/// What html, js and urlquery take: one text as it is, else all as print does.
std::string JoinedText(std::span<const Value> args);
std::string HtmlEscaped(std::string_view text);

/// net/url.QueryEscape
std::string QueryEscaped(std::string_view text);

/// "/graph?g0.expr=<escaped>&g0.tab=1", the path of upstream's table view of an expression.
std::string TableLink(std::string_view expression);

}  // namespace tocsin::gotemplate
