#pragma once

#include "promql/ast.h"
#include "promql/exec/operator.h"
#include "promql/operators/range_source.h"

namespace tocsin::promql {

/// absent: 1 at the steps at which the vector is empty.
class AbsentOperator : public WholeOperator {
 public:
  AbsentOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, Labels labels, OperatorPtr child)
      : WholeOperator(context, steps, site), labels_(std::move(labels)), child_(std::move(child)) {}

  std::string Describe() const override { return "absent"; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  Labels labels_;
  OperatorPtr child_;
};

/// absent_over_time: 1 at the steps at which no series has a sample in its window.
class AbsentOverTimeOperator : public WholeOperator {
 public:
  AbsentOverTimeOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, Labels labels,
                         std::unique_ptr<RangeSource> source, const CountingScope& counting)
      : WholeOperator(context, steps, site), labels_(std::move(labels)), source_(std::move(source)), counting_(counting) {}

  std::string Describe() const override { return "absent_over_time over " + source_->Describe(); }
  std::vector<const Operator*> children() const override { return source_->children(); }

 protected:
  absl::Status DoOpen() override;

 private:
  Labels labels_;
  std::unique_ptr<RangeSource> source_;
  CountingScope counting_;
};

/// The labels that a selector asks for by one equality each: those of the result of absent().
Labels AbsentLabels(const Expr& argument);

}  // namespace tocsin::promql
