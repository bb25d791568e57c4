#include <utility>

#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/number_literal.h"
#include "promql/parser_state.h"
#include "promql/string_literal.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kTooDeep = "expression is nested too deeply";

// What binds tighter has the higher number.
enum Precedence { kNoOperator = 0, kOrLevel, kAndLevel, kComparisonLevel, kSumLevel, kProductLevel, kPowerLevel };

struct BinaryOperator {
  int precedence = kNoOperator;
  BinaryOp op = BinaryOp::kAdd;
};

BinaryOperator ToBinaryOperator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr:
      return {kOrLevel, BinaryOp::kOr};
    case TokenKind::kAnd:
      return {kAndLevel, BinaryOp::kAnd};
    case TokenKind::kUnless:
      return {kAndLevel, BinaryOp::kUnless};
    case TokenKind::kEqlc:
      return {kComparisonLevel, BinaryOp::kEqual};
    case TokenKind::kNeq:
      return {kComparisonLevel, BinaryOp::kNotEqual};
    case TokenKind::kGtr:
      return {kComparisonLevel, BinaryOp::kGreater};
    case TokenKind::kGte:
      return {kComparisonLevel, BinaryOp::kGreaterOrEqual};
    case TokenKind::kLss:
      return {kComparisonLevel, BinaryOp::kLess};
    case TokenKind::kLte:
      return {kComparisonLevel, BinaryOp::kLessOrEqual};
    case TokenKind::kTrimUpper:
      return {kComparisonLevel, BinaryOp::kTrimUpper};
    case TokenKind::kTrimLower:
      return {kComparisonLevel, BinaryOp::kTrimLower};
    case TokenKind::kAdd:
      return {kSumLevel, BinaryOp::kAdd};
    case TokenKind::kSub:
      return {kSumLevel, BinaryOp::kSub};
    case TokenKind::kMul:
      return {kProductLevel, BinaryOp::kMul};
    case TokenKind::kDiv:
      return {kProductLevel, BinaryOp::kDiv};
    case TokenKind::kMod:
      return {kProductLevel, BinaryOp::kMod};
    case TokenKind::kAtan2:
      return {kProductLevel, BinaryOp::kAtan2};
    case TokenKind::kPow:
      return {kPowerLevel, BinaryOp::kPow};
    default:
      return {};
  }
}

bool IsPostfix(TokenKind kind) {
  return kind == TokenKind::kLeftBracket || kind == TokenKind::kOffset || kind == TokenKind::kAt || kind == TokenKind::kAnchored ||
         kind == TokenKind::kSmoothed;
}

}  // namespace

ParserState::DepthGuard::DepthGuard(ParserState* parser) : parser_(parser) {
  if (++parser_->depth_ > kMaxParseDepth && !parser_->tokens_.stopped()) {
    parser_->tokens_.Report(parser_->tokens_.last_range(), std::string(kTooDeep));
    parser_->tokens_.Stop();
  }
}

bool ParserState::SetDepth(Expr* expr) {
  expr->depth = 1 + DeepestChild(*expr);
  if (expr->depth > kMaxParseDepth && !tokens_.stopped()) {
    tokens_.Report(expr->pos, std::string(kTooDeep));
    tokens_.Stop();
  }
  return !tokens_.stopped();
}

ExprPtr ParserState::ParseQuery() {
  if (tokens_.Peek() == TokenKind::kEof) {
    tokens_.Report({}, "no expression found in input");
    return nullptr;
  }
  ExprPtr expr = ParseExpression(kOrLevel);
  if (!tokens_.FinishText(expr != nullptr)) {
    return nullptr;
  }
  CheckType(expr.get());
  return errors().empty() ? std::move(expr) : nullptr;
}

ExprPtr ParserState::ParseExpression(int min_precedence) {
  const DepthGuard guard(this);
  if (tokens_.stopped()) {
    return nullptr;
  }
  return ContinueExpression(ParsePostfix(ParsePrimary()), min_precedence);
}

ExprPtr ParserState::ContinueExpression(ExprPtr lhs, int min_precedence) {
  while (lhs != nullptr) {
    const BinaryOperator binary = ToBinaryOperator(tokens_.Peek());
    if (binary.precedence == kNoOperator || binary.precedence < min_precedence) {
      break;
    }
    tokens_.Take();
    auto node = std::make_unique<BinaryExpr>();
    node->op = binary.op;
    node->lhs = std::move(lhs);
    lhs = ParseBinary(std::move(node), binary.op == BinaryOp::kPow ? binary.precedence : binary.precedence + 1);
  }
  return lhs;
}

