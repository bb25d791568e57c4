#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "promql/ast.h"
#include "promql/engine.h"

namespace tocsin::promql {

/// One error of a query's text. Its text for users: "1:5: parse error: ..." (line:column, 1-based).
struct ParseError {
  PositionRange pos;
  std::string message;
};

/// Longest query text and deepest nesting that are read.
inline constexpr size_t kMaxQueryBytes = 1 << 20;
inline constexpr int kMaxParseDepth = 1000;

/// The tree of `text`, types checked. The error's message is the text that users see (the first error).
/// When `errors` is given it receives all of them.
absl::StatusOr<ExprPtr> ParseExpr(std::string_view text, const LanguageFeatures& features, std::vector<ParseError>* errors = nullptr);

/// "1:5" (line:column, 1-based) of a byte offset; "unknown position" in an empty query.
std::string FormatPosition(std::string_view query, int32_t offset);

/// A series selector alone, as in match[]: `up{job="x"}`.
absl::StatusOr<std::vector<Matcher>> ParseMetricSelector(std::string_view text);

/// A metric as in rule tests: `m{a="b"}`, `{"utf8.name"}`.
absl::StatusOr<Labels> ParseMetric(std::string_view text);

/// Printed as upstream's Expr.String(); parses back to an equal tree.
std::string ToString(const Expr& expr);

/// Printed over several lines where it is longer than a line: upstream's Prettify, two spaces a level.
inline constexpr size_t kPrettyLineLength = 100;
std::string Prettify(const Expr& expr, size_t line_length = kPrettyLineLength);

/// A deep copy.
ExprPtr Clone(const Expr& expr);

}  // namespace tocsin::promql
