#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/lexer.h"

namespace tocsin::promql {

// The values behind the metric of a series description: 1+2x5 _ stale {{schema:0 ...}}.
Lexer::Mode Lexer::ValueSequence() {
  if (histogram_state_ != HistogramState::kNone) {
    return Mode::kHistogram;
  }
  const uint32_t rune = Read();
  if (rune == kNoRune) {
    return Mode::kStatements;
  }
  if (rune == '{' && Accept("{")) {
    histogram_state_ = HistogramState::kOpen;
    return EmitIn(TokenKind::kOpenHist, Mode::kHistogram);
  }
  if (IsSpaceRune(rune)) {
    Emit(TokenKind::kSpace);
    SkipSpaces();
    return Mode::kValueSequence;
  }
  if (IsDigitRune(rune) || (rune == '.' && IsDigitRune(Peek()))) {
    pos_ = start_;
    return Number() == Mode::kFinished ? Mode::kFinished : Mode::kValueSequence;
  }
  switch (rune) {
    case '+':
      return EmitIn(TokenKind::kAdd, Mode::kValueSequence);
    case '-':
      return EmitIn(TokenKind::kSub, Mode::kValueSequence);
    case 'x':
      return EmitIn(TokenKind::kTimes, Mode::kValueSequence);
    case '_':
      return EmitIn(TokenKind::kBlank, Mode::kValueSequence);
    default:
      break;
  }
  if (IsAlphaRune(rune)) {
    Backup();
    return Mode::kWord;
  }
  return Error(Cat("unexpected character in series sequence: ", GoQuotedRune(rune)));
}

// The sign between or behind two histograms.
Lexer::Mode Lexer::AfterHistogram() {
  const HistogramState state = histogram_state_;
  histogram_state_ = HistogramState::kNone;
  Read();
  switch (state) {
    case HistogramState::kTimes:
      return EmitIn(TokenKind::kTimes, Mode::kValueSequence);
    case HistogramState::kAdd:
      return EmitIn(TokenKind::kAdd, Mode::kValueSequence);
    default:
      return EmitIn(TokenKind::kSub, Mode::kValueSequence);
  }
}

Lexer::Mode Lexer::Histogram() {
  if (histogram_state_ != HistogramState::kOpen) {
    return AfterHistogram();
  }
  if (bracket_open_) {
    return Mode::kBuckets;
  }
  const uint32_t rune = Read();
  if (IsSpaceRune(rune)) {
    return EmitIn(TokenKind::kSpace, Mode::kSpace);
  }
  if (IsAlphaRune(rune)) {
    Backup();
    return Mode::kHistogramWord;
  }
  if (IsDigitRune(rune)) {
    Backup();
    return Mode::kNumber;
  }
  switch (rune) {
    case ':':
      return EmitIn(TokenKind::kColon, Mode::kHistogram);
    case '-':
      return EmitIn(TokenKind::kSub, Mode::kHistogram);
    case '[':
      bracket_open_ = true;
      got_colon_ = false;
      got_duration_ = false;
      return EmitIn(TokenKind::kLeftBracket, Mode::kBuckets);
    case '}':
      if (Accept("}")) {
        Emit(TokenKind::kCloseHist);
        const uint32_t next = Peek();
        histogram_state_ = next == 'x'   ? HistogramState::kTimes
                           : next == '+' ? HistogramState::kAdd
                           : next == '-' ? HistogramState::kSubtract
                                         : HistogramState::kNone;
        return histogram_state_ == HistogramState::kNone ? Mode::kValueSequence : Mode::kHistogram;
      }
      break;
    default:
      break;
  }
  return Error(Cat("histogram description incomplete unexpected: ", GoQuotedRune(rune == kNoRune ? kRuneError : rune)));
}

// A key, a value of counter_reset_hint, Inf or NaN.
Lexer::Mode Lexer::HistogramWord() {
  while (IsAlphaRune(Peek())) {
    Read();
  }
  const std::string_view word = Pending();
  if (const TokenKind kind = HistogramWordKind(word); kind != TokenKind::kEnd) {
    return Peek() == ':' ? EmitIn(kind, Mode::kHistogram) : Error("missing `:` for histogram descriptor");
  }
  if (KeywordKind(word) == TokenKind::kNumber) {
    return EmitIn(TokenKind::kNumber, Mode::kHistogram);
  }
  if (const TokenKind kind = CounterResetHintKind(word); kind != TokenKind::kEnd) {
    return EmitIn(kind, Mode::kHistogram);
  }
  return Error(Cat("bad histogram descriptor found: ", GoQuoted(word)));
}

Lexer::Mode Lexer::Buckets() {
  const uint32_t rune = Read();
  if (IsSpaceRune(rune)) {
    return EmitIn(TokenKind::kSpace, Mode::kSpace);
  }
  if (rune == '-') {
    return EmitIn(TokenKind::kSub, Mode::kNumber);
  }
  if (IsDigitRune(rune)) {
    Backup();
    return Mode::kNumber;
  }
  if (rune == ']') {
    bracket_open_ = false;
    return EmitIn(TokenKind::kRightBracket, Mode::kHistogram);
  }
  if (IsAlphaRune(rune)) {
    // Letters gather until they spell Inf or NaN.
    return KeywordKind(Pending()) == TokenKind::kNumber ? EmitIn(TokenKind::kNumber, Mode::kStatements) : Mode::kBuckets;
  }
  return Error(Cat("invalid character in buckets description: ", GoQuotedRune(rune == kNoRune ? kRuneError : rune)));
}

}  // namespace tocsin::promql
