#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "promql/ast.h"
#include "promql/exec/annotation.h"
#include "promql/exec/columns.h"
#include "promql/functions/histogram_sum.h"
#include "promql/operators/float_accumulator.h"

namespace tocsin::promql {

/// What an aggregation does with histograms: sum and avg add them up, count and group count them, the others leave them out with a note.
class HistogramAccumulator {
 public:
  HistogramAccumulator(AggregateOp op, size_t groups, size_t steps, Annotator annotator, PositionRange argument_pos)
      : op_(op), groups_(groups), steps_(steps), annotator_(annotator), pos_(argument_pos) {}

  /// Adds a row that may have histograms; its floats go to `floats`.
  void AddRow(size_t group, const Columns& columns, size_t row, std::string_view metric_name, FloatAccumulator& floats);

  /// Writes the histograms of a group to its row of `out`, which has the floats already; groups that have both at a step have neither.
  void Emit(size_t group, const FloatAccumulator& floats, Columns* out);

 private:
  struct Cell {
    explicit Cell(bool mean) : total(mean) {}
    HistogramTotal total;
    bool seen = false;
    bool incompatible = false;
  };

  void Add(size_t group, size_t step, const FloatHistogram& h, std::string_view metric_name, FloatAccumulator& floats);

  AggregateOp op_;
  size_t groups_;
  size_t steps_;
  Annotator annotator_;
  PositionRange pos_;
  std::vector<std::unique_ptr<Cell>> cells_;  // empty while there is no histogram
};

}  // namespace tocsin::promql
