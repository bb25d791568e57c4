#include "engine/scrape/exposition/lexer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

bool IsLabelNameStart(int c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsMetricNameStart(int c) { return IsLabelNameStart(c) || c == ':'; }
bool IsDigit(int c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string_view LexTokenName(LexToken token) {
  switch (token) {
    case LexToken::kInvalid:
      return "INVALID";
    case LexToken::kEof:
      return "EOF";
    case LexToken::kLinebreak:
      return "LINEBREAK";
    case LexToken::kWhitespace:
      return "WHITESPACE";
    case LexToken::kHelp:
      return "HELP";
    case LexToken::kType:
      return "TYPE";
    case LexToken::kUnit:
      return "UNIT";
    case LexToken::kEofWord:
      return "EOFWORD";
    case LexToken::kText:
      return "TEXT";
    case LexToken::kComment:
      return "COMMENT";
    case LexToken::kMetricName:
      return "MNAME";
    case LexToken::kQuotedString:
      return "QSTRING";
    case LexToken::kBraceOpen:
      return "BOPEN";
    case LexToken::kBraceClose:
      return "BCLOSE";
    case LexToken::kLabelName:
      return "LNAME";
    case LexToken::kLabelValue:
      return "LVALUE";
    case LexToken::kComma:
      return "COMMA";
    case LexToken::kEqual:
      return "EQUAL";
    case LexToken::kTimestamp:
      return "TIMESTAMP";
    case LexToken::kValue:
      return "VALUE";
  }
  return "";
}

std::string LexCursor::ErrorText(std::string_view expected, LexToken got, size_t line_start) const {
  const size_t end = std::min(body_.size(), position_ + 1);
  return Cat(expected, ", got ", GoQuoted(body_.substr(token_start_, end - token_start_)), " (\"", LexTokenName(got),
             "\") while parsing: ", GoQuoted(body_.substr(line_start, end - line_start)));
}

bool LexCursor::TakeQuoted(bool may_hold_newline) {
  for (int c = Advance();;) {
    if (c == '"') {
      Advance();
      return true;
    }
    if (c == '\\') {
      c = Advance();
      if (c == 0 || c == '\n') {
        return false;
      }
    } else if (c == 0 || (c == '\n' && !may_hold_newline)) {
      return false;
    }
    c = Advance();
  }
}

void LexCursor::TakeLabelName() {
  int c = Advance();
  while (IsLabelNameStart(c) || IsDigit(c)) {
    c = Advance();
  }
}

void LexCursor::TakeMetricName() {
  int c = Advance();
  while (IsMetricNameStart(c) || IsDigit(c)) {
    c = Advance();
  }
}

// Prometheus text.

LexToken PrometheusLexer::Next() {
  if (at_end()) {
    return LexToken::kEof;
  }
  token_start_ = position_;
  int c = current();
  if ((c == ' ' || c == '\t') && state_ != LexState::kMeta2) {
    while (c == ' ' || c == '\t') {
      c = Advance();
    }
    return LexToken::kWhitespace;
  }
  switch (state_) {
    case LexState::kInit:
      return NextInInit();
    case LexState::kComment:
      return NextInComment();
    case LexState::kMeta1:
      if (c == '"') {
        return TakeQuoted(true) ? Found(LexToken::kMetricName, LexState::kMeta2) : LexToken::kInvalid;
      }
      if (IsMetricNameStart(c)) {
        TakeMetricName();
        return Found(LexToken::kMetricName, LexState::kMeta2);
      }
      return LexToken::kInvalid;
    case LexState::kMeta2:
      return NextInMeta2();
    case LexState::kLabels:
      return NextInLabels();
    case LexState::kLabelValue:
      return c == '"' && TakeQuoted(true) ? Found(LexToken::kLabelValue, LexState::kLabels) : LexToken::kInvalid;
    case LexState::kValue:
      return NextInValue();
    default:  // kTimestamp
      if (c == '\n') {
        return Take(LexToken::kLinebreak, LexState::kInit);
      }
      if (!IsDigit(c)) {
        return LexToken::kInvalid;
      }
      while (IsDigit(c)) {
        c = Advance();
      }
      return LexToken::kTimestamp;
  }
}

LexToken PrometheusLexer::NextInInit() {
  int c = current();
  switch (c) {
    case 0:
      return Take(LexToken::kEof, LexState::kInit);
    case '\n':
      return Take(LexToken::kLinebreak, LexState::kInit);
    case '{':
      return Take(LexToken::kBraceOpen, LexState::kLabels);
    case '#':
      c = Advance();
      if (c != ' ' && c != '\t') {
        return TakeComment();
      }
      while (c == ' ' || c == '\t') {
        c = Advance();
      }
      state_ = LexState::kComment;
      return NextInComment();
    default:
      if (!IsMetricNameStart(c)) {
        return LexToken::kInvalid;
      }
      TakeMetricName();
      return Found(LexToken::kMetricName, LexState::kValue);
  }
}

LexToken PrometheusLexer::NextInComment() {
  const int first = at_end() ? 0 : current();
  const std::string_view word = first == 'H' ? "HELP" : first == 'T' ? "TYPE" : "";
  int c = first;
  size_t matched = 0;
  while (matched < word.size() && c == word[matched]) {
    c = Advance();
    ++matched;
  }
  if (word.empty() || matched < word.size() || (c != ' ' && c != '\t')) {
    return TakeComment();
  }
  while (c == ' ' || c == '\t') {
    c = Advance();
  }
  return Found(first == 'H' ? LexToken::kHelp : LexToken::kType, LexState::kMeta1);
}

LexToken PrometheusLexer::TakeComment() {
  for (int c = at_end() ? 0 : current();; c = Advance()) {
    if (c == 0) {
      return LexToken::kEof;
    }
    if (c == '\n') {
      return Found(LexToken::kComment, LexState::kInit);
    }
  }
}

LexToken PrometheusLexer::NextInMeta2() {
  bool only_space = true;
  for (int c = current(); c != '\n' && c != 0; c = Advance()) {
    only_space = only_space && (c == ' ' || c == '\t');
  }
  if (only_space && position_ > token_start_) {
    return LexToken::kWhitespace;
  }
  return Found(LexToken::kText, LexState::kInit);
}

LexToken PrometheusLexer::NextInLabels() {
  const int c = current();
  switch (c) {
    case '}':
      return Take(LexToken::kBraceClose, LexState::kValue);
    case '=':
      return Take(LexToken::kEqual, LexState::kLabelValue);
    case ',':
      return Take(LexToken::kComma, LexState::kLabels);
    case '"':
      return TakeQuoted(true) ? LexToken::kQuotedString : LexToken::kInvalid;
    default:
      if (!IsLabelNameStart(c)) {
        return LexToken::kInvalid;
      }
      TakeLabelName();
      return LexToken::kLabelName;
  }
}

LexToken PrometheusLexer::NextInValue() {
  int c = current();
  if (c == '{') {
    return Take(LexToken::kBraceOpen, LexState::kLabels);
  }
  if (c == '\n' || c == 0) {
    return LexToken::kInvalid;
  }
  while (c != '{' && c != ' ' && c != '\t' && c != '\n' && c != 0) {
    c = Advance();
  }
  return Found(LexToken::kValue, LexState::kTimestamp);
}

// OpenMetrics text.

LexToken OpenMetricsLexer::Next() {
  if (at_end()) {
    return LexToken::kEof;
  }
  token_start_ = position_;
  const int c = current();
  switch (state_) {
    case LexState::kInit:
      return NextInInit();
    case LexState::kComment:
      return NextInComment();
    case LexState::kMeta1:
      if (c == '"') {
        return TakeQuoted(true) ? Found(LexToken::kMetricName, LexState::kMeta2) : LexToken::kInvalid;
      }
      if (IsMetricNameStart(c)) {
        TakeMetricName();
        return Found(LexToken::kMetricName, LexState::kMeta2);
      }
      return LexToken::kInvalid;
    case LexState::kMeta2:
      return NextInMeta2();
    case LexState::kLabels:
      return NextInLabels(LexState::kLabels, LexState::kLabelValue, LexState::kValue, true);
    case LexState::kLabelValue:
      return c == '"' && TakeQuoted(false) ? Found(LexToken::kLabelValue, LexState::kLabels) : LexToken::kInvalid;
    case LexState::kValue:
      if (c == '{') {
        return Take(LexToken::kBraceOpen, LexState::kLabels);
      }
      return TakeSpaceAndWord() ? Found(LexToken::kValue, LexState::kTimestamp) : LexToken::kInvalid;
    case LexState::kTimestamp:
      return NextInTimestamp(true, LexState::kTimestamp);
    case LexState::kExemplar:
      return NextInLabels(LexState::kExemplar, LexState::kExemplarValue, LexState::kExemplarValue, false);
    case LexState::kExemplarValue:
      if (c == '"') {
        return TakeQuoted(false) ? Found(LexToken::kLabelValue, LexState::kExemplar) : LexToken::kInvalid;
      }
      return TakeSpaceAndWord() ? Found(LexToken::kValue, LexState::kExemplarTimestamp) : LexToken::kInvalid;
    case LexState::kExemplarTimestamp:
      return NextInTimestamp(false, LexState::kExemplarTimestamp);
  }
  return LexToken::kInvalid;
}

LexToken OpenMetricsLexer::NextInInit() {
  const int c = current();
  if (c == '#') {
    if (Advance() != ' ') {
      return LexToken::kInvalid;
    }
    Advance();
    state_ = LexState::kComment;
    return NextInComment();
  }
  if (c == '{') {
    return Take(LexToken::kBraceOpen, LexState::kLabels);
  }
  if (!IsMetricNameStart(c)) {
    return LexToken::kInvalid;
  }
  TakeMetricName();
  return Found(LexToken::kMetricName, LexState::kValue);
}

LexToken OpenMetricsLexer::NextInComment() {
  int c = at_end() ? 0 : current();
  const int first = c;
  const std::string_view word = first == 'H' ? "HELP " : first == 'T' ? "TYPE " : first == 'U' ? "UNIT " : first == 'E' ? "EOF" : "";
  size_t matched = 0;
  while (matched < word.size() && c == word[matched]) {
    c = Advance();
    ++matched;
  }
  if (word.empty() || matched < word.size()) {
    return LexToken::kInvalid;
  }
  if (first == 'E') {
    return c == '\n' ? Take(LexToken::kEofWord, LexState::kInit) : Found(LexToken::kEofWord, LexState::kInit);
  }
  return Found(first == 'H' ? LexToken::kHelp : first == 'T' ? LexToken::kType : LexToken::kUnit, LexState::kMeta1);
}

LexToken OpenMetricsLexer::NextInMeta2() {
  int c = current();
  if (c != ' ') {
    return LexToken::kInvalid;
  }
  while (c != '\n' && c != 0) {
    c = Advance();
  }
  return c == '\n' ? Take(LexToken::kText, LexState::kInit) : LexToken::kInvalid;
}

LexToken OpenMetricsLexer::NextInLabels(LexState here, LexState after_equal, LexState after_brace, bool newline_in_name) {
  const int c = current();
  switch (c) {
    case '}':
      return Take(LexToken::kBraceClose, after_brace);
    case '=':
      return Take(LexToken::kEqual, after_equal);
    case ',':
      return Take(LexToken::kComma, here);
    case '"':
      return TakeQuoted(newline_in_name) ? LexToken::kQuotedString : LexToken::kInvalid;
    default:
      if (!IsLabelNameStart(c)) {
        return LexToken::kInvalid;
      }
      TakeLabelName();
      return LexToken::kLabelName;
  }
}

LexToken OpenMetricsLexer::NextInTimestamp(bool may_have_exemplar, LexState here) {
  int c = current();
  if (c == '\n') {
    return Take(LexToken::kLinebreak, LexState::kInit);
  }
  if (c != ' ') {
    return LexToken::kInvalid;
  }
  c = Advance();
  if (c == ' ' || c == '\n' || c == 0) {
    return LexToken::kInvalid;
  }
  if (c == '#' && may_have_exemplar) {
    c = Advance();
    if (c == ' ') {
      return Advance() == '{' ? Take(LexToken::kComment, LexState::kExemplar) : LexToken::kInvalid;
    }
  }
  while (c != ' ' && c != '\n' && c != 0) {
    c = Advance();
  }
  return Found(LexToken::kTimestamp, here);
}

bool OpenMetricsLexer::TakeSpaceAndWord() {
  if (current() != ' ') {
    return false;
  }
  int c = Advance();
  const size_t word = position_;
  while (c != ' ' && c != '\n' && c != 0) {
    c = Advance();
  }
  return position_ > word;
}

}  // namespace tocsin
