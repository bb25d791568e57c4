#include "promql/token.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin::promql {
namespace {

using WordMap = absl::flat_hash_map<std::string_view, TokenKind>;

const WordMap& KeywordMap() {
  static const auto& map = *new WordMap{
      {"and", TokenKind::kAnd},
      {"or", TokenKind::kOr},
      {"unless", TokenKind::kUnless},
      {"atan2", TokenKind::kAtan2},
      {"sum", TokenKind::kSum},
      {"avg", TokenKind::kAvg},
      {"count", TokenKind::kCount},
      {"min", TokenKind::kMin},
      {"max", TokenKind::kMax},
      {"group", TokenKind::kGroup},
      {"stddev", TokenKind::kStddev},
      {"stdvar", TokenKind::kStdvar},
      {"topk", TokenKind::kTopk},
      {"bottomk", TokenKind::kBottomk},
      {"count_values", TokenKind::kCountValues},
      {"quantile", TokenKind::kQuantile},
      {"limitk", TokenKind::kLimitk},
      {"limit_ratio", TokenKind::kLimitRatio},
      {"offset", TokenKind::kOffset},
      {"smoothed", TokenKind::kSmoothed},
      {"anchored", TokenKind::kAnchored},
      {"by", TokenKind::kBy},
      {"without", TokenKind::kWithout},
      {"on", TokenKind::kOn},
      {"ignoring", TokenKind::kIgnoring},
      {"group_left", TokenKind::kGroupLeft},
      {"group_right", TokenKind::kGroupRight},
      {"fill", TokenKind::kFill},
      {"fill_left", TokenKind::kFillLeft},
      {"fill_right", TokenKind::kFillRight},
      {"bool", TokenKind::kBool},
      {"start", TokenKind::kStart},
      {"end", TokenKind::kEndWord},
      {"step", TokenKind::kStep},
      {"range", TokenKind::kRange},
      {"max_of", TokenKind::kMaxOf},
      {"min_of", TokenKind::kMinOf},
      {"inf", TokenKind::kNumber},
      {"nan", TokenKind::kNumber},
  };
  return map;
}

const WordMap& HistogramWordMap() {
  static const auto& map = *new WordMap{
      {"sum", TokenKind::kSumDesc},
      {"count", TokenKind::kCountDesc},
      {"schema", TokenKind::kSchemaDesc},
      {"offset", TokenKind::kOffsetDesc},
      {"n_offset", TokenKind::kNegativeOffsetDesc},
      {"buckets", TokenKind::kBucketsDesc},
      {"n_buckets", TokenKind::kNegativeBucketsDesc},
      {"z_bucket", TokenKind::kZeroBucketDesc},
      {"z_bucket_w", TokenKind::kZeroBucketWidthDesc},
      {"custom_values", TokenKind::kCustomValuesDesc},
      {"counter_reset_hint", TokenKind::kCounterResetHintDesc},
  };
  return map;
}

const WordMap& CounterResetHintMap() {
  static const auto& map = *new WordMap{
      {"unknown", TokenKind::kHintUnknown},
      {"reset", TokenKind::kHintReset},
      {"not_reset", TokenKind::kHintNotReset},
      {"gauge", TokenKind::kHintGauge},
  };
  return map;
}

TokenKind Lookup(const WordMap& map, std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto it = map.find(std::string_view(lower));
  return it == map.end() ? TokenKind::kEnd : it->second;
}

bool Between(TokenKind kind, TokenKind first, TokenKind last) { return kind >= first && kind <= last; }

// Upstream's generated parser numbers its tokens; those without a text of their own are printed by number.
int UpstreamNumber(TokenKind kind) {
  constexpr int kUpstreamSumDesc = 57370;
  constexpr int kUpstreamHintUnknown = 57445;
  if (kind >= TokenKind::kHintUnknown) {
    return kUpstreamHintUnknown + static_cast<int>(kind) - static_cast<int>(TokenKind::kHintUnknown);
  }
  return kUpstreamSumDesc + static_cast<int>(kind) - static_cast<int>(TokenKind::kSumDesc);
}

// Go's %.10q of a text longer than ten bytes, else %q.
std::string QuotedShort(std::string_view text) {
  constexpr int kCharactersMax = 10;
  if (text.size() <= kCharactersMax) {
    return GoQuoted(text);
  }
  size_t end = 0;
  for (int i = 0; i < kCharactersMax && end < text.size(); ++i) {
    end += DecodeUtf8(text.substr(end)).length;
  }
  return Cat(GoQuoted(text.substr(0, end)), "...");
}

}  // namespace

