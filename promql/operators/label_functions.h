#pragma once

#include <functional>

#include "promql/exec/operator.h"

namespace tocsin::promql {

/// label_replace and label_join: other labels, the same values.
class LabelFunctionOperator : public WholeOperator {
 public:
  /// The new value of the destination label for labels as they are; nothing leaves them so.
  using NewValue = std::function<std::optional<std::string>(const Labels&)>;

  LabelFunctionOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::string name, std::string destination,
                        NewValue new_value, OperatorPtr child)
      : WholeOperator(context, steps, site),
        name_(std::move(name)),
        destination_(std::move(destination)),
        new_value_(std::move(new_value)),
        child_(std::move(child)) {}

  std::string Describe() const override { return name_; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  std::string name_;
  std::string destination_;
  NewValue new_value_;
  OperatorPtr child_;
};

/// Check the arguments, with upstream's texts.
absl::StatusOr<LabelFunctionOperator::NewValue> MakeLabelReplace(const std::string& destination, const std::string& replacement,
                                                                 const std::string& source, const std::string& regex);
absl::StatusOr<LabelFunctionOperator::NewValue> MakeLabelJoin(const std::string& destination, const std::string& separator,
                                                              const std::vector<std::string>& sources);

}  // namespace tocsin::promql
