#include <utility>

#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/parser_state.h"
#include "promql/string_literal.h"

namespace tocsin::promql {
namespace {

bool StartsFill(TokenKind kind) { return kind == TokenKind::kFill || kind == TokenKind::kFillLeft || kind == TokenKind::kFillRight; }

}  // namespace

ExprPtr ParserState::ParseAggregate(const Token& op) {
  auto node = std::make_unique<AggregateExpr>();
  std::vector<ExprPtr> args;
  const bool parsed = ParseAggregateParts(node.get(), &args);
  if (!parsed) {
    if (!tokens_.CatchUnexpected("aggregation", "")) {
      return nullptr;
    }
    node = std::make_unique<AggregateExpr>();
    args.clear();
    node->pos.end = tokens_.last_closing();
  }
  node->op = ToAggregateOp(op.kind);
  node->pos.start = op.pos;
  SetAggregateArguments(node.get(), std::move(args));
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

// by (...) may stand in front of the arguments or behind them. Sets the end as well.
bool ParserState::ParseAggregateParts(AggregateExpr* node, std::vector<ExprPtr>* args) {
  const auto is_modifier = [](TokenKind kind) { return kind == TokenKind::kBy || kind == TokenKind::kWithout; };
  const bool modifier_first = is_modifier(tokens_.Peek());
  if ((modifier_first && !ParseAggregateModifier(node)) || !ParseArguments(args)) {
    return false;
  }
  if (modifier_first) {
    node->pos.end = tokens_.last_closing();
  } else if (is_modifier(tokens_.Peek())) {
    if (!ParseAggregateModifier(node)) {
      return false;
    }
    node->pos.end = tokens_.last_closing();
  } else {
    node->pos.end = tokens_.PreviousRightParen(tokens_.last_closing());
  }
  return true;
}

void ParserState::SetAggregateArguments(AggregateExpr* node, std::vector<ExprPtr> args) {
  if (args.empty()) {
    tokens_.Report(node->pos, "no arguments for aggregate expression provided");
    return;
  }
  const size_t wanted = HasParam(node->op) ? 2 : 1;
  if (IsExperimental(node->op) && !features_.experimental_functions) {
    tokens_.Report(node->pos, Cat(AggregateOpText(node->op),
                                  "() is experimental and must be enabled with --enable-feature=promql-experimental-functions"));
    return;
  }
  if (args.size() != wanted) {
    tokens_.Report(node->pos, Cat("wrong number of arguments for aggregate expression provided, expected ", wanted, ", got ", args.size()));
    return;
  }
  node->expr = std::move(args.back());
  if (wanted == 2) {
    node->param = std::move(args.front());
  }
}

bool ParserState::ParseAggregateModifier(AggregateExpr* node) {
  node->without = tokens_.Take().kind == TokenKind::kWithout;
  return ParseGroupingLabels(&node->grouping);
}

// What stands between a binary operator and its right side: bool, on/ignoring, group_left/group_right, fill.
bool ParserState::ParseMatching(BinaryExpr* node) {
  VectorMatching& matching = node->vector_matching.emplace();
  node->return_bool = tokens_.TakeIf(TokenKind::kBool);
  if (tokens_.Peek() == TokenKind::kOn || tokens_.Peek() == TokenKind::kIgnoring) {
    matching.on = tokens_.Take().kind == TokenKind::kOn;
    if (!ParseGroupingLabels(&matching.matching_labels)) {
      return false;
    }
    if (tokens_.Peek() == TokenKind::kGroupLeft || tokens_.Peek() == TokenKind::kGroupRight) {
      const bool left = tokens_.Take().kind == TokenKind::kGroupLeft;
      matching.card = left ? MatchCardinality::kManyToOne : MatchCardinality::kOneToMany;
      const bool without_labels = StartsExpression(tokens_.Peek()) || StartsFill(tokens_.Peek());
      if ((tokens_.Peek() == TokenKind::kLeftParen || !without_labels) && !ParseGroupingLabels(&matching.include)) {
        return false;
      }
    }
  }
  return ParseFill(&matching);
}

// fill(v), or fill_left(v) and fill_right(v) in either order.
bool ParserState::ParseFill(VectorMatching* matching) {
  const TokenKind first = tokens_.Peek();
  if (!StartsFill(first)) {
    return true;
  }
  tokens_.Take();
  double value = 0;
  if (!ParseFillValue(&value)) {
    return false;
  }
  if (first != TokenKind::kFillRight) {
    matching->fill_left = value;
  }
  if (first != TokenKind::kFillLeft) {
    matching->fill_right = value;
  }
  const TokenKind other = first == TokenKind::kFillLeft ? TokenKind::kFillRight : TokenKind::kFillLeft;
  if (first == TokenKind::kFill || !tokens_.TakeIf(other)) {
    return true;
  }
  if (!ParseFillValue(&value)) {
    return false;
  }
  (other == TokenKind::kFillLeft ? matching->fill_left : matching->fill_right) = value;
  return true;
}

bool ParserState::ParseFillValue(double* value) {
  const auto is_number = [](TokenKind kind) { return kind == TokenKind::kNumber || kind == TokenKind::kDuration; };
  if (!tokens_.Expect(TokenKind::kLeftParen)) {
    return false;
  }
  const bool minus = tokens_.Peek() == TokenKind::kSub;
  if (minus || tokens_.Peek() == TokenKind::kAdd) {
    tokens_.Take();
  }
  if (!tokens_.Need(is_number)) {
    return false;
  }
  *value = NumberValue(tokens_.Take());
  if (minus) {
    *value = -*value;
  }
  return tokens_.Expect(TokenKind::kRightParen);
}

// ("a", b, ), all errors reported. False only when parsing has stopped.
bool ParserState::ParseGroupingLabels(std::vector<std::string>* labels) {
  if (!tokens_.Need(TokenKind::kLeftParen)) {
    return tokens_.CatchUnexpected("grouping opts", "\"(\"");
  }
  tokens_.Take();
  while (!tokens_.TakeIf(TokenKind::kRightParen)) {
    if (!ParseGroupingLabel(labels) || !tokens_.NeedSeparator(TokenKind::kRightParen, "grouping opts", "\",\" or \")\"")) {
      return false;
    }
    tokens_.TakeIf(TokenKind::kComma);
  }
  return true;
}

bool ParserState::ParseGroupingLabel(std::vector<std::string>* labels) {
  const TokenKind kind = tokens_.Peek();
  if (kind != TokenKind::kString && !IsLabelWord(kind)) {
    return tokens_.CatchUnexpected("grouping opts", "label");
  }
  const Token token = tokens_.Take();
  std::string name = kind == TokenKind::kString ? UnquoteString(token.text) : std::string(token.text);
  if (name.empty() || !IsValidUtf8(name)) {
    tokens_.Report(token.range(), Cat("invalid label name for grouping: ", GoQuoted(name)));
  }
  labels->push_back(std::move(name));
  return true;
}

}  // namespace tocsin::promql
