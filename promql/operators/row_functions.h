#pragma once

#include <span>
#include <string>
#include <vector>

#include "promql/exec/row_operator.h"
#include "promql/functions/float_function.h"

namespace tocsin::promql {

/// A function of each float alone; histograms are left out.
class FloatFunctionOperator : public RowOperator {
 public:
  FloatFunctionOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::string name, FloatFunction function,
                        OperatorPtr child)
      : RowOperator(context, steps, site, std::move(name), /*drops_name=*/true, std::move(child)), function_(function) {}

 protected:
  void TransformRow(Columns* columns, size_t row) const override;

 private:
  FloatFunction function_;
};

/// clamp, clamp_min, clamp_max, round: floats with scalar arguments.
class ClampOperator : public RowOperator {
 public:
  enum class Kind { kClamp, kClampMin, kClampMax, kRound };

  ClampOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::string name, Kind kind, OperatorPtr child,
                std::vector<OperatorPtr> arguments)
      : RowOperator(context, steps, site, std::move(name), /*drops_name=*/true, std::move(child)),
        kind_(kind),
        arguments_(std::move(arguments)),
        storage_(arguments_.size()) {}

 protected:
  absl::Status OpenArguments() override;
  void TransformRow(Columns* columns, size_t row) const override;

 private:
  Kind kind_;
  std::vector<OperatorPtr> arguments_;
  std::vector<Columns> storage_;
  std::vector<std::span<const double>> values_;
};

/// Unary minus.
class NegateOperator : public RowOperator {
 public:
  NegateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, OperatorPtr child)
      : RowOperator(context, steps, site, "-", /*drops_name=*/true, std::move(child)) {}

 protected:
  void TransformRow(Columns* columns, size_t row) const override;
};

/// histogram_count, histogram_sum, histogram_avg, histogram_stddev, histogram_stdvar: a float of each native histogram; floats are left
/// out.
class HistogramStatOperator : public RowOperator {
 public:
  using Stat = double (*)(const FloatHistogram&);

  HistogramStatOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::string name, Stat stat,
                        OperatorPtr child)
      : RowOperator(context, steps, site, std::move(name), /*drops_name=*/true, std::move(child)), stat_(stat) {}

 protected:
  void TransformRow(Columns* columns, size_t row) const override;

 private:
  Stat stat_;
};
HistogramStatOperator::Stat FindHistogramStat(std::string_view name);

/// timestamp() of anything but a selector: the time of the step, where there is a sample.
class StepTimeOperator : public RowOperator {
 public:
  StepTimeOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, OperatorPtr child)
      : RowOperator(context, steps, site, "timestamp", /*drops_name=*/true, std::move(child)) {}

 protected:
  void TransformRow(Columns* columns, size_t row) const override;
};

}  // namespace tocsin::promql
