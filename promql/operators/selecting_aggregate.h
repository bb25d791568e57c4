#pragma once

#include "promql/operators/grouping.h"

namespace tocsin::promql {

/// topk, bottomk, limitk and limit_ratio: the child's series, of which at each step only some remain.
class SelectingAggregateOperator : public WholeOperator {
 public:
  SelectingAggregateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const AggregateExpr& expr,
                             OperatorPtr child, OperatorPtr param);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {child_.get(), param_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  /// Whether the parameter leaves nothing at any step.
  absl::StatusOr<bool> CheckParam(std::span<const double> param) const;
  void SelectRanked(const Grouping& grouping, const Columns& input, std::span<const double> param);
  void SelectFirst(const Grouping& grouping, const Columns& input, std::span<const double> param);
  void SelectByHash(const Columns& input, std::span<const double> param);
  void Keep(const Columns& input, size_t row, size_t step);
  /// An instant topk or bottomk gives its series by rank.
  void OrderByRank(const std::vector<size_t>& rows);

  AggregateOp op_;
  std::vector<std::string> names_;
  bool without_;
  PositionRange param_pos_;
  OperatorPtr child_;
  OperatorPtr param_;
};

/// The place of a label set in [0, 1) by which limit_ratio chooses: the same as upstream's, whose hash is the xxHash of its encoding.
double SamplingOffset(const Labels& labels);

}  // namespace tocsin::promql
