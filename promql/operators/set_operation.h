#pragma once

#include "promql/operators/join.h"

namespace tocsin::promql {

/// and, or, unless: bitmaps of steps decide which samples stay.
class SetOperationOperator : public WholeOperator {
 public:
  SetOperationOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const BinaryExpr& expr, OperatorPtr left,
                       OperatorPtr right)
      : WholeOperator(context, steps, site),
        op_(expr.op),
        matching_(*expr.vector_matching),
        left_(std::move(left)),
        right_(std::move(right)) {}

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {left_.get(), right_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  void AppendRightRows(const std::vector<SeriesHead>& right_heads, const Columns& right);

  BinaryOp op_;
  VectorMatching matching_;
  OperatorPtr left_;
  OperatorPtr right_;
};

}  // namespace tocsin::promql
