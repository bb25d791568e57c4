#pragma once

#include "promql/exec/operator.h"

namespace tocsin::promql {

/// sort, sort_desc (by value, histograms left out), sort_by_label, sort_by_label_desc. Only the order of an instant result shows it.
class SortOperator : public WholeOperator {
 public:
  /// `labels`: empty to sort by value.
  SortOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, bool by_label, bool descending,
               std::vector<std::string> labels, OperatorPtr child)
      : WholeOperator(context, steps, site),
        by_label_(by_label),
        descending_(descending),
        labels_(std::move(labels)),
        child_(std::move(child)) {}

  std::string Describe() const override { return by_label_ ? "sort by labels" : "sort by value"; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  void DropHistograms();
  std::vector<size_t> Order() const;
  int CompareLabels(const Labels& a, const Labels& b) const;

  bool by_label_;
  bool descending_;
  std::vector<std::string> labels_;
  OperatorPtr child_;
};

/// Runs of digits compare as numbers, all else as text: "node2" before "node10".
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace tocsin::promql
