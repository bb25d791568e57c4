#pragma once

#include "promql/operators/selection.h"

namespace tocsin::promql {

/// An instant vector selector: at each step the newest sample that is younger than the lookback delta and no stale marker.
/// Each series is decoded once for all steps.
class VectorSelectorOperator : public Operator {
 public:
  enum class Output { kValue, kTimestamp, kStartTimestamp };

  struct Options {
    Output output = Output::kValue;
    LabelDemand labels;
    bool stats_only = false;  // of histograms only count and sum are used
    CountingScope counting;
  };

  VectorSelectorOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const VectorSelector& selector,
                         const Options& options);

  std::string Describe() const override;
  const Columns* Whole() const override { return eager_ ? &result_ : nullptr; }
  bool Take(Columns* out) override;

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

 private:
  absl::Status OpenInstant();
  /// Whether a sample that was found is one at this time; it may be changed.
  bool Accept(size_t series, TimestampMs reference, Sample* sample) const;
  void Emit(size_t row, size_t step, const Sample& sample, Columns* out) const;
  void FindPlaces(const std::vector<TimestampMs>& times, std::vector<uint32_t>* places) const;
  void EmitRow(const SampleColumns& samples, const std::vector<uint32_t>& places, size_t row, Columns* out) const;
  absl::Status CountSamples(const Columns& columns, size_t first, size_t count);

  std::string text_;
  ReferenceTime reference_;
  Options options_;
  Selection selection_;
  bool eager_ = false;  // an instant evaluation: all values are read in Open(), and series without one are left out
  Columns result_;
};

}  // namespace tocsin::promql
