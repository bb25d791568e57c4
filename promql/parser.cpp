#include "promql/parser.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "promql/parser_state.h"

namespace tocsin::promql {
namespace {

absl::Status FirstError(std::string_view text, const std::vector<ParseError>& errors) {
  if (errors.empty()) {
    return absl::InternalError("parse error without a text");
  }
  return absl::InvalidArgumentError(Cat(FormatPosition(text, errors[0].pos.start), ": parse error: ", errors[0].message));
}

absl::Status CheckLength(std::string_view text) {
  return text.size() <= kMaxQueryBytes
             ? absl::OkStatus()
             : absl::InvalidArgumentError(Cat("1:1: parse error: query is longer than ", kMaxQueryBytes, " bytes"));
}

}  // namespace

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

}  // namespace tocsin::promql
