#pragma once

#include <memory>
#include <string>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/operators/selection.h"

namespace tocsin::promql {

/// Which samples belong to the window of a step: those in (At(step) - range - before, At(step) + after].
struct WindowShape {
  ReferenceTime reference;
  DurationMs range_ms = 0;
  DurationMs before_ms = 0;  // anchored and smoothed selectors look further back,
  DurationMs after_ms = 0;   // and smoothed ones ahead

  TimestampMs MinTime(const StepRange& steps) const { return reference.At(steps.start) - range_ms - before_ms + 1; }
  TimestampMs MaxTime(const StepRange& steps) const { return reference.At(steps.last()) + after_ms; }
};

/// Finds the window of each step among the samples in `range`, which are in ascending time.
void FindWindows(const StepRange& steps, const WindowShape& shape, RangeBuffer* range);

/// A range vector: what range functions read, series by series.
/// Contract and threads as those of Operator: Open() once, then Load() by several threads with different blocks.
class RangeSource {
 public:
  virtual ~RangeSource() = default;

  virtual absl::Status Open(const LabelDemand& labels) = 0;
  virtual size_t size() const = 0;
  /// Labels as selected, and whether their name has been dropped already. Empty labels when they were not asked for. To be called once.
  virtual std::vector<SeriesHead> TakeHeads() = 0;
  /// The name that all series have, when the selector asks for one.
  virtual std::string_view metric_name() const = 0;
  virtual bool distinct_without_name() const = 0;

  /// All samples of series `i` that any step needs, and the windows. The series up to `end` are loaded next.
  virtual absl::Status Load(size_t i, size_t end, bool start_timestamps, Block* block) const = 0;

  virtual bool is_subquery() const = 0;
  virtual const WindowShape& shape() const = 0;
  virtual std::string Describe() const = 0;
  virtual std::vector<const Operator*> children() const = 0;
};

/// A matrix selector over the store.
class MatrixSource : public RangeSource {
 public:
  /// `stats_only`: of histograms only count and sum are used.
  MatrixSource(QueryContext& context, const StepRange& steps, const MatrixSelector& selector, bool stats_only);

  absl::Status Open(const LabelDemand& labels) override;
  size_t size() const override { return selection_.size(); }
  std::vector<SeriesHead> TakeHeads() override { return std::move(heads_); }
  std::string_view metric_name() const override { return metric_name_; }
  bool distinct_without_name() const override { return selection_.one_name(); }
  absl::Status Load(size_t i, size_t end, bool start_timestamps, Block* block) const override;
  bool is_subquery() const override { return false; }
  const WindowShape& shape() const override { return shape_; }
  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {}; }

 private:
  QueryContext& context_;
  StepRange steps_;
  std::string text_;
  std::string metric_name_;
  bool stats_only_;
  WindowShape shape_;
  Selection selection_;
  std::vector<SeriesHead> heads_;
};

/// A subquery: an expression evaluated at its own steps, whose values are the samples.
class SubquerySource : public RangeSource {
 public:
  /// `inner` is evaluated at the steps that SubquerySteps() gave.
  SubquerySource(QueryContext& context, const StepRange& steps, const SubqueryExpr& subquery, OperatorPtr inner);

  absl::Status Open(const LabelDemand& labels) override;
  size_t size() const override { return inner_->size(); }
  std::vector<SeriesHead> TakeHeads() override { return inner_->heads(); }
  std::string_view metric_name() const override { return {}; }
  bool distinct_without_name() const override { return inner_->distinct_without_name(); }
  absl::Status Load(size_t i, size_t end, bool start_timestamps, Block* block) const override;
  bool is_subquery() const override { return true; }
  const WindowShape& shape() const override { return shape_; }
  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {inner_.get()}; }

 private:
  QueryContext& context_;
  StepRange steps_;
  WindowShape shape_;
  OperatorPtr inner_;
  Columns storage_;
  const Columns* values_ = nullptr;
};

/// The steps of a subquery inside an evaluation at `outer`: multiples of its step, the first one after the start of the first window.
StepRange SubquerySteps(const StepRange& outer, const SubqueryExpr& subquery, DurationMs default_step_ms);

}  // namespace tocsin::promql