bool IsOperator(TokenKind kind) { return Between(kind, TokenKind::kAdd, TokenKind::kAtan2); }
bool IsAggregator(TokenKind kind) { return Between(kind, TokenKind::kAvg, TokenKind::kLimitRatio); }
bool IsKeyword(TokenKind kind) { return Between(kind, TokenKind::kBool, TokenKind::kWithout); }
bool IsCallWord(TokenKind kind) { return Between(kind, TokenKind::kStart, TokenKind::kMinOf); }

bool IsMetricWord(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
    case TokenKind::kMetricIdentifier:
    case TokenKind::kBy:
    case TokenKind::kWithout:
    case TokenKind::kFill:
    case TokenKind::kFillLeft:
    case TokenKind::kFillRight:
    case TokenKind::kAnd:
    case TokenKind::kOr:
    case TokenKind::kUnless:
    case TokenKind::kOffset:
    case TokenKind::kAnchored:
    case TokenKind::kSmoothed:
      return true;
    default:
      return IsAggregator(kind) || IsCallWord(kind);
  }
}

bool IsLabelWord(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
    case TokenKind::kMetricIdentifier:
    case TokenKind::kAnd:
    case TokenKind::kOr:
    case TokenKind::kUnless:
    case TokenKind::kAtan2:
      return true;
    default:
      return IsAggregator(kind) || IsCallWord(kind) || (IsKeyword(kind) && kind != TokenKind::kWithout);
  }
}

bool StartsExpression(TokenKind kind) {
  switch (kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
    case TokenKind::kString:
    case TokenKind::kLeftParen:
    case TokenKind::kLeftBrace:
    case TokenKind::kAdd:
    case TokenKind::kSub:
      return true;
    default:
      return IsMetricWord(kind);
  }
}

AggregateOp ToAggregateOp(TokenKind kind) {
  TOCSIN_CHECK(IsAggregator(kind));
  static constexpr std::array<AggregateOp, 14> kOps = {
      AggregateOp::kAvg, AggregateOp::kBottomk, AggregateOp::kCount,    AggregateOp::kCountValues, AggregateOp::kGroup,
      AggregateOp::kMax, AggregateOp::kMin,     AggregateOp::kQuantile, AggregateOp::kStddev,      AggregateOp::kStdvar,
      AggregateOp::kSum, AggregateOp::kTopk,    AggregateOp::kLimitk,   AggregateOp::kLimitRatio,
  };
  return kOps[static_cast<size_t>(kind) - static_cast<size_t>(TokenKind::kAvg)];
}

TokenKind KeywordKind(std::string_view word) { return Lookup(KeywordMap(), word); }
TokenKind HistogramWordKind(std::string_view word) { return Lookup(HistogramWordMap(), word); }
TokenKind CounterResetHintKind(std::string_view word) { return Lookup(CounterResetHintMap(), word); }

std::string Describe(const Token& token) {
  const auto in_brackets = [&token](std::string_view kind) { return Cat("<", kind, token.text, ">"); };
  switch (token.kind) {
    case TokenKind::kEnd:
    case TokenKind::kEof:
      return "end of input";
    case TokenKind::kIdentifier:
      return Cat("identifier ", GoQuoted(token.text));
    case TokenKind::kMetricIdentifier:
      return Cat("metric identifier ", GoQuoted(token.text));
    case TokenKind::kString:
      return Cat("string ", QuotedShort(token.text));
    case TokenKind::kNumber:
      return Cat("number ", QuotedShort(token.text));
    case TokenKind::kDuration:
      return Cat("duration ", QuotedShort(token.text));
    default:
      break;
  }
  if (IsOperator(token.kind)) {
    return in_brackets("op:");
  }
  if (IsAggregator(token.kind)) {
    return in_brackets("aggr:");
  }
  if (IsKeyword(token.kind)) {
    return in_brackets("");
  }
  if (Between(token.kind, TokenKind::kSumDesc, TokenKind::kCounterResetHintDesc) || token.kind >= TokenKind::kHintUnknown) {
    return Cat("\"<Item ", UpstreamNumber(token.kind), ">\" ", QuotedShort(token.text));
  }
  return QuotedShort(token.text);
}

}  // namespace tocsin::promql
