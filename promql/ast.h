#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/model/labels.h"
#include "base/model/matcher.h"
#include "base/types.h"

/// The syntax tree of PromQL. Nodes and fields are named as in upstream's promql/parser/ast.go (Prometheus 3.14), whose behaviour they
/// follow. A tree is built by Parse() (promql/parser.h), owned from the root, and not changed after that but by the passes of the planner.
namespace tocsin::promql {

/// Byte offsets [start, end) in the query's text.
struct PositionRange {
  int32_t start = 0;
  int32_t end = 0;

  bool operator==(const PositionRange&) const = default;
};

enum class ValueType { kNone, kScalar, kVector, kMatrix, kString };

/// "scalar", "instant vector", "range vector", "string", "none": the words of error texts.
std::string_view DocumentedType(ValueType type);

/// "scalar", "vector", "matrix", "string", "none": the words of the API and of printed trees.
std::string_view ValueTypeText(ValueType type);

enum class NodeKind {
  kNumberLiteral,
  kStringLiteral,
  kVectorSelector,
  kMatrixSelector,
  kSubquery,
  kBinary,
  kUnary,
  kAggregate,
  kCall,
  kParen,
  kStepInvariant,
  kDuration,
};

struct Expr {
  explicit Expr(NodeKind k) : kind(k) {}
  virtual ~Expr() = default;

  NodeKind kind;
  int32_t depth = 1;  // of the tree below, this node included; at most kMaxParseDepth when parsed
  PositionRange pos;
};
using ExprPtr = std::unique_ptr<Expr>;

/// Calls `visit` for each operand: of an aggregation the expression, then the parameter. Duration expressions of ranges, steps and offsets
/// are no operands of their selector.
void ForEachChild(const Expr& expr, absl::FunctionRef<void(const Expr&)> visit);

/// The largest depth of the nodes directly below, duration expressions included; 0 when there are none.
int32_t DeepestChild(const Expr& expr);

/// The static type of an expression.
ValueType TypeOf(const Expr& expr);

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kGreater,
  kLess,
  kGreaterOrEqual,
  kLessOrEqual,
  kAnd,
  kOr,
  kUnless,
  kTrimUpper,  // </
  kTrimLower,  // >/
};
std::string_view BinaryOpText(BinaryOp op);
bool IsComparison(BinaryOp op);
bool IsSetOperator(BinaryOp op);

enum class AggregateOp {
  kSum,
  kAvg,
  kMin,
  kMax,
  kGroup,
  kCount,
  kCountValues,
  kQuantile,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kLimitk,
  kLimitRatio,
};
std::string_view AggregateOpText(AggregateOp op);
bool HasParam(AggregateOp op);
bool IsExperimental(AggregateOp op);

struct NumberLiteral : Expr {
  NumberLiteral() : Expr(NodeKind::kNumberLiteral) {}
  double value = 0;
  bool is_duration = false;  // written as a duration, printed back as one
};

struct StringLiteral : Expr {
  StringLiteral() : Expr(NodeKind::kStringLiteral) {}
  std::string value;
};

/// Arithmetic on durations inside [...], subqueries and offset; evaluated before the query runs.
/// kNegate and kPlus have only `rhs`, kStep and kRange no operand; kPlus also stands around a number in parentheses.
enum class DurationOp { kAdd, kSub, kMul, kDiv, kMod, kPow, kNegate, kPlus, kStep, kRange, kMin, kMax };
/// "+", "-", ..., "step", "range", "min_of", "max_of"; signs as the operators.
std::string_view DurationOpText(DurationOp op);
struct DurationExpr : Expr {
  DurationExpr() : Expr(NodeKind::kDuration) {}
  DurationOp op = DurationOp::kAdd;
  ExprPtr lhs;  // a DurationExpr or a NumberLiteral (seconds)
  ExprPtr rhs;
  bool wrapped = false;   // in parentheses
  PositionRange written;  // upstream's StartPos and EndPos: where the operator or the call is written; 0 where it has none
};

