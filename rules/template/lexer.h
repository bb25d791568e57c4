#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::gotemplate {

enum class TokenType {
  kError,  // text holds the message
  kEof,
  kText,
  kComment,
  kLeftDelim,
  kRightDelim,
  kLeftParen,
  kRightParen,
  kSpace,
  kAssign,   // =
  kDeclare,  // :=
  kPipe,
  kChar,  // any other printable ASCII character
  kBool,
  kCharConstant,
  kNumber,
  kString,     // with its quotes
  kRawString,  // with its back quotes
  kIdentifier,
  kField,     // .name
  kVariable,  // $name
  kDot,
  kNil,
  // Keywords: all below count as such in error texts.
  kBlock,
  kBreak,
  kContinue,
  kDefine,
  kElse,
  kEnd,
  kIf,
  kRange,
  kTemplate,
  kWith,
};

struct Token {
  TokenType type = TokenType::kEof;
  size_t pos = 0;  // byte offset in the text
  int line = 1;
  std::string text;
};

/// As error texts show a token: `"abc"`, `<if>`, `EOF`, the first ten characters of what is longer.
std::string TokenText(const Token& token);

/// The tokens of a template, ending with kEof or, where the text cannot be read on, kError. The language of Go's text/template with the
/// delimiters {{ and }}.
std::vector<Token> Tokenize(std::string_view text);

}  // namespace tocsin::gotemplate
