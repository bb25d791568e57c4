#include "promql/operators/float_accumulator.h"

#include <cmath>
#include <limits>

#include "base/check.h"
#include "promql/exec/kahan.h"
#include "promql/functions/histogram_sum.h"

namespace tocsin::promql {

namespace {

struct MinCell {
  double value = 0;
  void Start(double v) { value = v; }
  void Add(double v) {
    if (value > v || std::isnan(value)) {
      value = v;
    }
  }
  double Result() const { return value; }
};

struct MaxCell {
  double value = 0;
  void Start(double v) { value = v; }
  void Add(double v) {
    if (value < v || std::isnan(value)) {
      value = v;
    }
  }
  double Result() const { return value; }
};

struct GroupCell {
  void Start(double) {}
  void Add(double) {}
  double Result() const { return 1; }
};

struct CountCell {
  double count = 0;
  void Start(double) { count = 1; }
  void Add(double) { ++count; }
  double Result() const { return count; }
};

struct MeanCell {
  FloatMean mean;
  void Start(double v) { mean = FloatMean(v); }
  void Add(double v) { mean.Add(v); }
  double Result() const { return mean.Result(); }
};

/// Welford's running variance (Technometrics 4/3, 1962).
struct VarianceCell {
  double count = 0;
  double mean = 0;
  double squares = 0;
  void Start(double v) {
    count = 1;
    mean = v;
    squares = std::isfinite(v) ? 0 : std::numeric_limits<double>::quiet_NaN();
  }
  void Add(double v) {
    ++count;
    const double delta = v - mean;
    mean += delta / count;
    squares += delta * (v - mean);
  }
  double Result() const { return squares / count; }
};

struct DeviationCell : VarianceCell {
  double Result() const { return std::sqrt(squares / count); }
};

template <typename Cell>
class CellAccumulator : public FloatAccumulator {
 public:
  CellAccumulator(size_t groups, size_t steps) : FloatAccumulator(groups, steps), cells_(groups * steps) {}

  void AddRow(size_t group, const Columns& columns, size_t row) override {
    Cell* cells = cells_.data() + group * steps();
    const double* values = columns.row(row);
    if (columns.full(row) && AllSeen(group)) {
      for (size_t step = 0; step < steps(); ++step) {
        cells[step].Add(values[step]);
      }
      return;
    }
    columns.ForEach(row, [&](size_t step) { AddOne(group, step, values[step]); });
  }

  void AddOne(size_t group, size_t step, double value) override {
    Cell& cell = cells_[group * steps() + step];
    if (Mark(group, step)) {
      cell.Add(value);
    } else {
      cell.Start(value);
    }
  }

  void Emit(size_t group, Columns* out) const override {
    for (size_t step = 0; step < steps(); ++step) {
      if (seen(group, step)) {
        out->Set(group, step, cells_[group * steps() + step].Result());
      }
    }
  }

 private:
  std::vector<Cell> cells_;
};

/// Sums lie apart from their compensations, so that full rows are added with vector instructions.
class SumAccumulator : public FloatAccumulator {
 public:
  SumAccumulator(size_t groups, size_t steps) : FloatAccumulator(groups, steps), sums_(groups * steps), compensations_(groups * steps) {}

  void AddRow(size_t group, const Columns& columns, size_t row) override {
    const double* values = columns.row(row);
    if (columns.full(row) && AllSeen(group)) {
      AddFullRow(values, sums_.data() + group * steps(), compensations_.data() + group * steps(), steps());
      return;
    }
    columns.ForEach(row, [&](size_t step) { AddOne(group, step, values[step]); });
  }

  void AddOne(size_t group, size_t step, double value) override {
    const size_t cell = group * steps() + step;
    if (Mark(group, step)) {
      KahanAdd(value, &sums_[cell], &compensations_[cell]);
    } else {
      sums_[cell] = value;
    }
  }

  void Emit(size_t group, Columns* out) const override {
    for (size_t step = 0; step < steps(); ++step) {
      if (seen(group, step)) {
        out->Set(group, step, sums_[group * steps() + step] + compensations_[group * steps() + step]);
      }
    }
  }

 private:
  /// KahanAdd for each step, written without branches for the vectorizer.
  static void AddFullRow(const double* __restrict values, double* __restrict sums, double* __restrict compensations, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const double value = values[i];
      const double sum = sums[i];
      const double next = sum + value;
      const bool sum_larger = std::fabs(sum) >= std::fabs(value);
      const double large = sum_larger ? sum : value;
      const double small = sum_larger ? value : sum;
      const double compensation = compensations[i] + ((large - next) + small);
      compensations[i] = std::fabs(next) <= std::numeric_limits<double>::max() || next != next ? compensation : 0.0;
      sums[i] = next;
    }
  }

  std::vector<double> sums_;
  std::vector<double> compensations_;
};

}  // namespace

std::unique_ptr<FloatAccumulator> MakeFloatAccumulator(AggregateOp op, size_t groups, size_t steps) {
  switch (op) {
    case AggregateOp::kSum:
      return std::make_unique<SumAccumulator>(groups, steps);
    case AggregateOp::kAvg:
      return std::make_unique<CellAccumulator<MeanCell>>(groups, steps);
    case AggregateOp::kMin:
      return std::make_unique<CellAccumulator<MinCell>>(groups, steps);
    case AggregateOp::kMax:
      return std::make_unique<CellAccumulator<MaxCell>>(groups, steps);
    case AggregateOp::kGroup:
      return std::make_unique<CellAccumulator<GroupCell>>(groups, steps);
    case AggregateOp::kCount:
      return std::make_unique<CellAccumulator<CountCell>>(groups, steps);
    case AggregateOp::kStddev:
      return std::make_unique<CellAccumulator<DeviationCell>>(groups, steps);
    case AggregateOp::kStdvar:
      return std::make_unique<CellAccumulator<VarianceCell>>(groups, steps);
    default:
      break;
  }
  TOCSIN_CHECK(op == AggregateOp::kSum);  // others have operators of their own
  return nullptr;
}

}  // namespace tocsin::promql
