#include <utility>

#include "promql/parser_state.h"

namespace tocsin::promql {
namespace {

enum DurationLevel { kNoDurationOperator = 0, kDurationSum, kDurationProduct, kDurationPower };

struct DurationOperator {
  int level = kNoDurationOperator;
  DurationOp op = DurationOp::kAdd;
};

DurationOperator ToDurationOperator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kAdd:
      return {kDurationSum, DurationOp::kAdd};
    case TokenKind::kSub:
      return {kDurationSum, DurationOp::kSub};
    case TokenKind::kMul:
      return {kDurationProduct, DurationOp::kMul};
    case TokenKind::kDiv:
      return {kDurationProduct, DurationOp::kDiv};
    case TokenKind::kMod:
      return {kDurationProduct, DurationOp::kMod};
    case TokenKind::kPow:
      return {kDurationPower, DurationOp::kPow};
    default:
      return {};
  }
}

DurationOp ToDurationCall(TokenKind kind) {
  switch (kind) {
    case TokenKind::kStep:
      return DurationOp::kStep;
    case TokenKind::kRange:
      return DurationOp::kRange;
    case TokenKind::kMaxOf:
      return DurationOp::kMax;
    default:
      return DurationOp::kMin;
  }
}

bool IsDurationCall(TokenKind kind) {
  return kind == TokenKind::kStep || kind == TokenKind::kRange || kind == TokenKind::kMaxOf || kind == TokenKind::kMinOf;
}

bool IsDurationNumber(TokenKind kind) { return kind == TokenKind::kNumber || kind == TokenKind::kDuration; }
bool IsSign(TokenKind kind) { return kind == TokenKind::kAdd || kind == TokenKind::kSub; }

bool StartsDuration(TokenKind kind) {
  return IsDurationNumber(kind) || IsDurationCall(kind) || IsSign(kind) || kind == TokenKind::kLeftParen;
}

// Beyond 2^63 nanoseconds.
bool IsOutOfRange(double seconds) {
  constexpr double kLimit = 9223372036854775808.0 / 1e9;
  return seconds > kLimit || seconds < -kLimit;
}

ExprPtr ZeroDuration() { return std::make_unique<NumberLiteral>(); }

std::unique_ptr<DurationExpr> MakeSigned(const Token& sign, ExprPtr operand) {
  auto node = std::make_unique<DurationExpr>();
  node->op = sign.kind == TokenKind::kSub ? DurationOp::kNegate : DurationOp::kPlus;
  node->pos = {sign.pos, operand->pos.end};
  node->written.start = sign.pos;
  node->rhs = std::move(operand);
  return node;
}

// Marks a duration as written in parentheses. A number has no place for the mark: it becomes the operand of a plus that has.
ExprPtr WrapDuration(ExprPtr expr, PositionRange written) {
  if (expr->kind == NodeKind::kDuration) {
    static_cast<DurationExpr&>(*expr).wrapped = true;
    return expr;
  }
  auto node = std::make_unique<DurationExpr>();
  node->op = DurationOp::kPlus;
  node->wrapped = true;
  node->written = written;
  node->pos = {written.start, expr->pos.end};
  node->rhs = std::move(expr);
  return node;
}

}  // namespace

// A range or a step. Only literals can be checked here; expressions are when the query runs.
ExprPtr ParserState::ParsePositiveDuration() {
  ExprPtr duration = ParseDuration(kDurationSum);
  if (duration == nullptr || duration->kind != NodeKind::kNumberLiteral) {
    return duration;
  }
  if (static_cast<const NumberLiteral&>(*duration).value <= 0) {
    tokens_.Report(duration->pos, "duration must be greater than 0");
    return ZeroDuration();
  }
  return duration;
}

// Behind "offset" a number or a call ends the offset, so that `foo offset -2^2` is (foo offset -2)^2; only parentheses and double signs
// lead into arithmetic.
ExprPtr ParserState::ParseOffsetDuration() {
  const TokenKind first = tokens_.Peek();
  if (IsDurationNumber(first)) {
    return ParseDurationNumber();
  }
  if (IsDurationCall(first)) {
    return ParseDurationCall();
  }
  if (IsSign(first)) {
    return ParseSignedOffset();
  }
  return ParseDuration(kDurationSum);
}

ExprPtr ParserState::ParseSignedOffset() {
  const Token sign = tokens_.Take();
  const TokenKind next = tokens_.Peek();
  if (IsDurationNumber(next)) {
    return ApplySign(sign, ParseNumberLiteral());
  }
  if (IsDurationCall(next)) {
    ExprPtr call = ParseDurationCall();
    if (call == nullptr) {
      return nullptr;
    }
    auto& function = static_cast<DurationExpr&>(*call);
    const bool has_arguments = function.lhs != nullptr;
    const int32_t arguments_end = has_arguments ? function.rhs->pos.end : 0;
    if (has_arguments) {
      function.written.end = arguments_end;
    }
    std::unique_ptr<DurationExpr> node = MakeSigned(sign, std::move(call));
    node->written.end = arguments_end;
    return SetDepth(node.get()) ? std::move(node) : nullptr;
  }
  if (next == TokenKind::kLeftParen) {
    tokens_.Take();
    ExprPtr inner = ParseDuration(kDurationSum);
    if (inner == nullptr || !tokens_.Expect(TokenKind::kRightParen)) {
      return nullptr;
    }
    const PositionRange inner_range = inner->pos;
    return ApplySign(sign, WrapDuration(std::move(inner), inner_range));
  }
  ExprPtr operand = ParseDuration(kDurationPower);
  return operand == nullptr ? nullptr : ContinueDuration(ApplySign(sign, std::move(operand)), kDurationSum);
}

