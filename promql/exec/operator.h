#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/model/labels.h"
#include "base/model/sample.h"
#include "promql/exec/annotation.h"
#include "promql/exec/columns.h"
#include "promql/exec/query_context.h"
#include "promql/exec/range_samples.h"
#include "promql/exec/steps.h"
#include "storage/querier.h"

namespace tocsin::promql {

/// The identity of one output series.
///
/// `drop_name` means that the metric name (and __type__, __unit__) is no longer part of it. With delayed name removal the labels still
/// count as they are until the query's end. Without it the labels just have not been rewritten yet: whoever looks at them calls
/// RemoveNames() first, so that the many series which are only aggregated are never rewritten.
///
/// `label_set` is 0, or a number that those heads of the list have which have the same labels, and no others: groups are then found without
/// comparing labels. Whoever rewrites labels sets it to 0.
struct SeriesHead {
  Labels labels;
  bool drop_name = false;
  uint32_t label_set = 0;
};

/// One thread's memory for reading rows, used again from block to block.
struct Block {
  Columns columns;
  SeriesBatchPtr batch;    // of the selector below,
  size_t batch_first = 0;  // of the series from this one on,
  size_t batch_count = 0;  // so many
  SampleColumns samples;
  RangeBuffer range;
  /// Of a vector selector: the times of the series before, and for each step one more than the place of its sample in them; 0: none.
  const void* places_of = nullptr;
  std::vector<TimestampMs> places_t;
  std::vector<uint32_t> places;
};

/// The place of an operator's expression in the query.
struct OperatorSite {
  PositionRange pos;
  int evaluation_order = 0;
};

/// What an operator did, kept when the query asked for it.
struct OperatorProfile {
  int64_t open_ns = 0;
  std::atomic<int64_t> read_ns{0};
  std::atomic<int64_t> samples{0};
};

/// One node of the running query: it turns its children's series into its own.
///
/// Contract. Open() is called once, by one thread, and determines the series list, heads(), which does not change afterwards. Then rows are
/// read: Read(first, count, block) fills block->columns with `count` rows of steps().count() values, those of the series from `first` on.
/// Rows may be absent at any step, also at all steps. Read gives the same answer when it is asked again and may be called by several
/// threads at once with different blocks. An operator that needs all its input before it knows its series reads it in Open() and has
/// Whole() afterwards. Errors end the query.
///
/// Ownership: the context outlives the operators; children are owned by their parent.
class Operator {
 public:
  Operator(QueryContext& context, const StepRange& steps, const OperatorSite& site) : context_(context), steps_(steps), site_(site) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  absl::Status Open();
  absl::Status Read(size_t first, size_t count, Block* block);

  const std::vector<SeriesHead>& heads() const { return heads_; }
  size_t size() const { return heads_.empty() ? size_ : heads_.size(); }
  /// The list for the one consumer to keep; heads() is empty afterwards, size() stays. Reading rows must not need heads().
  std::vector<SeriesHead> TakeHeads() {
    size_ = heads_.size();
    return std::move(heads_);
  }
  const StepRange& steps() const { return steps_; }
  const OperatorSite& site() const { return site_; }

  /// All rows, where they are in memory anyway; else null.
  virtual const Columns* Whole() const { return nullptr; }
  /// Hands over all rows to the one consumer; false when there is no Whole() or it is shared.
  virtual bool Take(Columns*) { return false; }

  /// Label sets stay distinct when metric names are removed from all of them.
  bool distinct_without_name() const { return distinct_without_name_; }

  /// For Explain(): one line, and the operators below.
  virtual std::string Describe() const = 0;
  virtual std::vector<const Operator*> children() const { return {}; }
  const OperatorProfile& profile() const { return profile_; }

 protected:
  virtual absl::Status DoOpen() = 0;
  /// block->columns has been reset to `count` absent rows.
  virtual absl::Status DoRead(size_t first, size_t count, Block* block) = 0;

  QueryContext& context() const { return context_; }
  bool delayed_names() const { return context_.features.delayed_name_removal; }
  Annotator annotator() const { return {&context_.annotations, site_.evaluation_order}; }

  std::vector<SeriesHead> heads_;
  bool distinct_without_name_ = false;

 private:
  QueryContext& context_;
  StepRange steps_;
  OperatorSite site_;
  size_t size_ = 0;
  OperatorProfile profile_;
};
using OperatorPtr = std::unique_ptr<Operator>;

/// An operator whose rows are all computed in Open(), into result_.
class WholeOperator : public Operator {
 public:
  using Operator::Operator;
  const Columns* Whole() const override { return &result_; }
  bool Take(Columns* out) override {
    *out = std::move(result_);
    return true;
  }

 protected:
  absl::Status DoRead(size_t first, size_t count, Block* block) override;

  /// Ends DoOpen: rows with equal labels become one (see duplicates.h), and the samples held since `held_before` are replaced by result_'s.
  absl::Status Finish(int64_t held_before);
  /// The same where labels are distinct as they were made: rows without a sample go.
  absl::Status FinishDistinct(int64_t held_before);

  Columns result_;

 private:
  absl::Status HoldResult(int64_t held_before);
};

/// Rows that are read at once: small enough for the cache, large enough to be worth a call.
size_t BlockRows(size_t steps);

/// Reads all rows of `op`, blocks of them on several threads, and hands them over in order, in the calling thread: rows
/// [row, row + count) of `columns` are the series from `first` on.
using BlockConsumer = std::function<absl::Status(size_t first, const Columns& columns, size_t row, size_t count)>;
absl::Status ForEachBlock(QueryContext& context, Operator& op, const BlockConsumer& consume);

/// All rows at once: op.Whole(), or else read into `storage`.
absl::StatusOr<const Columns*> ReadAll(QueryContext& context, Operator& op, Columns* storage);

/// All rows at once, for the caller to change.
absl::Status TakeAll(QueryContext& context, Operator& op, Columns* out);

/// Runs f(first, last) over pieces of [0, count) on several threads.
absl::Status ParallelPieces(QueryContext& context, size_t count, const std::function<absl::Status(size_t first, size_t last)>& f);

}  // namespace tocsin::promql
