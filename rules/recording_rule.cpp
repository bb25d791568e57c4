#include "rules/recording_rule.h"

#include "base/status.h"

namespace tocsin::rules {

ResultSeriesEntry* RecordingRule::OutputOf(const Labels& input) {
  const auto it = outputs_.find(input);
  if (it != outputs_.end()) {
    return it->second;
  }
  builder_.Reset(input);
  builder_.Set(kMetricName, name());
  for (const Label& label : labels()) {
    builder_.Set(label.name, label.value);
  }
  ResultSeriesEntry* const entry = series_.Find(builder_.Build());
  outputs_.emplace(input, entry);
  return entry;
}

void RecordingRule::TakeOver(Rule& from) {
  Rule::TakeOver(from);
  outputs_.clear();
}

absl::Status RecordingRule::Evaluate(const EvaluationContext& context, std::vector<ResultSample>* samples) {
  ASSIGN_OR_RETURN(promql::Vector vector, RunQuery(context));
  if (outputs_valid_for_ != series_.removals()) {
    outputs_.clear();
    outputs_valid_for_ = series_.removals();
  }
  series_.BeginEvaluation();
  samples->reserve(vector.size());
  for (promql::VectorSample& sample : vector) {
    ResultSeriesEntry* const entry = OutputOf(sample.labels);
    if (!series_.MarkSeen(entry)) {
      return absl::FailedPreconditionError("vector contains metrics with the same labelset after applying rule labels");
    }
    samples->push_back(ResultSample{entry, sample.point.value, std::move(sample.point.histogram)});
  }
  if (context.limit > 0 && static_cast<int64_t>(vector.size()) > context.limit) {
    return absl::FailedPreconditionError(Cat("exceeded limit of ", context.limit, " with ", vector.size(), " series"));
  }
  return absl::OkStatus();
}

}  // namespace tocsin::rules