// Behind the operator; the node has its left side.
ExprPtr ParserState::ParseBinary(std::unique_ptr<BinaryExpr> node, int rhs_precedence) {
  if (!ParseMatching(node.get())) {
    return nullptr;
  }
  node->rhs = ParseExpression(rhs_precedence);
  if (node->rhs == nullptr) {
    return nullptr;
  }
  node->pos = {node->lhs->pos.start, node->rhs->pos.end};
  const VectorMatching& matching = *node->vector_matching;
  if (!features_.fill_modifiers && (matching.fill_left || matching.fill_right)) {
    tokens_.Report(node->pos, "binop fill modifiers are experimental and not enabled");
  }
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

// Ranges and modifiers: they bind tighter than any operator.
ExprPtr ParserState::ParsePostfix(ExprPtr expr) {
  while (expr != nullptr && IsPostfix(tokens_.Peek())) {
    switch (tokens_.Peek()) {
      case TokenKind::kLeftBracket:
        expr = ParseRange(std::move(expr));
        break;
      case TokenKind::kOffset:
        expr = ParseOffset(std::move(expr));
        break;
      case TokenKind::kAt:
        expr = ParseAt(std::move(expr));
        break;
      default:
        SetExtended(expr.get(), tokens_.Take().kind == TokenKind::kAnchored);
        break;
    }
    if (expr != nullptr && !SetDepth(expr.get())) {
      return nullptr;
    }
  }
  return expr;
}

ExprPtr ParserState::ParsePrimary() {
  if (!tokens_.Need(StartsExpression)) {
    return nullptr;
  }
  switch (tokens_.Peek()) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return ParseNumberLiteral();
    case TokenKind::kString: {
      const Token token = tokens_.Take();
      auto node = std::make_unique<StringLiteral>();
      node->value = UnquoteString(token.text);
      node->pos = token.range();
      return node;
    }
    case TokenKind::kLeftParen:
      return ParseParen();
    case TokenKind::kAdd:
    case TokenKind::kSub:
      return ParseUnary();
    case TokenKind::kLeftBrace:
      return ParseVectorSelector(std::nullopt);
    default:
      return ParseWord();
  }
}

// Signs bind as multiplication does: -2^2 is -(2^2).
ExprPtr ParserState::ParseUnary() {
  const Token sign = tokens_.Take();
  ExprPtr operand = ParseExpression(kPowerLevel);
  if (operand == nullptr) {
    return nullptr;
  }
  if (operand->kind == NodeKind::kNumberLiteral) {
    auto& number = static_cast<NumberLiteral&>(*operand);
    if (sign.kind == TokenKind::kSub) {
      number.value = -number.value;
    }
    number.pos.start = sign.pos;
    return operand;
  }
  auto node = std::make_unique<UnaryExpr>();
  node->minus = sign.kind == TokenKind::kSub;
  node->pos = {sign.pos, operand->pos.end};
  node->expr = std::move(operand);
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

ExprPtr ParserState::ParseParen() {
  const Token open = tokens_.Take();
  ExprPtr expr = ParseExpression(kOrLevel);
  // After a recovery inside, the expression may go on behind what is skipped.
  const auto fits = [](TokenKind kind) {
    return kind == TokenKind::kRightParen || IsPostfix(kind) || ToBinaryOperator(kind).precedence != kNoOperator;
  };
  while (expr != nullptr) {
    if (!tokens_.Need(fits)) {
      return nullptr;
    }
    if (tokens_.Peek() == TokenKind::kRightParen) {
      break;
    }
    expr = ContinueExpression(ParsePostfix(std::move(expr)), kOrLevel);
  }
  if (expr == nullptr) {
    return nullptr;
  }
  auto node = std::make_unique<ParenExpr>();
  node->pos = {open.pos, tokens_.Take().range().end};
  node->expr = std::move(expr);
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

// An aggregation, a call or a selector; which one, the next token tells.
ExprPtr ParserState::ParseWord() {
  const Token word = tokens_.Take();
  const TokenKind next = tokens_.Peek();
  if (IsAggregator(word.kind) && (next == TokenKind::kLeftParen || next == TokenKind::kBy || next == TokenKind::kWithout)) {
    return ParseAggregate(word);
  }
  if ((word.kind == TokenKind::kIdentifier || IsCallWord(word.kind)) && next == TokenKind::kLeftParen) {
    return ParseCall(word);
  }
  return ParseVectorSelector(word);
}

ExprPtr ParserState::ParseCall(const Token& name) {
  auto node = std::make_unique<Call>();
  if (!ParseArguments(&node->args)) {
    return nullptr;
  }
  node->pos = {name.pos, tokens_.last_closing()};
  node->function = FindFunction(name.text);
  if (node->function == nullptr) {
    tokens_.Report(name.range(), Cat("unknown function with name ", GoQuoted(name.text)));
  } else if (node->function->experimental && !features_.experimental_functions) {
    tokens_.Report(name.range(), Cat("function ", GoQuoted(name.text), " is not enabled"));
  }
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

bool ParserState::ParseArguments(std::vector<ExprPtr>* args) {
  if (!tokens_.Expect(TokenKind::kLeftParen) ||
      !tokens_.Need([](TokenKind kind) { return kind == TokenKind::kRightParen || StartsExpression(kind); })) {
    return false;
  }
  while (tokens_.Peek() != TokenKind::kRightParen) {
    ExprPtr arg = ParseExpression(kOrLevel);
    if (arg == nullptr) {
      return false;
    }
    args->push_back(std::move(arg));
    do {
      if (!tokens_.Need([](TokenKind kind) { return kind == TokenKind::kRightParen || kind == TokenKind::kComma; })) {
        return false;
      }
      if (tokens_.Peek() == TokenKind::kRightParen) {
        break;
      }
      const Token comma = tokens_.Take();
      if (!StartsExpression(tokens_.Peek())) {
        tokens_.Report(comma.range(), "trailing commas not allowed in function call args");
      }
    } while (!StartsExpression(tokens_.Peek()));
  }
  tokens_.Take();
  return true;
}

std::unique_ptr<NumberLiteral> ParserState::ParseNumberLiteral() {
  const Token token = tokens_.Take();
  auto node = std::make_unique<NumberLiteral>();
  node->value = NumberValue(token);
  node->is_duration = token.kind == TokenKind::kDuration;
  node->pos = token.range();
  return node;
}

double ParserState::NumberValue(const Token& token) {
  const absl::StatusOr<double> number = ParseNumberToken(token);
  if (!number.ok()) {
    tokens_.Report(token.range(), std::string(Message(number.status())));
  }
  return number.value_or(0);
}

}  // namespace tocsin::promql
