#pragma once

#include "promql/exec/operator.h"
#include "promql/functions/float_function.h"

namespace tocsin::promql {

/// A number at all steps.
class ConstantOperator : public WholeOperator {
 public:
  ConstantOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, double value)
      : WholeOperator(context, steps, site), value_(value) {}
  std::string Describe() const override;

 protected:
  absl::Status DoOpen() override;

 private:
  double value_;
};

/// time(), or a calendar function of it.
class TimeOperator : public WholeOperator {
 public:
  /// `function`: null for time() itself; its argument is cut to whole seconds.
  TimeOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, FloatFunction function)
      : WholeOperator(context, steps, site), function_(function) {}
  std::string Describe() const override { return function_ == nullptr ? "time" : "calendar function of time"; }

 protected:
  absl::Status DoOpen() override;

 private:
  FloatFunction function_;
};

/// scalar(v): the one float of the vector, or NaN.
class ScalarOfVectorOperator : public WholeOperator {
 public:
  ScalarOfVectorOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, OperatorPtr child)
      : WholeOperator(context, steps, site), child_(std::move(child)) {}
  std::string Describe() const override { return "scalar"; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  OperatorPtr child_;
};

/// min_of and max_of of two scalars.
class ScalarExtremeOperator : public WholeOperator {
 public:
  ScalarExtremeOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, bool largest, OperatorPtr a, OperatorPtr b)
      : WholeOperator(context, steps, site), largest_(largest), a_(std::move(a)), b_(std::move(b)) {}
  std::string Describe() const override { return largest_ ? "max_of" : "min_of"; }
  std::vector<const Operator*> children() const override { return {a_.get(), b_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  bool largest_;
  OperatorPtr a_;
  OperatorPtr b_;
};

/// No series at all.
class EmptyOperator : public WholeOperator {
 public:
  using WholeOperator::WholeOperator;
  std::string Describe() const override { return "nothing"; }

 protected:
  absl::Status DoOpen() override {
    result_.Reset(0, steps().count());
    return absl::OkStatus();
  }
};

}  // namespace tocsin::promql
