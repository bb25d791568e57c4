#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "promql/token.h"

namespace tocsin::promql {

/// Cuts a query, or a series description of tests, into tokens. What a character means depends on where it stands (in braces, in brackets,
/// in a histogram), so the lexer is a machine of modes, each a function in lexer.cpp (expressions), lexer_literals.cpp (numbers, durations,
/// strings) and lexer_series.cpp (series descriptions). Modes and error texts are those of upstream's promql/parser/lex.go.
///
/// After a kError or kEof token the input is at its end. The query must outlive the lexer and its tokens.
class Lexer {
 public:
  enum class Language { kExpression, kSeriesDescription };

  Lexer(std::string_view input, Language language) : input_(input), series_description_(language == Language::kSeriesDescription) {}
  Lexer(const Lexer&) = delete;
  Lexer& operator=(const Lexer&) = delete;

  /// The next token, comments included.
  Token Next();

  std::string_view input() const { return input_; }

  /// Where the part not yet handed out begins: after an error, the place it is reported at.
  int32_t start() const { return static_cast<int32_t>(start_); }

 private:
  enum class Mode {
    kStatements,
    kInsideBraces,
    kDurationExpression,
    kSpace,
    kComment,
    kNumber,
    kNumberOrDuration,
    kString,
    kRawString,
    kEscape,
    kWord,
    kLabelName,
    kValueSequence,
    kHistogram,
    kHistogramWord,
    kBuckets,
    kFinished,
  };
  enum class HistogramState { kNone, kOpen, kTimes, kAdd, kSubtract };

  static constexpr uint32_t kNoRune = 0xffffffff;  // behind the end

  // Reading runes. Backup undoes one Read.
  uint32_t Read();
  uint32_t Peek();
  void Backup() { pos_ -= width_; }
  bool Accept(std::string_view valid);
  void AcceptRun(std::string_view valid);
  bool NextIsOneOf(std::string_view valid);

  void Emit(TokenKind kind);
  Mode EmitIn(TokenKind kind, Mode next) {
    Emit(kind);
    return next;
  }
  Mode Error(std::string message);
  std::string_view Pending() const { return input_.substr(start_, pos_ - start_); }
  void SkipSpaces();

  Mode Step(Mode mode);

  // lexer.cpp
  Mode Statements();
  Mode StatementsEnd();
  Mode OperatorOrError(uint32_t rune);
  Mode OpenBracket();
  Mode CloseParen(Mode next);
  Mode WordInBrackets(uint32_t rune);
  Mode InsideBraces();
  Mode DurationExpression();
  Mode DurationColon();
  Mode Space();
  Mode Comment();
  Mode LabelName();
  Mode Word();
  bool LeftParenFollows() const;
  bool ScanDurationWord();

  // lexer_literals.cpp
  Mode Number();
  Mode NumberOrDuration();
  Mode String();
  Mode RawString();
  Mode Escape();
  bool ScanNumber();
  bool ScanNumberTail(std::string_view digits);
  bool ScanDuration();

  // lexer_series.cpp
  Mode ValueSequence();
  Mode Histogram();
  Mode AfterHistogram();
  Mode HistogramWord();
  Mode Buckets();

  std::string_view input_;
  const bool series_description_;
  Mode mode_ = Mode::kStatements;
  size_t pos_ = 0;
  size_t start_ = 0;
  size_t width_ = 0;  // of the rune read last

  Token token_;
  bool emitted_ = false;
  std::string error_message_;

  int paren_depth_ = 0;
  bool brace_open_ = false;
  bool bracket_open_ = false;
  bool got_colon_ = false;     // after the bracket was opened
  bool got_duration_ = false;  // likewise
  uint32_t quote_ = 0;         // of the string being read
  HistogramState histogram_state_ = HistogramState::kNone;
};

/// ' ', tab, newline, carriage return.
bool IsSpaceRune(uint32_t rune);
bool IsDigitRune(uint32_t rune);
/// A letter or '_'.
bool IsAlphaRune(uint32_t rune);
inline bool IsAlphaNumericRune(uint32_t rune) { return IsAlphaRune(rune) || IsDigitRune(rune); }

}  // namespace tocsin::promql
