#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "promql/ast.h"
#include "promql/exec/columns.h"

namespace tocsin::promql {

/// Adds up the floats of an aggregation: a cell for each group and step. Rows are added in the order of the series.
class FloatAccumulator {
 public:
  FloatAccumulator(size_t groups, size_t steps) : steps_(steps), words_((steps + 63) / 64), seen_(groups * words_) {}
  virtual ~FloatAccumulator() = default;

  /// Adds a row without histograms.
  virtual void AddRow(size_t group, const Columns& columns, size_t row) = 0;
  virtual void AddOne(size_t group, size_t step, double value) = 0;

  /// Writes the results of a group to its row of `out`.
  virtual void Emit(size_t group, Columns* out) const = 0;

  bool seen(size_t group, size_t step) const { return (seen_[group * words_ + (step >> 6)] >> (step & 63)) & 1; }

 protected:
  /// Notes that there is a value; whether there was one before.
  bool Mark(size_t group, size_t step) {
    uint64_t& word = seen_[group * words_ + (step >> 6)];
    const uint64_t bit = uint64_t{1} << (step & 63);
    const bool before = (word & bit) != 0;
    word |= bit;
    return before;
  }
  bool AllSeen(size_t group) const {
    for (size_t step = 0; step < steps_; step += 64) {
      const size_t rest = steps_ - step;
      const uint64_t mask = rest >= 64 ? ~uint64_t{0} : (uint64_t{1} << rest) - 1;
      if (seen_[group * words_ + (step >> 6)] != mask) {
        return false;
      }
    }
    return true;
  }
  size_t steps() const { return steps_; }

 private:
  size_t steps_;
  size_t words_;
  std::vector<uint64_t> seen_;
};

/// For sum, avg, min, max, group, count, stddev and stdvar.
std::unique_ptr<FloatAccumulator> MakeFloatAccumulator(AggregateOp op, size_t groups, size_t steps);

}  // namespace tocsin::promql
