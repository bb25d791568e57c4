#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "promql/ast.h"
#include "tests/reference_evaluator/memory_series.h"

namespace tocsin::reference {

/// PromQL on float series, one instant at a time and as the documentation says it, without any cleverness: the judge of the engine in
/// random tests. Not covered: native histograms, functions behind feature flags, limitk and limit_ratio.

struct Element {
  Labels labels;
  double value = 0;
  TimestampMs t = 0;  // of the sample, for timestamp(); else the evaluation time
};
using InstantVector = std::vector<Element>;

/// The samples in (start, end] of each series.
struct RangeVector {
  TimestampMs start = 0;
  TimestampMs end = 0;
  std::vector<MemorySeries> series;
};

/// The field for `type` is set.
struct Result {
  promql::ValueType type = promql::ValueType::kNone;
  double scalar = 0;
  std::string text;
  InstantVector vector;
  RangeVector range;
};

struct Query {
  TimestampMs start = 0;
  TimestampMs end = 0;
  DurationMs lookback_ms = 5 * kMinute;
  DurationMs default_subquery_step_ms = kMinute;
};

class Evaluator {
 public:
  Evaluator(const MemorySeriesStore& store, const Query& query) : store_(store), query_(query) {}

  absl::StatusOr<Result> Evaluate(const promql::Expr& expr, TimestampMs t) const;

 private:
  absl::StatusOr<InstantVector> EvaluateVector(const promql::Expr& expr, TimestampMs t) const;
  absl::StatusOr<RangeVector> EvaluateRange(const promql::Expr& expr, TimestampMs t) const;
  InstantVector Select(const promql::VectorSelector& selector, TimestampMs t) const;
  RangeVector SelectRange(const promql::MatrixSelector& selector, TimestampMs t) const;
  absl::StatusOr<RangeVector> EvaluateSubquery(const promql::SubqueryExpr& subquery, TimestampMs t) const;
  absl::StatusOr<Result> EvaluateCall(const promql::Call& call, TimestampMs t) const;
  absl::StatusOr<Result> EvaluateRangeCall(const promql::Call& call, TimestampMs t) const;
  absl::StatusOr<Result> EvaluateAbsent(const promql::Call& call, TimestampMs t) const;
  absl::StatusOr<Result> EvaluateAggregate(const promql::AggregateExpr& node, TimestampMs t) const;
  absl::StatusOr<Result> EvaluateBinary(const promql::BinaryExpr& node, TimestampMs t) const;
  absl::StatusOr<Result> EvaluateUnary(const promql::UnaryExpr& node, TimestampMs t) const;

  /// The time a selector looks at: @ and offset applied.
  template <typename Selector>
  TimestampMs SelectorTime(const Selector& selector, TimestampMs t) const;

  /// The same error when `node` makes the same labels of other series at another time of the query.
  absl::Status CheckUniqueOverTime(const promql::Expr& node, const Labels& from, const Labels& to) const;

  const MemorySeriesStore& store_;
  const Query query_;
  mutable std::map<std::pair<const promql::Expr*, std::string>, std::string> made_from_;
};

// The parts, each in a file of its own.
absl::StatusOr<InstantVector> ApplyVectorFunction(std::string_view name, const std::vector<Result>& args, TimestampMs t);
absl::StatusOr<InstantVector> ApplyRangeFunction(std::string_view name, const RangeVector& range, const std::vector<double>& params);
absl::StatusOr<InstantVector> Aggregate(const promql::AggregateExpr& node, const Result& param, const InstantVector& input);
absl::StatusOr<Result> ApplyBinary(const promql::BinaryExpr& node, const Result& lhs, const Result& rhs);
InstantVector ClassicHistogramQuantile(double q, const InstantVector& buckets);
double Quantile(double q, std::vector<double> values);

/// By Welford's online algorithm, in this order: other ways give other digits where values are large beside their differences.
double Variance(const std::vector<double>& values);

/// An error when two elements have the same labels.
absl::Status CheckUnique(const InstantVector& vector);

}  // namespace tocsin::reference
