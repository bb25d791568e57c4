#pragma once

#include "promql/operators/grouping.h"

namespace tocsin::promql {

/// quantile by (...): one row a group.
class QuantileAggregateOperator : public WholeOperator {
 public:
  QuantileAggregateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const AggregateExpr& expr,
                            OperatorPtr child, OperatorPtr param);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {child_.get(), param_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  void CheckParam(std::span<const double> param) const;

  std::vector<std::string> names_;
  bool without_;
  PositionRange param_pos_;
  PositionRange argument_pos_;
  OperatorPtr child_;
  OperatorPtr param_;
};

/// count_values: as many rows a group as there are different values.
class CountValuesOperator : public WholeOperator {
 public:
  CountValuesOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const AggregateExpr& expr,
                      std::string value_label, OperatorPtr child);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  std::vector<std::string> names_;
  bool without_;
  std::string value_label_;
  OperatorPtr child_;
};

}  // namespace tocsin::promql
