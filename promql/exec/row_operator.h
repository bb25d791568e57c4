#pragma once

#include <string>

#include "promql/exec/operator.h"

namespace tocsin::promql {

/// Ends the DoOpen of an operator that computes its rows as they are read and may have taken metric names away: where that can make label
/// sets equal, or the evaluation is an instant one, all rows are read now into `result` and merged, and `*whole` is set.
absl::Status OpenRows(QueryContext& context, Operator& op, std::vector<SeriesHead>* heads, Columns* result, bool* whole);

/// An operator that changes each row of its child alone, as it is read: math functions, unary minus, time functions, ...
class RowOperator : public Operator {
 public:
  RowOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::string name, bool drops_name, OperatorPtr child)
      : Operator(context, steps, site), name_(std::move(name)), drops_name_(drops_name), child_(std::move(child)) {}

  std::string Describe() const override { return name_; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }
  const Columns* Whole() const override { return whole_ ? &result_ : nullptr; }
  bool Take(Columns* out) override;

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;
  /// For what has to be known before rows are changed: the values of scalar arguments.
  virtual absl::Status OpenArguments() { return absl::OkStatus(); }
  /// Changes one row in place. Called by several threads at once.
  virtual void TransformRow(Columns* columns, size_t row) const = 0;

 private:
  std::string name_;
  bool drops_name_;
  OperatorPtr child_;
  bool whole_ = false;
  Columns result_;
};

}  // namespace tocsin::promql
