#include "promql/operators/aggregate.h"

#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"
#include "promql/operators/float_accumulator.h"
#include "promql/operators/histogram_accumulator.h"

namespace tocsin::promql {

std::string DescribeAggregate(std::string_view op, const std::vector<std::string>& names, bool without) {
  std::string text = Cat(op, without ? " without (" : " by (");
  for (size_t i = 0; i < names.size(); ++i) {
    Append(&text, i == 0 ? "" : ", ", names[i]);
  }
  return text + ")";
}

AggregateOperator::AggregateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const AggregateExpr& expr,
                                     OperatorPtr child)
    : WholeOperator(context, steps, site),
      op_(expr.op),
      names_(expr.grouping),
      without_(expr.without),
      argument_pos_(expr.expr->pos),
      child_(std::move(child)) {}

std::string AggregateOperator::Describe() const { return DescribeAggregate(AggregateOpText(op_), names_, without_); }

absl::Status AggregateOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  const std::vector<SeriesHead>& input = child_->heads();
  Grouping grouping = GroupSeries(input, names_, without_, delayed_names());
  const size_t groups = grouping.labels.size();
  const size_t step_count = steps().count();
  std::unique_ptr<FloatAccumulator> floats = MakeFloatAccumulator(op_, groups, step_count);
  HistogramAccumulator histograms(op_, groups, step_count, annotator(), argument_pos_);
  std::vector<bool> drop_name(groups);
  RETURN_IF_ERROR(ForEachBlock(context(), *child_, [&](size_t first, const Columns& columns, size_t row, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t group = grouping.group_of[first + i];
      const SeriesHead& head = input[first + i];
      if (head.drop_name && delayed_names() && columns.any(row + i)) {
        drop_name[group] = true;
      }
      if (columns.has_histograms()) {
        const bool name_gone = head.drop_name && !delayed_names();
        histograms.AddRow(group, columns, row + i, name_gone ? std::string_view() : head.labels.metric_name(), *floats);
      } else {
        floats->AddRow(group, columns, row + i);
      }
    }
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(context().MakeRoom(groups, step_count));
  result_.Reset(groups, step_count);
  for (size_t group = 0; group < groups; ++group) {
    floats->Emit(group, &result_);
    histograms.Emit(group, *floats, &result_);
    heads_.push_back({std::move(grouping.labels[group]), drop_name[group]});
  }
  distinct_without_name_ = true;
  for (const std::string& name : names_) {
    distinct_without_name_ = distinct_without_name_ && (without_ || !IsMetadataLabel(name));
  }
  return FinishDistinct(held_before);
}

}  // namespace tocsin::promql
