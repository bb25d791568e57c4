#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "promql/ast.h"
#include "promql/exec/operator.h"
#include "promql/exec/query_context.h"
#include "storage/querier.h"

namespace tocsin::promql {

/// Where a selector or subquery looks, seen from the steps at which it is asked: at `step - offset`, or always at `timestamp - offset`.
struct ReferenceTime {
  DurationMs offset_ms = 0;
  std::optional<TimestampMs> timestamp;

  TimestampMs At(TimestampMs step) const { return timestamp.value_or(step) - offset_ms; }
};

/// How the samples that a leaf reads are counted: a subquery's own samples are counted by the function over it, and a step-invariant part
/// counts at each step of the query.
struct CountingScope {
  bool total = true;
  int64_t repeat = 1;
};

/// Which labels of its series are looked at: the fewer there are, the cheaper they are to make.
struct LabelDemand {
  enum class Kind { kNone, kSome, kAll };

  Kind kind = Kind::kAll;
  std::vector<std::string> names;  // of kSome, sorted
  bool metric_name = true;         // beside them, for annotations

  static LabelDemand None() { return {Kind::kNone, {}, true}; }
  /// Sorts.
  static LabelDemand Some(std::vector<std::string> names);
};

/// The series that match, opened once for a query.
class Selection {
 public:
  Selection(const VectorSelector& selector, TimestampMs min_t, TimestampMs max_t)
      : matchers_(selector.matchers), min_t_(min_t), max_t_(max_t) {}

  absl::Status Open(QueryContext& context);

  size_t size() const { return series_.size(); }
  const SelectedSeries& series(size_t i) const { return *series_[i]; }
  TimestampMs min_t() const { return min_t_; }
  TimestampMs max_t() const { return max_t_; }

  /// Label sets stay distinct without the metric name: one name was asked for.
  bool one_name() const { return one_name_; }

  /// The heads of all series, all with `drop_name`. Labels that are not in demand are left out when one name was asked for.
  absl::Status BuildHeads(QueryContext& context, const LabelDemand& demand, bool drop_name, std::vector<SeriesHead>* heads) const;

  /// Appends the samples of series `i` of the window. Those up to `end` are soon asked for too, with the same block.
  void Read(size_t i, size_t end, Block* block, SampleColumns* out) const;

  /// The newest sample of each series from `first` on.
  void ReadLast(size_t first, size_t count, TimestampMs min_t, TimestampMs max_t, Sample* samples, bool* found) const {
    querier_->ReadLast(SeriesSpan(series_).subspan(first, count), min_t, max_t, samples, found);
  }

  /// Keeps only the series of which `keep` says so.
  void Compact(const std::vector<bool>& keep);

 private:
  std::vector<Matcher> matchers_;
  TimestampMs min_t_;
  TimestampMs max_t_;
  const Querier* querier_ = nullptr;
  SeriesList series_;
  bool one_name_ = false;
};

}  // namespace tocsin::promql
