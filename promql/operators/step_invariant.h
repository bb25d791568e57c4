#pragma once

#include <memory>

#include "promql/exec/operator.h"

namespace tocsin::promql {

/// A part that has the same value at each step, evaluated once and repeated.
class StepInvariantOperator : public WholeOperator {
 public:
  /// `child` is evaluated at one step.
  StepInvariantOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, OperatorPtr child)
      : WholeOperator(context, steps, site), child_(std::move(child)) {}

  std::string Describe() const override { return "step invariant"; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  OperatorPtr child_;
};

/// An operator that stands at several places of a query, evaluated at the first one that is opened.
struct SharedPart {
  OperatorPtr op;
  bool opened = false;
  Columns storage;
  const Columns* values = nullptr;
};

class SharedOperator : public Operator {
 public:
  SharedOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::shared_ptr<SharedPart> part)
      : Operator(context, steps, site), part_(std::move(part)) {}

  std::string Describe() const override { return "shared"; }
  std::vector<const Operator*> children() const override { return {part_->op.get()}; }
  const Columns* Whole() const override { return part_->values; }

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

 private:
  std::shared_ptr<SharedPart> part_;
};

}  // namespace tocsin::promql