ExprPtr ParserState::ParseDuration(int min_precedence) { return ContinueDuration(ParseDurationOperand(), min_precedence); }

ExprPtr ParserState::ContinueDuration(ExprPtr lhs, int min_precedence) {
  while (lhs != nullptr) {
    const DurationOperator binary = ToDurationOperator(tokens_.Peek());
    if (binary.level == kNoDurationOperator || binary.level < min_precedence) {
      break;
    }
    const Token op = tokens_.Take();
    ExprPtr rhs = ParseDuration(binary.op == DurationOp::kPow ? binary.level : binary.level + 1);
    if (rhs == nullptr) {
      return nullptr;
    }
    lhs = MakeDurationBinary(std::move(lhs), op, std::move(rhs));
  }
  return lhs;
}

ExprPtr ParserState::MakeDurationBinary(ExprPtr lhs, const Token& op, ExprPtr rhs) {
  auto node = std::make_unique<DurationExpr>();
  node->op = ToDurationOperator(op.kind).op;
  const bool divides = node->op == DurationOp::kDiv || node->op == DurationOp::kMod;
  if (divides && rhs->kind == NodeKind::kNumberLiteral && static_cast<const NumberLiteral&>(*rhs).value == 0) {
    tokens_.Report(op.range(), node->op == DurationOp::kDiv ? "division by zero" : "modulo by zero");
    return ZeroDuration();
  }
  node->pos = {lhs->pos.start, rhs->pos.end};
  node->lhs = std::move(lhs);
  node->rhs = std::move(rhs);
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

ExprPtr ParserState::ParseDurationOperand() {
  const DepthGuard guard(this);
  if (tokens_.stopped() || !tokens_.Need(StartsDuration)) {
    return nullptr;
  }
  const TokenKind first = tokens_.Peek();
  if (IsDurationNumber(first)) {
    return ParseDurationNumber();
  }
  if (IsDurationCall(first)) {
    return ParseDurationCall();
  }
  if (first == TokenKind::kLeftParen) {
    return ParseParenDuration();
  }
  const Token sign = tokens_.Take();
  ExprPtr operand = ParseDuration(kDurationPower);
  return operand == nullptr ? nullptr : ApplySign(sign, std::move(operand));
}

ExprPtr ParserState::ParseDurationNumber() {
  std::unique_ptr<NumberLiteral> number = ParseNumberLiteral();
  if (IsOutOfRange(number->value)) {
    tokens_.Report(number->pos, "duration out of range");
    return ZeroDuration();
  }
  return number;
}

// step(), range(), max_of(a, b), min_of(a, b).
ExprPtr ParserState::ParseDurationCall() {
  const Token name = tokens_.Take();
  auto node = std::make_unique<DurationExpr>();
  node->op = ToDurationCall(name.kind);
  if (!tokens_.Expect(TokenKind::kLeftParen)) {
    return nullptr;
  }
  if (node->op == DurationOp::kMax || node->op == DurationOp::kMin) {
    node->lhs = ParseDuration(kDurationSum);
    if (node->lhs == nullptr || !tokens_.Expect(TokenKind::kComma)) {
      return nullptr;
    }
    node->rhs = ParseDuration(kDurationSum);
    if (node->rhs == nullptr) {
      return nullptr;
    }
  }
  if (!tokens_.Need(TokenKind::kRightParen)) {
    return nullptr;
  }
  node->written = {name.pos, tokens_.Take().range().end};
  node->pos = node->lhs == nullptr ? node->written : PositionRange{node->lhs->pos.start, node->rhs->pos.end};
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

ExprPtr ParserState::ParseParenDuration() {
  const Token open = tokens_.Take();
  ExprPtr inner = ParseDuration(kDurationSum);
  if (inner == nullptr || !tokens_.Need(TokenKind::kRightParen)) {
    return nullptr;
  }
  ExprPtr node = WrapDuration(std::move(inner), {open.pos, tokens_.Take().range().end});
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

ExprPtr ParserState::ApplySign(const Token& sign, ExprPtr operand) {
  if (operand->kind == NodeKind::kNumberLiteral) {
    auto& number = static_cast<NumberLiteral&>(*operand);
    if (sign.kind == TokenKind::kSub) {
      number.value = -number.value;
    }
    if (IsOutOfRange(number.value)) {
      tokens_.Report(sign.range(), "duration out of range");
      return ZeroDuration();
    }
    number.pos.start = sign.pos;
    return operand;
  }
  if (sign.kind == TokenKind::kAdd) {
    return operand;
  }
  std::unique_ptr<DurationExpr> node = MakeSigned(sign, std::move(operand));
  return SetDepth(node.get()) ? std::move(node) : nullptr;
}

}  // namespace tocsin::promql
