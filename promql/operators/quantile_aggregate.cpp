#include "promql/operators/quantile_aggregate.h"

#include <cmath>
#include <limits>

#include "base/status.h"
#include "promql/exec/duplicates.h"
#include "promql/functions/quantile.h"
#include "promql/operators/aggregate.h"
#include "promql/operators/range_function.h"

namespace tocsin::promql {

QuantileAggregateOperator::QuantileAggregateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site,
                                                     const AggregateExpr& expr, OperatorPtr child, OperatorPtr param)
    : WholeOperator(context, steps, site),
      names_(expr.grouping),
      without_(expr.without),
      param_pos_(expr.param->pos),
      argument_pos_(expr.expr->pos),
      child_(std::move(child)),
      param_(std::move(param)) {}

std::string QuantileAggregateOperator::Describe() const { return DescribeAggregate("quantile", names_, without_); }

void QuantileAggregateOperator::CheckParam(std::span<const double> param) const {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : param) {
    if (std::isnan(value)) {
      annotator().Add(InvalidQuantile(value, param_pos_));
    }
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  if (high > 1) {
    annotator().Add(InvalidQuantile(high, param_pos_));
  }
  if (low < 0) {
    annotator().Add(InvalidQuantile(low, param_pos_));
  }
}

absl::Status QuantileAggregateOperator::DoOpen() {
  const int64_t held_before = context().held();
  Columns param_storage;
  ASSIGN_OR_RETURN(const std::span<const double> param, ReadScalar(context(), *param_, &param_storage));
  RETURN_IF_ERROR(child_->Open());
  Columns storage;
  ASSIGN_OR_RETURN(const Columns* input, ReadAll(context(), *child_, &storage));
  const std::vector<SeriesHead>& input_heads = child_->heads();
  Grouping grouping = GroupSeries(input_heads, names_, without_, delayed_names());
  CheckParam(param);
  const size_t groups = grouping.labels.size();
  for (Labels& labels : grouping.labels) {
    heads_.push_back({std::move(labels), false});
  }
  std::vector<std::vector<size_t>> members(groups);
  for (size_t row = 0; row < input_heads.size(); ++row) {
    members[grouping.group_of[row]].push_back(row);
    if (input_heads[row].drop_name && delayed_names() && input->any(row)) {
      heads_[grouping.group_of[row]].drop_name = true;
    }
  }
  RETURN_IF_ERROR(context().MakeRoom(groups, steps().count()));
  result_.Reset(groups, steps().count());
  std::vector<double> values;
  for (size_t group = 0; group < groups; ++group) {
    RETURN_IF_ERROR(context().Check());
    for (size_t step = 0; step < steps().count(); ++step) {
      values.clear();
      for (const size_t row : members[group]) {
        if (!input->has(row, step)) {
          continue;
        }
        if (input->histogram(row, step) != nullptr) {
          annotator().Add(HistogramIgnoredInAggregation("quantile", argument_pos_));
        } else {
          values.push_back(input->row(row)[step]);
        }
      }
      if (!values.empty()) {
        result_.Set(group, step, QuantileOf(param[step], &values));
      }
    }
  }
  return Finish(held_before);
}

}  // namespace tocsin::promql
