#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "promql/exec/duplicates.h"
#include "promql/operators/aggregate.h"
#include "promql/operators/quantile_aggregate.h"

namespace tocsin::promql {

CountValuesOperator::CountValuesOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const AggregateExpr& expr,
                                         std::string value_label, OperatorPtr child)
    : WholeOperator(context, steps, site),
      names_(expr.grouping),
      without_(expr.without),
      value_label_(std::move(value_label)),
      child_(std::move(child)) {}

std::string CountValuesOperator::Describe() const { return DescribeAggregate("count_values", names_, without_); }

absl::Status CountValuesOperator::DoOpen() {
  if (value_label_.empty() || !IsValidUtf8(value_label_)) {
    return ExecutionError(Cat("invalid label name ", GoQuoted(value_label_)));
  }
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  Columns storage;
  ASSIGN_OR_RETURN(const Columns* input, ReadAll(context(), *child_, &storage));
  // The value's label takes the place of one of the same name, and counts as listed in by (...).
  std::vector<SeriesHead> groups_input = child_->heads();
  std::vector<std::string> without_value = {value_label_};
  for (SeriesHead& head : groups_input) {
    head.labels = head.labels.Drop(without_value);
    head.label_set = 0;
  }
  const bool value_dropped =
      without_ && (value_label_ == kMetricName || std::find(names_.begin(), names_.end(), value_label_) != names_.end());
  const Grouping grouping = GroupSeries(groups_input, names_, without_, delayed_names());
  absl::flat_hash_map<std::string, size_t> rows;  // encoded output labels
  std::vector<std::vector<double>> counts;
  std::string text;
  LabelsBuilder builder;
  for (size_t row = 0; row < input->rows(); ++row) {
    RETURN_IF_ERROR(context().Check());
    input->ForEach(row, [&](size_t step) {
      text.clear();
      if (const FloatHistogram* h = input->histogram(row, step); h != nullptr) {
        text = HistogramToString(*h);
      } else {
        AppendGoFloat(input->row(row)[step], 'f', -1, &text);
      }
      builder.Reset(grouping.labels[grouping.group_of[row]]);
      if (!value_dropped) {
        builder.Set(value_label_, text);
      }
      Labels labels = builder.Build();
      const auto [it, added] = rows.try_emplace(labels.encoded(), heads_.size());
      if (added) {
        heads_.push_back({std::move(labels), false});
        counts.emplace_back(steps().count());
      }
      ++counts[it->second][step];
    });
  }
  RETURN_IF_ERROR(context().MakeRoom(heads_.size(), steps().count()));
  result_.Reset(heads_.size(), steps().count());
  for (size_t i = 0; i < heads_.size(); ++i) {
    for (size_t step = 0; step < steps().count(); ++step) {
      if (counts[i][step] > 0) {
        result_.Set(i, step, counts[i][step]);
      }
    }
  }
  return Finish(held_before);
}

}  // namespace tocsin::promql
