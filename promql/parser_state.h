#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promql/ast.h"
#include "promql/engine.h"
#include "promql/token_stream.h"

namespace tocsin::promql {

/// Builds the tree of one query by recursive descent, binary operators by their precedence. Functions that return a pointer give null, and
/// functions that return bool give false, on a syntax error not yet reported: the caller passes it on, or catches and reports it.
///
/// The parts: parser_expressions.cpp (operators, literals, calls), parser_aggregates.cpp (aggregations, grouping and matching clauses),
/// parser_selectors.cpp (selectors, label matchers, ranges), parser_modifiers.cpp (offset, @, anchored), parser_durations.cpp,
/// type_check.cpp.
class ParserState {
 public:
  ParserState(std::string_view text, const LanguageFeatures& features) : tokens_(text, Lexer::Language::kExpression), features_(features) {}

  /// A whole query, types checked. Null when errors() is not empty.
  ExprPtr ParseQuery();

  /// A selector alone.
  std::unique_ptr<VectorSelector> ParseSelector();

  std::vector<ParseError>& errors() { return tokens_.errors(); }

 private:
  /// Counts the nesting of the text; parsing stops beyond kMaxParseDepth. (SetDepth does so for the tree, which chains of operators make
  /// deep as well.)
  class DepthGuard {
   public:
    explicit DepthGuard(ParserState* parser);
    ~DepthGuard() { --parser_->depth_; }
    DepthGuard(const DepthGuard&) = delete;
    DepthGuard& operator=(const DepthGuard&) = delete;

   private:
    ParserState* parser_;
  };

  // parser_expressions.cpp
  ExprPtr ParseExpression(int min_precedence);
  ExprPtr ContinueExpression(ExprPtr lhs, int min_precedence);
  ExprPtr ParsePostfix(ExprPtr expr);
  ExprPtr ParsePrimary();
  ExprPtr ParseUnary();
  ExprPtr ParseParen();
  ExprPtr ParseWord();
  ExprPtr ParseCall(const Token& name);
  bool ParseArguments(std::vector<ExprPtr>* args);
  ExprPtr ParseBinary(std::unique_ptr<BinaryExpr> node, int rhs_precedence);
  std::unique_ptr<NumberLiteral> ParseNumberLiteral();
  double NumberValue(const Token& token);
  bool SetDepth(Expr* expr);

  // parser_aggregates.cpp
  ExprPtr ParseAggregate(const Token& op);
  bool ParseAggregateParts(AggregateExpr* node, std::vector<ExprPtr>* args);
  void SetAggregateArguments(AggregateExpr* node, std::vector<ExprPtr> args);
  bool ParseAggregateModifier(AggregateExpr* node);
  bool ParseMatching(BinaryExpr* node);
  bool ParseFill(VectorMatching* matching);
  bool ParseFillValue(double* value);
  bool ParseGroupingLabels(std::vector<std::string>* labels);
  bool ParseGroupingLabel(std::vector<std::string>* labels);

  // parser_selectors.cpp
  std::unique_ptr<VectorSelector> ParseVectorSelector(std::optional<Token> name);
  bool ParseMatchers(std::vector<Matcher>* matchers);
  bool ParseMatcher(std::vector<Matcher>* matchers);
  bool ParseMatcherValue(const Token& name_token, std::string name, std::vector<Matcher>* matchers);
  ExprPtr ParseRange(ExprPtr expr);
  struct RangeParts;
  struct Expectation;
  std::optional<Expectation> ParseRangeParts(RangeParts* parts);
  ExprPtr MakeMatrixSelector(ExprPtr expr, RangeParts parts);
  ExprPtr MakeSubquery(ExprPtr expr, RangeParts parts);

  // parser_modifiers.cpp
  ExprPtr ParseOffset(ExprPtr expr);
  ExprPtr ParseAt(ExprPtr expr);
  bool ParseAtValue(Expr* expr);
  void SetOffset(Expr* expr, ExprPtr offset);
  void SetTimestamp(Expr* expr, double seconds);
  void SetAtPreprocessor(Expr* expr, AtPreprocessor preprocessor);
  void SetExtended(Expr* expr, bool anchored);
  struct TimeModifiers;
  std::optional<TimeModifiers> FindTimeModifiers(Expr* expr, std::string_view modifier);
  std::optional<TimeModifiers> FindFreeTimestamp(Expr* expr);
  VectorSelector* FindExtendable(Expr* expr, std::string_view modifier);

  // parser_durations.cpp
  ExprPtr ParsePositiveDuration();
  ExprPtr ParseOffsetDuration();
  ExprPtr ParseSignedOffset();
  ExprPtr ParseDuration(int min_precedence);
  ExprPtr ContinueDuration(ExprPtr lhs, int min_precedence);
  ExprPtr ParseDurationOperand();
  ExprPtr ParseDurationNumber();
  ExprPtr ParseDurationCall();
  ExprPtr ParseParenDuration();
  ExprPtr MakeDurationBinary(ExprPtr lhs, const Token& op, ExprPtr rhs);
  ExprPtr ApplySign(const Token& sign, ExprPtr operand);

  // type_check.cpp
  ValueType CheckType(Expr* expr);
  void CheckAggregate(AggregateExpr* node);
  ValueType CheckBinary(BinaryExpr* node);
  void CheckMatching(BinaryExpr* node, ValueType lhs, ValueType rhs);
  void CheckCall(Call* node);
  void CheckArgumentCount(const Call& node);
  void CheckInfoSelector(Call* node);
  void CheckSelector(const VectorSelector& node);
  void ExpectType(Expr* expr, ValueType want, std::string_view context);
  PositionRange OperatorRange(const BinaryExpr& node) const;

  TokenStream tokens_;
  const LanguageFeatures features_;
  int depth_ = 0;
};

}  // namespace tocsin::promql
