#pragma once

#include "promql/operators/grouping.h"

namespace tocsin::promql {

/// sum, avg, min, max, group, count, stddev, stdvar: one row a group. Rows of the child are added as they come, in the order of its series,
/// so that sums do not depend on the number of workers.
class AggregateOperator : public WholeOperator {
 public:
  AggregateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const AggregateExpr& expr, OperatorPtr child);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  AggregateOp op_;
  std::vector<std::string> names_;
  bool without_;
  PositionRange argument_pos_;
  OperatorPtr child_;
};

/// "sum by (a, b)" and the like, for Explain().
std::string DescribeAggregate(std::string_view op, const std::vector<std::string>& names, bool without);

}  // namespace tocsin::promql
