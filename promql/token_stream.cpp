#include "promql/token_stream.h"

#include <utility>

#include "base/strings.h"

namespace tocsin::promql {

void TokenStream::Read() {
  has_next_ = true;
  if (at_end_) {
    next_ = {TokenKind::kEnd, last_.pos, {}};
    return;
  }
  do {
    last_ = lexer_.Next();
  } while (last_.kind == TokenKind::kComment);
  next_ = last_;
  switch (last_.kind) {
    case TokenKind::kError:
      at_end_ = true;
      next_.kind = TokenKind::kEnd;
      Report({lexer_.start(), static_cast<int32_t>(text().size())}, std::string(last_.text));
      break;
    case TokenKind::kEof:
      at_end_ = true;
      break;
    case TokenKind::kRightBrace:
    case TokenKind::kRightParen:
    case TokenKind::kRightBracket:
    case TokenKind::kDuration:
    case TokenKind::kNumber:
      last_closing_ = last_.range().end;
      break;
    default:
      break;
  }
}

TokenKind TokenStream::Peek() {
  if (!has_next_) {
    Read();
  }
  return next_.kind;
}

Token TokenStream::Take() {
  Peek();
  has_next_ = false;
  recovering_ = false;
  return next_;
}

bool TokenStream::TakeIf(TokenKind kind) {
  if (Peek() != kind) {
    return false;
  }
  Take();
  return true;
}

bool TokenStream::Expect(TokenKind kind) {
  if (!Need(kind)) {
    return false;
  }
  Take();
  return true;
}

bool TokenStream::Skip() {
  if (Peek() == TokenKind::kEnd) {
    stopped_ = true;
    return false;
  }
  has_next_ = false;
  return true;
}

bool TokenStream::Catch() {
  if (stopped_) {
    return false;
  }
  recovering_ = true;
  return true;
}

bool TokenStream::CatchUnexpected(std::string_view context, std::string_view expected) {
  if (!Catch()) {
    return false;
  }
  ReportUnexpected(context, expected);
  return true;
}

bool TokenStream::NeedSeparator(TokenKind closing, std::string_view context, std::string_view expected) {
  const auto fits = [closing](TokenKind kind) { return kind == TokenKind::kComma || kind == closing; };
  return Need(fits) || (CatchUnexpected(context, expected) && Need(fits));
}

bool TokenStream::FinishText(bool parsed) {
  const auto at_end = [](TokenKind kind) { return kind == TokenKind::kEof || kind == TokenKind::kEnd; };
  if ((!parsed || !Need(at_end)) && CatchUnexpected("", "")) {
    Need(at_end);
  }
  return parsed && errors_.empty();
}

void TokenStream::ReportUnexpected(std::string_view context, std::string_view expected) {
  if (last_.kind == TokenKind::kError) {
    return;
  }
  std::string message = Cat("unexpected ", Describe(last_));
  if (!context.empty()) {
    Append(&message, " in ", context);
  }
  if (!expected.empty()) {
    Append(&message, ", expected ", expected);
  }
  Report(last_.range(), std::move(message));
}

void TokenStream::Report(PositionRange range, std::string message) { errors_.push_back({range, std::move(message)}); }

int32_t TokenStream::PreviousRightParen(int32_t fallback) const {
  const std::string_view input = text();
  const auto size = static_cast<int32_t>(input.size());
  if (fallback <= 0 || fallback > size || last_.pos <= 0 || last_.pos >= size || input[static_cast<size_t>(last_.pos)] != ')') {
    return fallback;
  }
  for (int32_t i = last_.pos - 1; i > 0; --i) {
    const char c = input[static_cast<size_t>(i)];
    if (c == ')') {
      return i + 1;
    }
    if (!IsSpaceRune(static_cast<unsigned char>(c))) {
      break;
    }
  }
  return fallback;
}

}  // namespace tocsin::promql
