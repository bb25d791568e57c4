#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// Tokens of the text formats, and their names in error texts (upstream's: "LVALUE", ...).
enum class LexToken : int8_t {
  kInvalid,
  kEof,
  kLinebreak,
  kWhitespace,
  kHelp,
  kType,
  kUnit,
  kEofWord,
  kText,
  kComment,
  kMetricName,
  kQuotedString,
  kBraceOpen,
  kBraceClose,
  kLabelName,
  kLabelValue,
  kComma,
  kEqual,
  kTimestamp,
  kValue,
};
std::string_view LexTokenName(LexToken token);

/// What may come next in a line.
enum class LexState : uint8_t {
  kInit,
  kComment,
  kMeta1,
  kMeta2,
  kLabels,
  kLabelValue,
  kValue,
  kTimestamp,
  kExemplar,
  kExemplarValue,
  kExemplarTimestamp,
};

/// Where a lexer stands. A token that does not fit ends at the first byte that does not fit: error texts show the bytes up to it.
/// Zero bytes fit only into label values, help texts and comments; there they are passed over one by one.
class LexCursor {
 public:
  explicit LexCursor(std::string_view body) : body_(body) {}

  std::string_view body() const { return body_; }
  size_t position() const { return position_; }
  size_t token_start() const { return token_start_; }
  std::string_view token() const { return body_.substr(token_start_, position_ - token_start_); }

  /// Goes on at `position` as if what came before had left `state`.
  void Jump(size_t position, LexState state) {
    position_ = position;
    token_start_ = position;
    state_ = state;
  }

  /// `<expected>, got "x" ("INVALID") while parsing: "line up to x"`.
  std::string ErrorText(std::string_view expected, LexToken got, size_t line_start) const;

 protected:
  bool at_end() const { return position_ >= body_.size(); }
  int current() const { return static_cast<unsigned char>(body_[position_]); }

  /// The next byte, 0 at the end.
  int Advance() {
    ++position_;
    while (position_ < body_.size() && body_[position_] == 0 &&
           (state_ == LexState::kLabelValue || state_ == LexState::kMeta2 || state_ == LexState::kComment)) {
      ++position_;
    }
    return at_end() ? 0 : current();
  }

  LexToken Take(LexToken token, LexState next) {
    Advance();
    state_ = next;
    return token;
  }
  LexToken Found(LexToken token, LexState next) {
    state_ = next;
    return token;
  }

  /// From a quote to the quote that ends it; false where it is never ended.
  bool TakeQuoted(bool may_hold_newline);
  void TakeLabelName();
  void TakeMetricName();

  std::string_view body_;
  size_t position_ = 0;
  size_t token_start_ = 0;
  LexState state_ = LexState::kInit;
};

/// Prometheus text format 0.0.4 and 1.0.0. White space is a token of its own; the body must end with a line end.
class PrometheusLexer : public LexCursor {
 public:
  using LexCursor::LexCursor;
  LexToken Next();

 private:
  LexToken NextInInit();
  LexToken NextInComment();
  LexToken NextInMeta2();
  LexToken NextInLabels();
  LexToken NextInValue();
  LexToken TakeComment();
};

/// OpenMetrics text 0.0.1 and 1.0.0: single spaces in fixed places, which belong to the token behind them.
class OpenMetricsLexer : public LexCursor {
 public:
  using LexCursor::LexCursor;
  LexToken Next();

 private:
  LexToken NextInInit();
  LexToken NextInComment();
  LexToken NextInMeta2();
  LexToken NextInLabels(LexState here, LexState after_equal, LexState after_brace, bool newline_in_name);
  LexToken NextInTimestamp(bool may_have_exemplar, LexState here);
  bool TakeSpaceAndWord();
};

}  // namespace tocsin
