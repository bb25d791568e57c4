#include <cmath>
#include <utility>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/number_literal.h"
#include "promql/parser_state.h"

namespace tocsin::promql {
namespace {

constexpr double kInt64Limit = 9223372036854775808.0;  // 2^63

}  // namespace

// The fields that offset and @ set; a range selector's are those of its vector selector, but for the end.
struct ParserState::TimeModifiers {
  DurationMs* offset_ms;
  ExprPtr* offset_expr;
  std::optional<TimestampMs>* timestamp;
  AtPreprocessor* start_or_end;
  int32_t* end;
};

std::optional<ParserState::TimeModifiers> ParserState::FindTimeModifiers(Expr* expr, std::string_view modifier) {
  const auto of_vector = [](VectorSelector& v, Expr* ends) {
    return TimeModifiers{&v.original_offset_ms, &v.original_offset_expr, &v.timestamp, &v.start_or_end, &ends->pos.end};
  };
  switch (expr->kind) {
    case NodeKind::kVectorSelector:
      return of_vector(static_cast<VectorSelector&>(*expr), expr);
    case NodeKind::kMatrixSelector: {
      VectorSelector* selector = static_cast<MatrixSelector&>(*expr).vector_selector.get();
      if (selector == nullptr) {
        tokens_.Report(expr->pos, "ranges only allowed for vector selectors");
        return std::nullopt;
      }
      return of_vector(*selector, expr);
    }
    case NodeKind::kSubquery: {
      auto& s = static_cast<SubqueryExpr&>(*expr);
      return TimeModifiers{&s.original_offset_ms, &s.original_offset_expr, &s.timestamp, &s.start_or_end, &expr->pos.end};
    }
    default:
      tokens_.Report(expr->pos,
                     Cat(modifier, " modifier must be preceded by an instant vector selector or range vector selector or a subquery"));
      return std::nullopt;
  }
}

ExprPtr ParserState::ParseOffset(ExprPtr expr) {
  tokens_.Take();
  ExprPtr offset = ParseOffsetDuration();
  if (offset != nullptr) {
    SetOffset(expr.get(), std::move(offset));
    return expr;
  }
  return tokens_.CatchUnexpected("offset", "number, duration, step(), or range()") ? std::move(expr) : nullptr;
}

void ParserState::SetOffset(Expr* expr, ExprPtr offset) {
  const std::optional<TimeModifiers> fields = FindTimeModifiers(expr, "offset");
  if (!fields) {
    return;
  }
  if (*fields->offset_ms != 0 || *fields->offset_expr != nullptr) {
    tokens_.Report(expr->pos, "offset may not be set multiple times");
  } else if (offset->kind == NodeKind::kNumberLiteral) {
    *fields->offset_ms = SecondsToMs(static_cast<const NumberLiteral&>(*offset).value);
  } else {
    *fields->offset_expr = std::move(offset);
  }
  *fields->end = tokens_.last_closing();
}

ExprPtr ParserState::ParseAt(ExprPtr expr) {
  tokens_.Take();
  if (ParseAtValue(expr.get())) {
    return expr;
  }
  return tokens_.CatchUnexpected("@", "timestamp") ? std::move(expr) : nullptr;
}

bool ParserState::ParseAtValue(Expr* expr) {
  const TokenKind first = tokens_.Peek();
  if (first == TokenKind::kStart || first == TokenKind::kEndWord) {
    tokens_.Take();
    if (!tokens_.Expect(TokenKind::kLeftParen) || !tokens_.Expect(TokenKind::kRightParen)) {
      return false;
    }
    SetAtPreprocessor(expr, first == TokenKind::kStart ? AtPreprocessor::kStart : AtPreprocessor::kEnd);
    return true;
  }
  if (first == TokenKind::kAdd || first == TokenKind::kSub) {
    tokens_.Take();
  }
  if (!tokens_.Need([](TokenKind kind) { return kind == TokenKind::kNumber || kind == TokenKind::kDuration; })) {
    return false;
  }
  const double seconds = NumberValue(tokens_.Take());
  SetTimestamp(expr, first == TokenKind::kSub ? -seconds : seconds);
  return true;
}

void ParserState::SetTimestamp(Expr* expr, double seconds) {
  if (!(seconds < kInt64Limit && seconds > -kInt64Limit)) {
    tokens_.Report(expr->pos, Cat("timestamp out of bounds for @ modifier: ", GoFloat(seconds, 'f', 6)));
  }
  if (const std::optional<TimeModifiers> fields = FindFreeTimestamp(expr)) {
    *fields->timestamp = GoInt64(std::round(seconds * 1000));
    *fields->end = tokens_.last_closing();
  }
}

void ParserState::SetAtPreprocessor(Expr* expr, AtPreprocessor preprocessor) {
  if (const std::optional<TimeModifiers> fields = FindFreeTimestamp(expr)) {
    *fields->start_or_end = preprocessor;
    *fields->end = tokens_.last_closing();
  }
}

std::optional<ParserState::TimeModifiers> ParserState::FindFreeTimestamp(Expr* expr) {
  std::optional<TimeModifiers> fields = FindTimeModifiers(expr, "@");
  if (fields && (*fields->timestamp || *fields->start_or_end != AtPreprocessor::kNone)) {
    tokens_.Report(expr->pos, "@ <timestamp> may not be set multiple times");
    return std::nullopt;
  }
  return fields;
}

// The selector that anchored or smoothed applies to; null, with a reported error where there should be one, when there is none.
VectorSelector* ParserState::FindExtendable(Expr* expr, std::string_view modifier) {
  switch (expr->kind) {
    case NodeKind::kVectorSelector:
      return static_cast<VectorSelector*>(expr);
    case NodeKind::kMatrixSelector:
      return static_cast<MatrixSelector&>(*expr).vector_selector.get();
    case NodeKind::kSubquery:
      tokens_.Report(expr->pos, Cat(modifier, " modifier is not supported for subqueries"));
      return nullptr;
    default:
      tokens_.Report(expr->pos, Cat(modifier, " modifier not implemented"));
      return nullptr;
  }
}

void ParserState::SetExtended(Expr* expr, bool anchored) {
  const std::string_view modifier = anchored ? "anchored" : "smoothed";
  if (!features_.extended_range_selectors) {
    tokens_.Report(expr->pos, Cat(modifier, " modifier is experimental and not enabled"));
    return;
  }
  VectorSelector* selector = FindExtendable(expr, modifier);
  if (selector == nullptr) {
    return;
  }
  (anchored ? selector->anchored : selector->smoothed) = true;
  if (selector->anchored && selector->smoothed) {
    tokens_.Report(expr->pos, "anchored and smoothed modifiers cannot be used together");
  }
}

}  // namespace tocsin::promql
