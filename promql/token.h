#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "promql/ast.h"

namespace tocsin::promql {

/// The words and signs of PromQL and of series descriptions. Error texts number the histogram words as upstream's generated parser does,
/// therefore the order within kSumDesc..kCounterResetHintDesc and kHintUnknown..kHintGauge is upstream's.
enum class TokenKind {
  kEnd,  // what the parser sees behind the last token and from a lexer's error on
  kEof,
  kError,  // the token's text is the message
  kComment,
  kEql,
  kBlank,
  kColon,
  kComma,
  kDuration,
  kIdentifier,
  kLeftBrace,
  kLeftBracket,
  kLeftParen,
  kOpenHist,
  kCloseHist,
  kMetricIdentifier,
  kNumber,
  kRightBrace,
  kRightBracket,
  kRightParen,
  kSpace,
  kString,
  kTimes,
  // Words of histogram descriptions.
  kSumDesc,
  kCountDesc,
  kSchemaDesc,
  kOffsetDesc,
  kNegativeOffsetDesc,
  kBucketsDesc,
  kNegativeBucketsDesc,
  kZeroBucketDesc,
  kZeroBucketWidthDesc,
  kCustomValuesDesc,
  kCounterResetHintDesc,
  // Operators: IsOperator().
  kAdd,
  kDiv,
  kEqlc,
  kEqlRegex,
  kGte,
  kGtr,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kLss,
  kLte,
  kUnless,
  kMod,
  kMul,
  kNeq,
  kNeqRegex,
  kPow,
  kSub,
  kAt,
  kAtan2,
  // Aggregations: IsAggregator().
  kAvg,
  kBottomk,
  kCount,
  kCountValues,
  kGroup,
  kMax,
  kMin,
  kQuantile,
  kStddev,
  kStdvar,
  kSum,
  kTopk,
  kLimitk,
  kLimitRatio,
  // Keywords: IsKeyword().
  kBool,
  kBy,
  kGroupLeft,
  kGroupRight,
  kFill,
  kFillLeft,
  kFillRight,
  kIgnoring,
  kOffset,
  kSmoothed,
  kAnchored,
  kOn,
  kWithout,
  // Names that are functions when a parenthesis follows: IsCallWord().
  kStart,
  kEndWord,
  kStep,
  kRange,
  kMaxOf,
  kMinOf,
  // Values of counter_reset_hint in histogram descriptions.
  kHintUnknown,
  kHintReset,
  kHintNotReset,
  kHintGauge,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  int32_t pos = 0;        // byte offset in the query
  std::string_view text;  // as written; points into the query, or into the lexer's error message

  PositionRange range() const { return {pos, pos + static_cast<int32_t>(text.size())}; }
};

bool IsOperator(TokenKind kind);
bool IsAggregator(TokenKind kind);
bool IsKeyword(TokenKind kind);
bool IsCallWord(TokenKind kind);

/// May stand as a metric's name / as a label's name in a grouping list.
bool IsMetricWord(TokenKind kind);
bool IsLabelWord(TokenKind kind);

/// Literals, signs, opening parentheses and braces, and metric words.
bool StartsExpression(TokenKind kind);

AggregateOp ToAggregateOp(TokenKind kind);

/// kEnd when the word, in any case, is none. "inf" and "nan" are kNumber.
TokenKind KeywordKind(std::string_view word);
TokenKind HistogramWordKind(std::string_view word);
TokenKind CounterResetHintKind(std::string_view word);

/// As error texts name it: `<op:+>`, `identifier "foo"`, `end of input`.
std::string Describe(const Token& token);

}  // namespace tocsin::promql
