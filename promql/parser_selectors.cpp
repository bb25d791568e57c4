#include <utility>

#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/number_literal.h"
#include "promql/parser_state.h"
#include "promql/string_literal.h"

namespace tocsin::promql {
namespace {

std::optional<MatchType> ToMatchType(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEql:
      return MatchType::kEqual;
    case TokenKind::kNeq:
      return MatchType::kNotEqual;
    case TokenKind::kEqlRegex:
      return MatchType::kRegexp;
    case TokenKind::kNeqRegex:
      return MatchType::kNotRegexp;
    default:
      return std::nullopt;
  }
}

}  // namespace

struct ParserState::RangeParts {
  ExprPtr range;
  ExprPtr step;
  bool is_subquery = false;
  Token open;
  Token close;
};

struct ParserState::Expectation {
  std::string_view context;
  std::string_view expected;
};

std::unique_ptr<VectorSelector> ParserState::ParseSelector() {
  std::unique_ptr<VectorSelector> selector;
  if (IsMetricWord(tokens_.Peek())) {
    selector = ParseVectorSelector(tokens_.Take());
  } else if (tokens_.Peek() == TokenKind::kLeftBrace) {
    selector = ParseVectorSelector(std::nullopt);
  }
  return tokens_.FinishText(selector != nullptr) ? std::move(selector) : nullptr;
}

// name{matchers}; either part may be missing. `name` has been taken already.
std::unique_ptr<VectorSelector> ParserState::ParseVectorSelector(std::optional<Token> name) {
  auto node = std::make_unique<VectorSelector>();
  if (name) {
    node->name = std::string(name->text);
    node->pos = name->range();
  }
  if (tokens_.Peek() == TokenKind::kLeftBrace) {
    const Token open = tokens_.Take();
    if (!ParseMatchers(&node->matchers)) {
      return nullptr;
    }
    node->pos = {name ? name->pos : open.pos, tokens_.Take().range().end};
  }
  if (name) {
    node->matchers.push_back(Matcher::Equal(std::string(kMetricName), node->name));
  }
  return node;
}

// Behind the brace, up to the closing one; errors are reported. False when parsing has stopped.
bool ParserState::ParseMatchers(std::vector<Matcher>* matchers) {
  while (tokens_.Peek() != TokenKind::kRightBrace) {
    if (!ParseMatcher(matchers) || !tokens_.NeedSeparator(TokenKind::kRightBrace, "label matching", "\",\" or \"}\"")) {
      return false;
    }
    tokens_.TakeIf(TokenKind::kComma);
  }
  return true;
}

bool ParserState::ParseMatcher(std::vector<Matcher>* matchers) {
  switch (tokens_.Peek()) {
    case TokenKind::kIdentifier: {
      const Token name = tokens_.Take();
      return ToMatchType(tokens_.Peek()) ? ParseMatcherValue(name, std::string(name.text), matchers)
                                         : tokens_.CatchUnexpected("label matching", "label matching operator");
    }
    case TokenKind::kString: {
      const Token token = tokens_.Take();
      std::string name = UnquoteString(token.text);
      if (ToMatchType(tokens_.Peek())) {
        return ParseMatcherValue(token, std::move(name), matchers);
      }
      matchers->push_back(Matcher::Equal(std::string(kMetricName), std::move(name)));
      return true;
    }
    default:
      return tokens_.CatchUnexpected("label matching", "identifier or \"}\"");
  }
}

bool ParserState::ParseMatcherValue(const Token& name_token, std::string name, std::vector<Matcher>* matchers) {
  const MatchType type = *ToMatchType(tokens_.Take().kind);
  if (tokens_.Peek() != TokenKind::kString) {
    return tokens_.CatchUnexpected("label matching", "string");
  }
  const Token value = tokens_.Take();
  absl::StatusOr<Matcher> matcher = Matcher::Create(type, std::move(name), UnquoteString(value.text));
  if (!matcher.ok()) {
    tokens_.Report({name_token.pos, value.range().end}, std::string(Message(matcher.status())));
    return true;
  }
  matchers->push_back(*std::move(matcher));
  return true;
}

// expr[range] or expr[range:step].
ExprPtr ParserState::ParseRange(ExprPtr expr) {
  RangeParts parts;
  parts.open = tokens_.Take();
  if (const std::optional<Expectation> missing = ParseRangeParts(&parts)) {
    return tokens_.CatchUnexpected(missing->context, missing->expected) ? std::move(expr) : nullptr;
  }
  return parts.is_subquery ? MakeSubquery(std::move(expr), std::move(parts)) : MakeMatrixSelector(std::move(expr), std::move(parts));
}

std::optional<ParserState::Expectation> ParserState::ParseRangeParts(RangeParts* parts) {
  parts->range = ParsePositiveDuration();
  if (parts->range == nullptr) {
    return Expectation{"subquery or range selector", "number, duration, step(), or range()"};
  }
  if (!tokens_.Need([](TokenKind kind) { return kind == TokenKind::kColon || kind == TokenKind::kRightBracket; })) {
    return Expectation{"subquery or range", "\":\" or \"]\""};
  }
  parts->is_subquery = tokens_.TakeIf(TokenKind::kColon);
  if (parts->is_subquery && tokens_.Peek() != TokenKind::kRightBracket) {
    parts->step = ParsePositiveDuration();
    if (parts->step == nullptr) {
      return Expectation{"subquery selector", "number, duration, step(), range(), or \"]\""};
    }
    if (!tokens_.Need(TokenKind::kRightBracket)) {
      return Expectation{"subquery selector", "\"]\""};
    }
  }
  parts->close = tokens_.Take();
  return std::nullopt;
}

ExprPtr ParserState::MakeMatrixSelector(ExprPtr expr, RangeParts parts) {
  auto node = std::make_unique<MatrixSelector>();
  node->pos = {expr->pos.start, tokens_.last_closing()};
  std::string_view error;
  if (expr->kind != NodeKind::kVectorSelector) {
    error = "ranges only allowed for vector selectors";
  } else {
    node->vector_selector.reset(static_cast<VectorSelector*>(expr.release()));
    const VectorSelector& selector = *node->vector_selector;
    if (selector.original_offset_ms != 0 || selector.original_offset_expr != nullptr) {
      error = "no offset modifiers allowed before range";
    } else if (selector.timestamp || selector.start_or_end != AtPreprocessor::kNone) {
      error = "no @ modifiers allowed before range";
    }
  }
  if (!error.empty()) {
    tokens_.Report({parts.open.pos, parts.close.range().end}, std::string(error));
  }
  if (parts.range->kind == NodeKind::kNumberLiteral) {
    node->range_ms = SecondsToMs(static_cast<const NumberLiteral&>(*parts.range).value);
  } else {
    node->range_expr = std::move(parts.range);
  }
  return node;
}

ExprPtr ParserState::MakeSubquery(ExprPtr expr, RangeParts parts) {
  auto node = std::make_unique<SubqueryExpr>();
  node->pos = {expr->pos.start, parts.close.range().end};
  node->expr = std::move(expr);
  if (parts.range->kind == NodeKind::kNumberLiteral) {
    node->range_ms = SecondsToMs(static_cast<const NumberLiteral&>(*parts.range).value);
  } else {
    node->range_expr = std::move(parts.range);
  }
  if (parts.step != nullptr && parts.step->kind == NodeKind::kNumberLiteral) {
    node->step_ms = SecondsToMs(static_cast<const NumberLiteral&>(*parts.step).value);
  } else {
    node->step_expr = std::move(parts.step);
  }
  return node;
}

}  // namespace tocsin::promql
