#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "promql/ast.h"
#include "promql/exec/operator.h"
#include "promql/operators/range_source.h"
#include "promql/operators/step_invariant.h"

namespace tocsin::promql {

/// Makes operators of a planned expression. One builder for one query; the operators borrow its context.
class OperatorBuilder {
 public:
  explicit OperatorBuilder(QueryContext& context) : context_(context) {}

  /// The operator of a scalar or instant vector at `steps`. The tree must outlive the call only.
  absl::StatusOr<OperatorPtr> Build(const Expr& expr, const StepRange& steps);

  /// The source of a range vector, the result of an instant query.
  absl::StatusOr<std::unique_ptr<RangeSource>> BuildRange(const Expr& expr, const StepRange& steps);

  /// The span of time that the operators made so far will read; 0 and 0 when they read nothing.
  TimestampMs min_t() const { return min_t_ > max_t_ ? 0 : min_t_; }
  TimestampMs max_t() const { return min_t_ > max_t_ ? 0 : max_t_; }

 private:
  /// What the surroundings ask of an operator.
  struct Scope {
    StepRange steps;
    LabelDemand labels;
    bool histogram_stats = false;    // under a function that uses only count and sum of histograms,
    bool histogram_buckets = false;  // or under one that needs the buckets, which then counts
    CountingScope counting;

    bool stats_only() const { return histogram_stats && !histogram_buckets; }
  };

  absl::StatusOr<OperatorPtr> BuildNode(const Expr& expr, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildUnshared(const Expr& expr, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildShared(const std::string& text, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildSelector(const VectorSelector& selector, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildBinary(const BinaryExpr& expr, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildUnary(const UnaryExpr& expr, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildAggregate(const AggregateExpr& expr, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildStepInvariant(const StepInvariantExpr& expr, const Scope& scope);
  absl::StatusOr<std::unique_ptr<RangeSource>> BuildRangeNode(const Expr& expr, const Scope& scope);

  absl::StatusOr<OperatorPtr> BuildCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildRangeCall(const Call& call, size_t range_arg, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildLabelCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildTimestampCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildHistogramCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildSortCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildInfoCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildClampCall(const Call& call, const Scope& scope);
  absl::StatusOr<OperatorPtr> BuildScalarCall(const Call& call, const Scope& scope);
  absl::StatusOr<std::vector<OperatorPtr>> BuildArgs(const Call& call, size_t first, const Scope& scope);

  /// The next place in the order of evaluation: operands are built before their operator.
  OperatorSite Site(const Expr& expr) { return {expr.pos, next_order_++}; }
  void Reads(TimestampMs min_t, TimestampMs max_t);
  /// Remembers which parts of the expression stand in it more than once.
  void FindRepeatedParts(const Expr& root);

  QueryContext& context_;
  int next_order_ = 0;
  TimestampMs min_t_ = kMaxTimestamp;
  TimestampMs max_t_ = kMinTimestamp;

  struct Repeated {
    const Expr* last = nullptr;  // annotations show the last place
    int count = 0;
  };
  absl::flat_hash_map<std::string, Repeated> repeated_;
  absl::flat_hash_map<const Expr*, std::string> texts_;
  absl::flat_hash_map<std::string, std::shared_ptr<SharedPart>> shared_;
};

}  // namespace tocsin::promql
