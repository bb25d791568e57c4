#pragma once

#include "promql/exec/operator.h"
#include "promql/operators/element_binary.h"

namespace tocsin::promql {

/// Scalar with scalar: one row.
class ScalarBinaryOperator : public WholeOperator {
 public:
  ScalarBinaryOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, BinaryOp op, OperatorPtr left,
                       OperatorPtr right)
      : WholeOperator(context, steps, site), op_(op), left_(std::move(left)), right_(std::move(right)) {}

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {left_.get(), right_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  BinaryOp op_;
  OperatorPtr left_;
  OperatorPtr right_;
};

/// Vector with scalar, element by element, as the rows are read.
class VectorScalarOperator : public Operator {
 public:
  VectorScalarOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const BinaryExpr& expr, bool scalar_is_left,
                       OperatorPtr vector, OperatorPtr scalar);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {vector_.get(), scalar_.get()}; }
  const Columns* Whole() const override { return whole_ ? &result_ : nullptr; }
  bool Take(Columns* out) override;

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

 private:
  void TransformRow(Columns* columns, size_t row) const;
  void TransformHistogram(Columns* columns, size_t row, size_t step) const;

  BinaryOp op_;
  bool return_bool_;
  bool scalar_is_left_;
  OperatorPtr vector_;
  OperatorPtr scalar_;
  Columns scalar_storage_;
  std::span<const double> scalar_values_;
  bool whole_ = false;  // rows had to be merged
  Columns result_;
};

}  // namespace tocsin::promql
