#include "promql/metric_parser.h"

#include <string>
#include <utility>
#include <vector>

#include "promql/string_literal.h"

namespace tocsin::promql {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// name="value", or a quoted metric name alone.
bool ParsePair(TokenStream* tokens, Pairs* pairs) {
  const TokenKind kind = tokens->Peek();
  if (kind != TokenKind::kIdentifier && kind != TokenKind::kString) {
    return tokens->CatchUnexpected("label set", "identifier or \"}\"");
  }
  const Token token = tokens->Take();
  std::string name = kind == TokenKind::kString ? UnquoteString(token.text) : std::string(token.text);
  if (tokens->Peek() != TokenKind::kEql) {
    if (kind == TokenKind::kIdentifier) {
      return tokens->CatchUnexpected("label set", "\"=\"");
    }
    pairs->emplace_back(kMetricName, std::move(name));
    return true;
  }
  tokens->Take();
  if (tokens->Peek() != TokenKind::kString) {
    return tokens->CatchUnexpected("label set", "string");
  }
  pairs->emplace_back(std::move(name), UnquoteString(tokens->Take().text));
  return true;
}

}  // namespace

bool ParseMetricTokens(TokenStream* tokens, Labels* labels) {
  Pairs pairs;
  std::string name;
  if (IsMetricWord(tokens->Peek())) {
    name = std::string(tokens->Take().text);
  }
  if (tokens->Peek() == TokenKind::kLeftBrace) {
    tokens->Take();
    while (!tokens->TakeIf(TokenKind::kRightBrace)) {
      if (!ParsePair(tokens, &pairs) || !tokens->NeedSeparator(TokenKind::kRightBrace, "label set", "\",\" or \"}\"")) {
        return false;
      }
      tokens->TakeIf(TokenKind::kComma);
    }
  }
  if (!name.empty()) {
    pairs.emplace_back(kMetricName, std::move(name));
  }
  *labels = Labels::FromPairs(std::move(pairs));
  return true;
}

}  // namespace tocsin::promql
