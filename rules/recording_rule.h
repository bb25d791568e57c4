#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rules/rule.h"

namespace tocsin::rules {

/// Stores the result of its query under a new name, its labels added.
class RecordingRule : public Rule {
 public:
  RecordingRule(const RuleDefinition& definition, const TextMap& group_labels) : Rule(definition, group_labels) {}

  bool alerting() const override { return false; }
  absl::Status Evaluate(const EvaluationContext& context, std::vector<ResultSample>* samples) override;
  void TakeOver(Rule& from) override;

 private:
  /// The output series of an input label set; known ones are found by one hash of the input's bytes.
  ResultSeriesEntry* OutputOf(const Labels& input);

  absl::flat_hash_map<Labels, ResultSeriesEntry*> outputs_;
  uint64_t outputs_valid_for_ = 0;  // ResultSeries::removals() when outputs_ was filled
  LabelsBuilder builder_;
};

}  // namespace tocsin::rules
