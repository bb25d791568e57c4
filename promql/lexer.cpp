#include "promql/lexer.h"

#include <utility>

#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin::promql {
namespace {

bool MayStartDurationWord(uint32_t rune) {
  switch (rune) {
    case 's':  // step
    case 'S':
    case 'r':  // range
    case 'R':
    case 'm':  // max_of, min_of
    case 'M':
      return true;
    default:
      return false;
  }
}

// The operators and separators of one character.
TokenKind SingleSign(uint32_t rune) {
  switch (rune) {
    case '*':
      return TokenKind::kMul;
    case '/':
      return TokenKind::kDiv;
    case '%':
      return TokenKind::kMod;
    case '+':
      return TokenKind::kAdd;
    case '-':
      return TokenKind::kSub;
    case '^':
      return TokenKind::kPow;
    case ',':
      return TokenKind::kComma;
    default:
      return TokenKind::kEnd;
  }
}

}  // namespace

bool IsSpaceRune(uint32_t rune) { return rune == ' ' || rune == '\t' || rune == '\n' || rune == '\r'; }
bool IsDigitRune(uint32_t rune) { return rune >= '0' && rune <= '9'; }
bool IsAlphaRune(uint32_t rune) { return rune == '_' || (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z'); }

uint32_t Lexer::Read() {
  if (pos_ >= input_.size()) {
    width_ = 0;
    return kNoRune;
  }
  const Utf8Rune rune = DecodeUtf8(input_.substr(pos_));
  width_ = rune.length;
  pos_ += width_;
  return rune.rune;
}

uint32_t Lexer::Peek() {
  const uint32_t rune = Read();
  Backup();
  return rune;
}

bool Lexer::NextIsOneOf(std::string_view valid) {
  const uint32_t rune = Peek();
  return rune < 0x80 && valid.find(static_cast<char>(rune)) != std::string_view::npos;
}

bool Lexer::Accept(std::string_view valid) {
  if (!NextIsOneOf(valid)) {
    return false;
  }
  Read();
  return true;
}

void Lexer::AcceptRun(std::string_view valid) {
  while (Accept(valid)) {
  }
}

void Lexer::Emit(TokenKind kind) {
  token_ = {kind, start(), Pending()};
  start_ = pos_;
  emitted_ = true;
}

Lexer::Mode Lexer::Error(std::string message) {
  error_message_ = std::move(message);
  token_ = {TokenKind::kError, start(), error_message_};
  emitted_ = true;
  return Mode::kFinished;
}

void Lexer::SkipSpaces() {
  while (IsSpaceRune(Peek())) {
    Read();
  }
  start_ = pos_;
}

Token Lexer::Next() {
  emitted_ = false;
  while (!emitted_) {
    mode_ = Step(mode_);
  }
  return token_;
}

Lexer::Mode Lexer::Step(Mode mode) {
  switch (mode) {
    case Mode::kStatements:
      return Statements();
    case Mode::kInsideBraces:
      return InsideBraces();
    case Mode::kDurationExpression:
      return DurationExpression();
    case Mode::kSpace:
      return Space();
    case Mode::kComment:
      return Comment();
    case Mode::kNumber:
      return Number();
    case Mode::kNumberOrDuration:
      return NumberOrDuration();
    case Mode::kString:
      return String();
    case Mode::kRawString:
      return RawString();
    case Mode::kEscape:
      return Escape();
    case Mode::kWord:
      return Word();
    case Mode::kLabelName:
      return LabelName();
    case Mode::kValueSequence:
      return ValueSequence();
    case Mode::kHistogram:
      return Histogram();
    case Mode::kHistogramWord:
      return HistogramWord();
    case Mode::kBuckets:
      return Buckets();
    case Mode::kFinished:
      break;
  }
  return EmitIn(TokenKind::kEof, Mode::kFinished);
}

// The mode between all others: each of them comes back to it, and it knows where it stands.
Lexer::Mode Lexer::Statements() {
  if (histogram_state_ != HistogramState::kNone) {
    return Mode::kHistogram;
  }
  if (brace_open_) {
    return Mode::kInsideBraces;
  }
  const uint32_t rune = Read();
  if (rune == '#') {
    return Mode::kComment;
  }
  if (rune == kNoRune) {
    return StatementsEnd();
  }
  if (IsSpaceRune(rune)) {
    return Mode::kSpace;
  }
  if (IsDigitRune(rune) || (rune == '.' && IsDigitRune(Peek()))) {
    pos_ = start_;
    return Mode::kNumberOrDuration;
  }
  if (IsAlphaRune(rune) || rune == ':') {
    if (bracket_open_) {
      return WordInBrackets(rune);
    }
    Backup();
    return Mode::kWord;
  }
  return OperatorOrError(rune);
}

Lexer::Mode Lexer::StatementsEnd() {
  if (paren_depth_ != 0) {
    return Error("unclosed left parenthesis");
  }
  if (bracket_open_) {
    return Error("unclosed left bracket");
  }
  return EmitIn(TokenKind::kEof, Mode::kFinished);
}

Lexer::Mode Lexer::OperatorOrError(uint32_t rune) {
  if (const TokenKind kind = SingleSign(rune); kind != TokenKind::kEnd) {
    return EmitIn(kind, Mode::kStatements);
  }
  switch (rune) {
    case '=':
      if (Peek() == '~') {
        return Error("unexpected character after '=': '~'");
      }
      return EmitIn(Accept("=") ? TokenKind::kEqlc : TokenKind::kEql, Mode::kStatements);
    case '!':
      if (const uint32_t next = Read(); next != '=') {
        return Error(Cat("unexpected character after '!': ", GoQuotedRune(next == kNoRune ? kRuneError : next)));
      }
      return EmitIn(TokenKind::kNeq, Mode::kStatements);
    case '<':
      return EmitIn(Accept("=") ? TokenKind::kLte : Accept("/") ? TokenKind::kTrimUpper : TokenKind::kLss, Mode::kStatements);
    case '>':
      return EmitIn(Accept("=") ? TokenKind::kGte : Accept("/") ? TokenKind::kTrimLower : TokenKind::kGtr, Mode::kStatements);
    case '"':
    case '\'':
      quote_ = rune;
      return Mode::kString;
    case '`':
      quote_ = rune;
      return Mode::kRawString;
    case '(':
      ++paren_depth_;
      return EmitIn(TokenKind::kLeftParen, Mode::kStatements);
    case ')':
      return CloseParen(Mode::kStatements);
    case '{':
      brace_open_ = true;
      return EmitIn(TokenKind::kLeftBrace, Mode::kInsideBraces);
    case '[':
      return OpenBracket();
    case ']':
      if (!bracket_open_) {
        return Error("unexpected right bracket ']'");
      }
      bracket_open_ = false;
      return EmitIn(TokenKind::kRightBracket, Mode::kStatements);
    case '@':
      return EmitIn(TokenKind::kAt, Mode::kStatements);
    default:
      return Error(Cat("unexpected character: ", GoQuotedRune(rune)));
  }
}

Lexer::Mode Lexer::OpenBracket() {
  if (bracket_open_) {
    return Error("unexpected left bracket '['");
  }
  got_colon_ = false;
  Emit(TokenKind::kLeftBracket);
  SkipSpaces();
  bracket_open_ = true;
  return Mode::kDurationExpression;
}

// Upstream emits the parenthesis and then replaces it by the error, which therefore stands behind it.
Lexer::Mode Lexer::CloseParen(Mode next) {
  Emit(TokenKind::kRightParen);
  --paren_depth_;
  return paren_depth_ < 0 ? Error("unexpected right parenthesis ')'") : next;
}

Lexer::Mode Lexer::WordInBrackets(uint32_t rune) {
  if (rune == ':') {
    if (got_colon_) {
      return Error("unexpected colon ':'");
    }
    got_colon_ = true;
    return EmitIn(TokenKind::kColon, Mode::kStatements);
  }
  if (MayStartDurationWord(rune) && ScanDurationWord()) {
    return Mode::kStatements;
  }
  return Error(Cat("unexpected character: ", GoQuotedRune(rune), ", expected ':'"));
}

// step, range, max_of, min_of; the first letter has been read.
bool Lexer::ScanDurationWord() {
  while (IsAlphaRune(Peek())) {
    Read();
  }
  const TokenKind kind = KeywordKind(Pending());
  switch (kind) {
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMaxOf:
    case TokenKind::kMinOf:
      Emit(kind);
      return true;
    default:
      return false;
  }
}

// Directly behind '['; after the first number the mode is kStatements.
Lexer::Mode Lexer::DurationExpression() {
  const uint32_t rune = Read();
  if (rune == kNoRune) {
    return Error("unexpected end of input in duration expression");
  }
  if (IsSpaceRune(rune)) {
    SkipSpaces();
    return Mode::kDurationExpression;
  }
  if (const TokenKind kind = SingleSign(rune); kind != TokenKind::kEnd) {
    return EmitIn(kind, Mode::kDurationExpression);
  }
  if (IsDigitRune(rune) || (rune == '.' && IsDigitRune(Peek()))) {
    pos_ = start_;
    got_duration_ = true;
    return Mode::kNumberOrDuration;
  }
  switch (rune) {
    case ']':
      bracket_open_ = false;
      got_colon_ = false;
      return EmitIn(TokenKind::kRightBracket, Mode::kStatements);
    case ':':
      return DurationColon();
    case '(':
      ++paren_depth_;
      return EmitIn(TokenKind::kLeftParen, Mode::kDurationExpression);
    case ')':
      return CloseParen(Mode::kDurationExpression);
    default:
      break;
  }
  if (MayStartDurationWord(rune) && ScanDurationWord()) {
    return Mode::kDurationExpression;
  }
  return Error(Cat("unexpected character in duration expression: ", GoQuotedRune(rune)));
}

Lexer::Mode Lexer::DurationColon() {
  Emit(TokenKind::kColon);
  if (!got_duration_) {
    return Error("unexpected colon before duration in duration expression");
  }
  if (got_colon_) {
    return Error("unexpected repeated colon in duration expression");
  }
  got_colon_ = true;
  return Mode::kDurationExpression;
}

// In braces keywords are plain names.
Lexer::Mode Lexer::InsideBraces() {
  const uint32_t rune = Read();
  if (rune == '#') {
    return Mode::kComment;
  }
  if (rune == kNoRune) {
    return Error("unexpected end of input inside braces");
  }
  if (IsSpaceRune(rune)) {
    return Mode::kSpace;
  }
  if (IsAlphaRune(rune)) {
    Backup();
    return Mode::kLabelName;
  }
  switch (rune) {
    case ',':
      return EmitIn(TokenKind::kComma, Mode::kInsideBraces);
    case '"':
    case '\'':
      quote_ = rune;
      return Mode::kString;
    case '`':
      quote_ = rune;
      return Mode::kRawString;
    case '=':
      return EmitIn(Accept("~") ? TokenKind::kEqlRegex : TokenKind::kEql, Mode::kInsideBraces);
    case '!':
      if (Accept("~")) {
        return EmitIn(TokenKind::kNeqRegex, Mode::kInsideBraces);
      }
      if (const uint32_t next = Read(); next != '=') {
        return Error(Cat("unexpected character after '!' inside braces: ", GoQuotedRune(next == kNoRune ? kRuneError : next)));
      }
      return EmitIn(TokenKind::kNeq, Mode::kInsideBraces);
    case '{':
      return Error("unexpected left brace '{'");
    case '}':
      brace_open_ = false;
      return EmitIn(TokenKind::kRightBrace, series_description_ ? Mode::kValueSequence : Mode::kStatements);
    default:
      return Error(Cat("unexpected character inside braces: ", GoQuotedRune(rune)));
  }
}

Lexer::Mode Lexer::Space() {
  SkipSpaces();
  return Mode::kStatements;
}

Lexer::Mode Lexer::Comment() {
  while (pos_ < input_.size() && input_[pos_] != '\n' && input_[pos_] != '\r') {
    ++pos_;
  }
  return EmitIn(TokenKind::kComment, Mode::kStatements);
}

Lexer::Mode Lexer::LabelName() {
  while (IsAlphaNumericRune(Peek())) {
    Read();
  }
  return EmitIn(TokenKind::kIdentifier, Mode::kStatements);
}

// A keyword, or a name, which may have colons.
Lexer::Mode Lexer::Word() {
  while (IsAlphaNumericRune(Peek()) || Peek() == ':') {
    Read();
  }
  TokenKind kind = KeywordKind(Pending());
  const bool is_fill = kind == TokenKind::kFill || kind == TokenKind::kFillLeft || kind == TokenKind::kFillRight;
  if (is_fill && !LeftParenFollows()) {
    kind = TokenKind::kIdentifier;
  } else if (kind == TokenKind::kEnd) {
    kind = Pending().find(':') == std::string_view::npos ? TokenKind::kIdentifier : TokenKind::kMetricIdentifier;
  }
  Emit(kind);
  return series_description_ && Peek() != '{' ? Mode::kValueSequence : Mode::kStatements;
}

bool Lexer::LeftParenFollows() const {
  size_t next = pos_;
  while (next < input_.size() && IsSpaceRune(static_cast<unsigned char>(input_[next]))) {
    ++next;
  }
  return next < input_.size() && input_[next] == '(';
}

}  // namespace tocsin::promql
