#include "promql/parser.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "promql/metric_parser.h"
#include "promql/parse_error.h"
#include "promql/parser_state.h"

namespace tocsin::promql {
std::string FormatPosition(std::string_view query, int32_t offset) {
  if (query.empty()) {
    return "unknown position";
  }
  if (offset < 0 || static_cast<size_t>(offset) > query.size()) {
    return "invalid position";
  }
  int32_t line = 1;
  int32_t line_start = 0;
  for (int32_t i = 0; i < offset; ++i) {
    if (query[static_cast<size_t>(i)] == '\n') {
      ++line;
      line_start = i + 1;
    }
  }
  return Cat(line, ":", offset - line_start + 1);
}

absl::StatusOr<ExprPtr> ParseExpr(std::string_view text, const LanguageFeatures& features, std::vector<ParseError>* errors) {
  RETURN_IF_ERROR(CheckLength(text));
  ParserState parser(text, features);
  ExprPtr expr = parser.ParseQuery();
  if (expr != nullptr) {
    return expr;
  }
  absl::Status status = FirstError(text, parser.errors());
  if (errors != nullptr) {
    *errors = std::move(parser.errors());
  }
  return status;
}

absl::StatusOr<std::vector<Matcher>> ParseMetricSelector(std::string_view text) {
  RETURN_IF_ERROR(CheckLength(text));
  ParserState parser(text, LanguageFeatures{});
  const std::unique_ptr<VectorSelector> selector = parser.ParseSelector();
  if (selector == nullptr) {
    return FirstError(text, parser.errors());
  }
  return std::move(selector->matchers);
}

absl::StatusOr<Labels> ParseMetric(std::string_view text) {
  RETURN_IF_ERROR(CheckLength(text));
  TokenStream tokens(text, Lexer::Language::kExpression);
  Labels labels;
  const bool parsed = ParseMetricTokens(&tokens, &labels);
  if (!tokens.FinishText(parsed)) {
    return FirstError(text, tokens.errors());
  }
  return labels;
}

}  // namespace tocsin::promql