enum class AtPreprocessor { kNone, kStart, kEnd };

struct VectorSelector : Expr {
  VectorSelector() : Expr(NodeKind::kVectorSelector) {}
  std::string name;               // as written in front of the braces, else empty
  std::vector<Matcher> matchers;  // __name__ included
  DurationMs original_offset_ms = 0;
  ExprPtr original_offset_expr;          // DurationExpr, or null
  std::optional<TimestampMs> timestamp;  // @ <number>; filled in for start()/end() by the planner
  AtPreprocessor start_or_end = AtPreprocessor::kNone;
  bool bypass_empty_matcher_check = false;
  bool anchored = false;
  bool smoothed = false;
};

struct MatrixSelector : Expr {
  MatrixSelector() : Expr(NodeKind::kMatrixSelector) {}
  std::unique_ptr<VectorSelector> vector_selector;
  DurationMs range_ms = 0;
  ExprPtr range_expr;  // DurationExpr, or null
};

struct SubqueryExpr : Expr {
  SubqueryExpr() : Expr(NodeKind::kSubquery) {}
  ExprPtr expr;
  DurationMs range_ms = 0;
  ExprPtr range_expr;
  DurationMs step_ms = 0;  // 0: the default
  ExprPtr step_expr;
  DurationMs original_offset_ms = 0;
  ExprPtr original_offset_expr;
  std::optional<TimestampMs> timestamp;
  AtPreprocessor start_or_end = AtPreprocessor::kNone;
};

enum class MatchCardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };
std::string_view MatchCardinalityText(MatchCardinality card);  // "one-to-one", ...

struct VectorMatching {
  MatchCardinality card = MatchCardinality::kOneToOne;
  std::vector<std::string> matching_labels;  // as written
  bool on = false;
  std::vector<std::string> include;  // group_left(...)/group_right(...)
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct BinaryExpr : Expr {
  BinaryExpr() : Expr(NodeKind::kBinary) {}
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr lhs;
  ExprPtr rhs;
  std::optional<VectorMatching> vector_matching;  // set when both sides are vectors
  bool return_bool = false;
};

struct UnaryExpr : Expr {
  UnaryExpr() : Expr(NodeKind::kUnary) {}
  bool minus = false;  // else plus
  ExprPtr expr;
};

struct AggregateExpr : Expr {
  AggregateExpr() : Expr(NodeKind::kAggregate) {}
  AggregateOp op = AggregateOp::kSum;
  ExprPtr expr;
  ExprPtr param;                      // of topk, bottomk, quantile, count_values, limitk, limit_ratio; else null
  std::vector<std::string> grouping;  // as written
  bool without = false;
};

/// Calls `visit` for each selector below `expr`, those of range selectors included.
void ForEachSelector(Expr& expr, absl::FunctionRef<void(VectorSelector&)> visit);
void ForEachSelector(const Expr& expr, absl::FunctionRef<void(const VectorSelector&)> visit);

/// The signature of a function, looked up by the parser.
struct Function {
  std::string_view name;
  std::vector<ValueType> arg_types;
  int variadic = 0;  // 0: fixed; n > 0: the last n arguments are optional; -1: any number of the last one
  ValueType return_type = ValueType::kVector;
  bool experimental = false;
};

/// Null when there is no such function. What it points to lives for ever.
const Function* FindFunction(std::string_view name);

/// All of them, by name.
std::span<const Function> AllFunctions();

struct Call : Expr {
  Call() : Expr(NodeKind::kCall) {}
  const Function* function = nullptr;  // points into the static table
  std::vector<ExprPtr> args;
};

struct ParenExpr : Expr {
  ParenExpr() : Expr(NodeKind::kParen) {}
  ExprPtr expr;
};

/// Put in by the planner around what has the same value at each step.
struct StepInvariantExpr : Expr {
  StepInvariantExpr() : Expr(NodeKind::kStepInvariant) {}
  ExprPtr expr;
};

}  // namespace tocsin::promql
