#include "promql/operators/label_functions.h"

#include "base/model/regex.h"
#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

namespace {

bool IsValidLabelName(std::string_view name) { return !name.empty() && IsValidUtf8(name); }

}  // namespace

absl::Status LabelFunctionOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  heads_ = child_->TakeHeads();
  RETURN_IF_ERROR(TakeAll(context(), *child_, &result_));
  RETURN_IF_ERROR(RemoveNames(context(), &heads_));
  LabelsBuilder builder;
  for (SeriesHead& head : heads_) {
    const std::optional<std::string> value = new_value_(head.labels);
    if (value.has_value()) {
      builder.Reset(head.labels);
      builder.Set(destination_, *value);
      head.labels = builder.Build();
      head.label_set = 0;
      head.drop_name = head.drop_name && destination_ != kMetricName;
    }
  }
  RETURN_IF_ERROR(MergeEqualSeriesAlways(&heads_, &result_));
  return Finish(held_before);
}

absl::StatusOr<LabelFunctionOperator::NewValue> MakeLabelReplace(const std::string& destination, const std::string& replacement,
                                                                 const std::string& source, const std::string& regex) {
  const auto compiled = AnchoredRegex::Create(regex);
  if (!compiled.ok()) {
    return ExecutionError(Cat("invalid regular expression in label_replace(): ", regex));
  }
  if (!IsValidLabelName(destination)) {
    return ExecutionError(Cat("invalid destination label name in label_replace(): ", destination));
  }
  return [regex = *compiled, replacement, source](const Labels& labels) -> std::optional<std::string> {
    std::string value;
    if (!regex->Expand(labels.Get(source), replacement, &value)) {
      return std::nullopt;
    }
    return value;
  };
}

absl::StatusOr<LabelFunctionOperator::NewValue> MakeLabelJoin(const std::string& destination, const std::string& separator,
                                                              const std::vector<std::string>& sources) {
  for (const std::string& source : sources) {
    if (!IsValidLabelName(source)) {
      return ExecutionError(Cat("invalid source label name in label_join(): ", source));
    }
  }
  if (!IsValidLabelName(destination)) {
    return ExecutionError(Cat("invalid destination label name in label_join(): ", destination));
  }
  return [separator, sources](const Labels& labels) -> std::optional<std::string> {
    std::string value;
    for (size_t i = 0; i < sources.size(); ++i) {
      Append(&value, i == 0 ? std::string_view() : std::string_view(separator), labels.Get(sources[i]));
    }
    return value;
  };
}

}  // namespace tocsin::promql
