#include "rules/template/lexer.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin::gotemplate {
namespace {

constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
constexpr std::string_view kSpaces = " \t\r\n";

struct Keyword {
  std::string_view text;
  TokenType type;
};
constexpr Keyword kKeywords[] = {
    {"block", TokenType::kBlock},   {"break", TokenType::kBreak},       {"continue", TokenType::kContinue},
    {"define", TokenType::kDefine}, {"else", TokenType::kElse},         {"end", TokenType::kEnd},
    {"if", TokenType::kIf},         {"range", TokenType::kRange},       {"nil", TokenType::kNil},
    {"with", TokenType::kWith},     {"template", TokenType::kTemplate}, {"true", TokenType::kBool},
    {"false", TokenType::kBool},
};

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }

/// Letters beyond ASCII all count: what Go's unicode tables tell apart does not occur in names.
bool IsNameByte(char c) {
  return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80) != 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (!done_) {
      if (in_action_) {
        InsideAction();
      } else {
        Text();
      }
    }
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return text_.substr(pos_); }
  char peek(size_t ahead = 0) const { return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0'; }
  bool at_end() const { return pos_ >= text_.size(); }

  /// A token of the text from start_ to pos_.
  void Emit(TokenType type) {
    tokens_.push_back(Token{type, start_, line_, std::string(text_.substr(start_, pos_ - start_))});
    Ignore();
  }
  void Ignore() {
    line_ +=
        static_cast<int>(std::count(text_.begin() + static_cast<ptrdiff_t>(start_), text_.begin() + static_cast<ptrdiff_t>(pos_), '\n'));
    start_ = pos_;
  }
  void Fail(std::string message) {
    tokens_.push_back(Token{TokenType::kError, start_, line_, std::move(message)});
    done_ = true;
  }

  static bool HasLeftTrim(std::string_view s) { return s.size() >= 2 && s[0] == '-' && IsSpace(s[1]); }
  static bool HasRightTrim(std::string_view s) { return s.size() >= 2 && IsSpace(s[0]) && s[1] == '-'; }

  void Text() {
    const size_t found = rest().find(kLeft);
    if (found == std::string_view::npos) {
      pos_ = text_.size();
      if (pos_ > start_) {
        Emit(TokenType::kText);
      }
      Emit(TokenType::kEof);
      done_ = true;
      return;
    }
    const size_t delim = pos_ + found;
    size_t text_end = delim;
    if (HasLeftTrim(text_.substr(delim + kLeft.size()))) {
      while (text_end > start_ && IsSpace(text_[text_end - 1])) {
        --text_end;
      }
    }
    pos_ = text_end;
    if (pos_ > start_) {
      Emit(TokenType::kText);
    }
    pos_ = delim;
    Ignore();
    LeftDelim();
  }

  void LeftDelim() {
    pos_ += kLeft.size();
    const bool trim = HasLeftTrim(rest());
    const size_t after_marker = trim ? 2 : 0;
    if (rest().substr(after_marker).starts_with("/*")) {
      pos_ += after_marker;
      Ignore();
      Comment();
      return;
    }
    Emit(TokenType::kLeftDelim);
    pos_ += after_marker;
    Ignore();
    paren_depth_ = 0;
    in_action_ = true;
  }

  void Comment() {
    const size_t close = rest().find("*/");
    if (close == std::string_view::npos) {
      return Fail("unclosed comment");
    }
    pos_ += close + 2;
    bool trim = false;
    if (!AtRightDelim(&trim)) {
      return Fail("comment ends before closing delimiter");
    }
    FinishDelim(trim);
  }

  bool AtRightDelim(bool* trim) const {
    if (HasRightTrim(rest()) && rest().substr(2).starts_with(kRight)) {
      *trim = true;
      return true;
    }
    *trim = false;
    return rest().starts_with(kRight);
  }

  /// Goes past the delimiter (and its marker, and then the space that follows).
  void FinishDelim(bool trim) {
    pos_ += (trim ? 2 : 0) + kRight.size();
    if (trim) {
      while (!at_end() && IsSpace(peek())) {
        ++pos_;
      }
    }
    Ignore();
    in_action_ = false;
  }

  void RightDelim(bool trim) {
    if (trim) {
      pos_ += 2;
      Ignore();
    }
    pos_ += kRight.size();
    Emit(TokenType::kRightDelim);
    pos_ -= kRight.size();
    FinishDelim(false);
    if (trim) {
      while (!at_end() && IsSpace(peek())) {
        ++pos_;
      }
      Ignore();
    }
  }

  void InsideAction() {
    bool trim = false;
    if (AtRightDelim(&trim)) {
      if (paren_depth_ > 0) {
        return Fail("unclosed left paren");
      }
      return RightDelim(trim);
    }
    if (at_end()) {
      return Fail("unclosed action");
    }
    const char c = peek();
    if (IsSpace(c)) {
      return Space();
    }
    switch (c) {
      case '=':
        ++pos_;
        return Emit(TokenType::kAssign);
      case ':':
        if (peek(1) != '=') {
          return Fail("expected :=");
        }
        pos_ += 2;
        return Emit(TokenType::kDeclare);
      case '|':
        ++pos_;
        return Emit(TokenType::kPipe);
      case '"':
        return Quoted();
      case '`':
        return RawQuoted();
      case '\'':
        return CharConstant();
      case '$':
        return Name(TokenType::kVariable, TokenType::kVariable);
      case '.':
        if (std::isdigit(static_cast<unsigned char>(peek(1))) == 0) {
          return Name(TokenType::kField, TokenType::kDot);
        }
        return Number();
      case '(':
        ++pos_;
        ++paren_depth_;
        return Emit(TokenType::kLeftParen);
      case ')':
        if (paren_depth_ == 0) {
          return Fail("unexpected right paren");
        }
        ++pos_;
        --paren_depth_;
        return Emit(TokenType::kRightParen);
      default:
        break;
    }
    if (c == '+' || c == '-' || std::isdigit(static_cast<unsigned char>(c)) != 0) {
      return Number();
    }
    if (IsNameByte(c)) {
      return Identifier();
    }
    if (c >= ' ' && c <= '~') {
      ++pos_;
      return Emit(TokenType::kChar);
    }
    Fail("unrecognized character in action: " + CodePoint());
  }

  void Space() {
    // The last space belongs to a trim marker, if one follows.
    bool trim = false;
    while (!at_end() && IsSpace(peek()) && !(AtRightDelim(&trim) && trim)) {
      ++pos_;
    }
    if (pos_ > start_) {
      Emit(TokenType::kSpace);
    }
  }

  bool AtTerminator() const {
    return at_end() || IsSpace(peek()) || std::string_view(".,|:)(").find(peek()) != std::string_view::npos || rest().starts_with(kRight);
  }

  void FailBadCharacter() { Fail("bad character " + CodePoint()); }

  /// Go's %#U of the character at pos_: U+002A '*'
  std::string CodePoint() const {
    const std::string_view here = rest();
    const size_t length = std::max<size_t>(Utf8SequenceLength(here), 1);
    auto rune = static_cast<uint32_t>(static_cast<unsigned char>(here[0]));
    if (length > 1) {
      rune &= 0xFFU >> (length + 1);
      for (const char c : here.substr(1, length - 1)) {
        rune = (rune << 6) | (static_cast<unsigned char>(c) & 0x3FU);
      }
    } else if (rune >= 0x80) {
      return "U+FFFD '\xEF\xBF\xBD'";
    }
    const std::string number = absl::StrFormat("U+%04X", rune);
    return rune < 0x20 || rune == 0x7F ? number : Cat(number, " '", here.substr(0, length), "'");
  }

  /// A field or variable; `alone` when nothing follows the first character.
  void Name(TokenType type, TokenType alone) {
    ++pos_;
    if (AtTerminator()) {
      return Emit(alone);
    }
    while (!at_end() && IsNameByte(peek())) {
      ++pos_;
    }
    if (!AtTerminator()) {
      return FailBadCharacter();
    }
    Emit(type);
  }

  void Identifier() {
    while (!at_end() && IsNameByte(peek())) {
      ++pos_;
    }
    if (!AtTerminator()) {
      return FailBadCharacter();
    }
    const std::string_view word = text_.substr(start_, pos_ - start_);
    for (const Keyword& keyword : kKeywords) {
      if (keyword.text == word) {
        return Emit(keyword.type);
      }
    }
    Emit(TokenType::kIdentifier);
  }

  void Quoted() {
    ++pos_;
    while (peek() != '"') {
      if (peek() == '\\' && pos_ + 1 < text_.size() && peek(1) != '\n') {
        ++pos_;
      } else if (at_end() || peek() == '\n' || peek() == '\\') {
        return Fail("unterminated quoted string");
      }
      ++pos_;
    }
    ++pos_;
    Emit(TokenType::kString);
  }

  void RawQuoted() {
    const size_t close = text_.find('`', pos_ + 1);
    if (close == std::string_view::npos) {
      return Fail("unterminated raw quoted string");
    }
    pos_ = close + 1;
    Emit(TokenType::kRawString);
  }

  void CharConstant() {
    ++pos_;
    while (peek() != '\'') {
      if (peek() == '\\' && pos_ + 1 < text_.size() && peek(1) != '\n') {
        ++pos_;
      } else if (at_end() || peek() == '\n' || peek() == '\\') {
        return Fail("unterminated character constant");
      }
      ++pos_;
    }
    ++pos_;
    Emit(TokenType::kCharConstant);
  }

  bool Accept(std::string_view set) {
    if (!at_end() && set.find(peek()) != std::string_view::npos) {
      ++pos_;
      return true;
    }
    return false;
  }
  void AcceptRun(std::string_view set) {
    while (Accept(set)) {
    }
  }

  void Number() {
    constexpr std::string_view kDecimal = "0123456789_";
    std::string_view digits = kDecimal;
    bool hex = false;
    Accept("+-");
    if (Accept("0")) {
      if (Accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
        hex = true;
      } else if (Accept("oO")) {
        digits = "01234567_";
      } else if (Accept("bB")) {
        digits = "01_";
      }
    }
    AcceptRun(digits);
    if (Accept(".")) {
      AcceptRun(digits);
    }
    if ((digits == kDecimal && Accept("eE")) || (hex && Accept("pP"))) {
      Accept("+-");
      AcceptRun(kDecimal);
    }
    if (!at_end() && IsNameByte(peek())) {
      pos_ += std::max<size_t>(Utf8SequenceLength(rest()), 1);
      return Fail(Cat("bad number syntax: ", GoQuoted(text_.substr(start_, pos_ - start_))));
    }
    Emit(TokenType::kNumber);
  }

  const std::string_view text_;
  size_t pos_ = 0;
  size_t start_ = 0;
  int line_ = 1;
  int paren_depth_ = 0;
  bool in_action_ = false;
  bool done_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view text) { return Lexer(text).Run(); }

std::string TokenText(const Token& token) {
  if (token.type == TokenType::kEof) {
    return "EOF";
  }
  if (token.type == TokenType::kError) {
    return token.text;
  }
  if (token.type >= TokenType::kBlock) {
    return Cat("<", token.text, ">");
  }
  if (token.text.size() > 10) {
    size_t cut = 0;
    for (int i = 0; i < 10 && cut < token.text.size(); ++i) {
      cut += std::max<size_t>(Utf8SequenceLength(std::string_view(token.text).substr(cut)), 1);
    }
    return cut < token.text.size() ? GoQuoted(std::string_view(token.text).substr(0, cut)) + "..." : GoQuoted(token.text);
  }
  return GoQuoted(token.text);
}

}  // namespace tocsin::gotemplate
