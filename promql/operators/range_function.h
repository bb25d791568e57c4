#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/functions/range_function.h"
#include "promql/operators/range_source.h"

namespace tocsin::promql {

/// A function over a range vector: one row a series, each series read and decoded once for all its windows.
class RangeFunctionOperator : public Operator {
 public:
  struct Options {
    std::string name;
    PositionRange first_arg_pos;
    PositionRange range_arg_pos;
    PositionRange all_args_pos;
    bool anchored = false;
    bool smoothed = false;
    LabelDemand labels;
    CountingScope counting;
  };

  /// `scalars`: the other arguments, in order.
  RangeFunctionOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const RangeFunction& function,
                        Options options, std::unique_ptr<RangeSource> source, std::vector<OperatorPtr> scalars);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override;
  const Columns* Whole() const override { return whole_ ? &result_ : nullptr; }
  bool Take(Columns* out) override;

 protected:
  absl::Status DoOpen() override;
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

 private:
  absl::Status OpenScalars();
  absl::Status Compute(size_t first, size_t count, Block* block);
  /// Samples that a block of series looked at.
  struct WindowCounts {
    int64_t total = 0;              // windows in full
    int64_t distinct = 0;           // each sample once
    int64_t largest = 0;            // of one window
    std::vector<int64_t> per_step;  // where steps are counted

    void Add(const WindowCounts& other);
  };
  static WindowCounts CountWindows(const RangeBuffer& range, bool per_step);
  absl::Status AddCounts(const WindowCounts& counts);
  std::string_view NameOf(size_t series) const;
  void WarnNonCounter(size_t series, std::string_view name);

  const RangeFunction& function_;
  Options options_;
  std::unique_ptr<RangeSource> source_;
  std::vector<OperatorPtr> scalars_;
  std::vector<Columns> scalar_values_;
  RangeCall call_;
  std::vector<Labels> labels_;  // as selected, where the selector does not tell the name; heads() may have been taken
  bool whole_ = false;          // computed in Open(): an instant evaluation, or one whose series must be merged
  Columns result_;
  std::atomic<bool> name_checked_{false};  // all series have one name, which has been looked at
};

/// Opens an operator of one scalar row and returns its values, one a step.
absl::StatusOr<std::span<const double>> ReadScalar(QueryContext& context, Operator& op, Columns* storage);

}  // namespace tocsin::promql
