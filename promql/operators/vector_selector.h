#pragma once

#include "promql/operators/selection.h"

namespace tocsin::promql {

/// An instant vector selector: at each step the newest sample that is younger than the lookback delta and no stale marker.
/// Each series is decoded once for all steps.
class VectorSelectorOperator : public Operator {
 public:
  enum class Output { kValue, kTimestamp, kStartTimestamp };

  VectorSelectorOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const VectorSelector& selector,
                         Output output, bool labels_needed, const CountingScope& counting);

  std::string Describe() const override;
  const Columns* Whole() const override { return eager_ ? &result_ : nullptr; }
  bool Take(Columns* out) override;

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

 private:
  absl::Status OpenInstant();
  void Emit(size_t row, size_t step, const Sample& sample, Columns* out) const;
  absl::Status CountSamples(const Columns& columns, size_t first, size_t count);

  std::string text_;
  ReferenceTime reference_;
  Output output_;
  bool labels_needed_;
  CountingScope counting_;
  Selection selection_;
  bool eager_ = false;  // an instant evaluation: all values are read in Open(), and series without one are left out
  Columns result_;
};

}  // namespace tocsin::promql
