#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "promql/lexer.h"
#include "promql/parser.h"

namespace tocsin::promql {

/// The tokens of one text as the parser takes them: one of lookahead, read as late as possible, without comments; and the errors found.
///
/// Users know the error texts of upstream's yacc parser, so its way of going on after a syntax error is kept here: an error is reported at
/// the token that fits nowhere; then the parser goes back to the innermost construct that has a text for it, and skips tokens until one
/// fits (`recovering`); the next token taken ends that. In a recovery nothing more is reported, and at the end of the text parsing stops
/// (`stopped`).
///
/// Because some of upstream's positions depend on it, Peek is called only where a decision needs the next token.
class TokenStream {
 public:
  TokenStream(std::string_view text, Lexer::Language language) : lexer_(text, language) {}

  std::string_view text() const { return lexer_.input(); }

  /// The kind of the next token. Behind a lexer's error, which is reported by this call, and behind kEof: kEnd.
  TokenKind Peek();

  /// Takes the next token.
  Token Take();
  bool TakeIf(TokenKind kind);

  /// True when `fits(kind)` holds for the next token; in a recovery, tokens are skipped until it does. False is a syntax error.
  template <typename Fits>
  bool Need(const Fits& fits) {
    while (!fits(Peek())) {
      if (!recovering_ || !Skip()) {
        return false;
      }
    }
    return true;
  }
  bool Need(TokenKind kind) {
    return Need([kind](TokenKind next) { return next == kind; });
  }

  /// Need and Take.
  bool Expect(TokenKind kind);

  /// In a list: the next token is a comma or `closing`. Others are reported once and skipped; false when parsing has stopped.
  bool NeedSeparator(TokenKind closing, std::string_view context, std::string_view expected);

  /// To be called where a construct catches a syntax error: false when parsing has stopped, else a recovery begins.
  bool Catch();

  /// Catch, and report "unexpected <token read last> in CONTEXT, expected EXPECTED"; either part may be empty. Nothing is reported after
  /// a lexer's error.
  bool CatchUnexpected(std::string_view context, std::string_view expected);

  /// Behind the whole construct: what is left is an error. True when there was no error at all.
  bool FinishText(bool parsed);

  void ReportUnexpected(std::string_view context, std::string_view expected);
  void Report(PositionRange range, std::string message);

  bool stopped() const { return stopped_; }

  /// Ends parsing: nothing more is read.
  void Stop() { stopped_ = true; }

  /// The range of the token read last (the lookahead, where there is one).
  PositionRange last_range() const { return last_.range(); }

  /// The end of the closing bracket, number or duration read last.
  int32_t last_closing() const { return last_closing_; }

  /// The end of the parenthesis before the one read last, when nothing but space lies between; else `fallback`. For an end that was
  /// found only by reading the next token.
  int32_t PreviousRightParen(int32_t fallback) const;

  std::vector<ParseError>& errors() { return errors_; }

 private:
  void Read();
  bool Skip();

  Lexer lexer_;
  Token next_;
  bool has_next_ = false;
  Token last_;  // what the lexer gave last: unlike next_ never kEnd once something was read
  bool at_end_ = false;
  bool recovering_ = false;
  bool stopped_ = false;
  int32_t last_closing_ = 0;
  std::vector<ParseError> errors_;
};

}  // namespace tocsin::promql
