#pragma once

#include "promql/operators/selection.h"

namespace tocsin::promql {

/// An instant vector selector with `smoothed`: the value at each step on the line between the samples around it, each at most the lookback
/// delta away; after the last sample its value.
class SmoothedSelectorOperator : public Operator {
 public:
  SmoothedSelectorOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const VectorSelector& selector);

  std::string Describe() const override { return text_; }

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

 private:
  void SmoothFloats(const RangeBuffer& range, size_t begin, size_t end, TimestampMs t, size_t row, size_t step, Columns* out) const;
  void SmoothHistograms(const RangeBuffer& range, size_t begin, size_t end, TimestampMs t, std::string_view name, size_t row, size_t step,
                        Columns* out) const;

  std::string text_;
  ReferenceTime reference_;
  PositionRange selector_pos_;
  Selection selection_;
  std::vector<std::string> names_;  // heads() may have been taken when they are needed
};

}  // namespace tocsin::promql
