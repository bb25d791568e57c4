#include "promql/operators/histogram_accumulator.h"

namespace tocsin::promql {

void HistogramAccumulator::AddRow(size_t group, const Columns& columns, size_t row, std::string_view metric_name,
                                  FloatAccumulator& floats) {
  columns.ForEach(row, [&](size_t step) {
    if (const FloatHistogram* h = columns.histogram(row, step); h != nullptr) {
      Add(group, step, *h, metric_name, floats);
    } else if (cells_.empty() || cells_[group * steps_ + step] == nullptr || !cells_[group * steps_ + step]->incompatible) {
      floats.AddOne(group, step, columns.row(row)[step]);
    }
  });
}

void HistogramAccumulator::Add(size_t group, size_t step, const FloatHistogram& h, std::string_view metric_name, FloatAccumulator& floats) {
  switch (op_) {
    case AggregateOp::kGroup:
    case AggregateOp::kCount:
      floats.AddOne(group, step, 0);
      return;
    case AggregateOp::kSum:
    case AggregateOp::kAvg:
      break;
    default:
      annotator_.Add(HistogramIgnoredInAggregation(AggregateOpText(op_), pos_));
      return;
  }
  if (cells_.empty()) {
    cells_.resize(groups_ * steps_);
  }
  std::unique_ptr<Cell>& cell = cells_[group * steps_ + step];
  if (cell == nullptr) {
    cell = std::make_unique<Cell>(op_ == AggregateOp::kAvg);
  }
  cell->seen = true;
  // After floats the cell has no result any more.
  if (cell->incompatible || (cell->total.empty() && floats.seen(group, step))) {
    return;
  }
  if (!cell->total.Add(h)) {
    annotator_.Add(MixedExponentialCustomHistograms(metric_name, pos_));
    cell->incompatible = true;
  }
}

void HistogramAccumulator::Emit(size_t group, const FloatAccumulator& floats, Columns* out) {
  if (cells_.empty()) {
    return;
  }
  for (size_t step = 0; step < steps_; ++step) {
    const std::unique_ptr<Cell>& cell = cells_[group * steps_ + step];
    if (cell == nullptr) {
      continue;
    }
    if (floats.seen(group, step)) {
      out->Clear(group, step);
      annotator_.Add(MixedFloatsHistogramsInAggregation(pos_));
      continue;
    }
    if (cell->total.bounds_reconciled()) {
      annotator_.Add(MismatchedCustomBuckets(HistogramOperation::kAggregation, pos_));
    }
    if (cell->incompatible) {
      continue;
    }
    if (cell->total.counter_reset_collision()) {
      annotator_.Add(HistogramCounterResetCollision(HistogramOperation::kAggregation, pos_));
    }
    FloatHistogram result = cell->total.Result();
    CompactHistogram(&result);
    out->SetHistogram(group, step, std::make_shared<const FloatHistogram>(std::move(result)));
  }
}

}  // namespace tocsin::promql
