#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/lexer.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kDecimalDigits = "0123456789";
constexpr std::string_view kHexadecimalDigits = "0123456789abcdefABCDEF";
constexpr uint32_t kNotADigit = 16;

uint32_t DigitValue(uint32_t rune) {
  if (IsDigitRune(rune)) {
    return rune - '0';
  }
  if (rune >= 'a' && rune <= 'f') {
    return rune - 'a' + 10;
  }
  if (rune >= 'A' && rune <= 'F') {
    return rune - 'A' + 10;
  }
  return kNotADigit;
}

}  // namespace

Lexer::Mode Lexer::Number() {
  if (!ScanNumber()) {
    return Error(Cat("bad number syntax: ", GoQuoted(Pending())));
  }
  return EmitIn(TokenKind::kNumber, Mode::kStatements);
}

Lexer::Mode Lexer::NumberOrDuration() {
  if (ScanNumber()) {
    return EmitIn(TokenKind::kNumber, Mode::kStatements);
  }
  if (ScanDuration()) {
    return EmitIn(TokenKind::kDuration, Mode::kStatements);
  }
  return Error(Cat("bad number or duration syntax: ", GoQuoted(Pending())));
}

// From the unit on. Orders of units and wrong ones such as "hs" are found when the duration is computed.
bool Lexer::ScanDuration() {
  if (!Accept("smhdwy")) {
    return false;
  }
  Accept("s");
  while (Accept(kDecimalDigits)) {
    AcceptRun(kDecimalDigits);
    if (!Accept("smhdw")) {
      return false;
    }
    Accept("s");
  }
  if (IsAlphaNumericRune(Peek())) {
    Read();
    return false;
  }
  return true;
}

// Numbers are only delimited here, not checked throughout. What was read up to an error is part of the error's text.
bool Lexer::ScanNumber() {
  std::string_view digits = kDecimalDigits;
  const size_t first = pos_;
  // In a series description "0x5" is a repetition.
  if (!series_description_ && Accept("0") && Accept("xX")) {
    Accept("_");
    digits = kHexadecimalDigits;
  }
  Accept(".");
  Accept(digits);
  if (!ScanNumberTail(digits) || pos_ == first) {
    return false;
  }
  const uint32_t next = Peek();
  return (series_description_ && next == 'x') || !IsAlphaNumericRune(next);
}

bool Lexer::ScanNumberTail(std::string_view digits) {
  const bool hexadecimal = digits.size() > kDecimalDigits.size();
  bool seen_dot = false;
  bool seen_exponent = false;
  while (NextIsOneOf(digits) || NextIsOneOf("._eE")) {
    if ((seen_dot && Accept(".")) || (seen_exponent && Accept("eE"))) {
      return false;
    }
    if (Accept(".")) {
      seen_dot = true;
      if (Accept("_.") || hexadecimal) {
        return false;
      }
    } else if (Accept("eE")) {
      seen_exponent = true;
      Accept("+-");
      if (Accept("._eE") || Peek() == kNoRune) {
        return false;
      }
    } else if (Accept("_")) {
      if (Accept("._eE") || Peek() == kNoRune) {
        return false;
      }
    } else {
      AcceptRun(digits);
    }
  }
  return true;
}

Lexer::Mode Lexer::String() {
  while (true) {
    const uint32_t rune = Read();
    if (rune == quote_) {
      return EmitIn(TokenKind::kString, Mode::kStatements);
    }
    if (rune == '\\') {
      return Mode::kEscape;
    }
    if (rune == kRuneError) {
      return Error("invalid UTF-8 rune");
    }
    if (rune == kNoRune || rune == '\n') {
      return Error("unterminated quoted string");
    }
  }
}

Lexer::Mode Lexer::RawString() {
  while (true) {
    const uint32_t rune = Read();
    if (rune == quote_) {
      return EmitIn(TokenKind::kString, Mode::kStatements);
    }
    if (rune == kRuneError) {
      return Error("invalid UTF-8 rune");
    }
    if (rune == kNoRune) {
      return Error("unterminated raw string");
    }
  }
}

// Behind a backslash: Go's escapes, of the two quotes only the string's own.
Lexer::Mode Lexer::Escape() {
  uint32_t rune = Read();
  int digits = 0;
  uint32_t base = 16;
  uint32_t largest = 0x10ffff;
  if (rune == quote_) {
    return Mode::kString;
  }
  switch (rune) {
    case 'a':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v':
    case '\\':
      return Mode::kString;
    case 'x':
      digits = 2;
      largest = 255;
      break;
    case 'u':
      digits = 4;
      break;
    case 'U':
      digits = 8;
      break;
    case kNoRune:
      return Error("escape sequence not terminated");
    default:
      if (rune < '0' || rune > '7') {
        return Error(Cat("unknown escape sequence ", GoUnicodeRune(rune)));
      }
      digits = 3;
      base = 8;
      largest = 255;
      Backup();
      break;
  }
  uint32_t value = 0;
  for (; digits > 0; --digits) {
    rune = Read();
    const uint32_t digit = DigitValue(rune);
    if (digit >= base) {
      return rune == kNoRune ? Error("escape sequence not terminated")
                             : Error(Cat("illegal character ", GoUnicodeRune(rune), " in escape sequence"));
    }
    value = value * base + digit;
  }
  if (value > largest || (value >= 0xd800 && value < 0xe000)) {
    return Error("escape sequence is an invalid Unicode code point");
  }
  return Mode::kString;
}

}  // namespace tocsin::promql
