#include "promql/operators/selecting_aggregate.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/exec/duplicates.h"
#include "promql/operators/aggregate.h"
#include "promql/operators/range_function.h"
#include "promql/operators/top_heap.h"

namespace tocsin::promql {

namespace {

/// Upstream's encoding of a length: one byte, or 255 and three bytes.
void AppendUpstreamLength(size_t length, std::string* out) {
  if (length < 255) {
    out->push_back(static_cast<char>(length));
    return;
  }
  out->push_back(static_cast<char>(255));
  for (int shift = 0; shift < 24; shift += 8) {
    out->push_back(static_cast<char>(length >> shift));
  }
}

size_t CountOf(double k, size_t rows) { return k < 1 ? 0 : static_cast<size_t>(std::min(k, static_cast<double>(rows))); }

}  // namespace

double SamplingOffset(const Labels& labels) {
  std::string encoded;
  for (const Label& label : labels) {
    AppendUpstreamLength(label.name.size(), &encoded);
    encoded += label.name;
    AppendUpstreamLength(label.value.size(), &encoded);
    encoded += label.value;
  }
  return static_cast<double>(XXH64(encoded.data(), encoded.size(), 0)) / static_cast<double>(std::numeric_limits<uint64_t>::max());
}

SelectingAggregateOperator::SelectingAggregateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site,
                                                       const AggregateExpr& expr, OperatorPtr child, OperatorPtr param)
    : WholeOperator(context, steps, site),
      op_(expr.op),
      names_(expr.grouping),
      without_(expr.without),
      param_pos_(expr.param->pos),
      child_(std::move(child)),
      param_(std::move(param)) {}

std::string SelectingAggregateOperator::Describe() const { return DescribeAggregate(AggregateOpText(op_), names_, without_); }

absl::StatusOr<bool> SelectingAggregateOperator::CheckParam(std::span<const double> param) const {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  bool nan = false;
  for (const double value : param) {
    nan |= value != value;
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  if (op_ == AggregateOp::kLimitRatio) {
    if (!nan && high == 0 && low == 0) {
      return true;
    }
    if (nan) {
      return ExecutionError("Ratio value is NaN");
    }
    if (high > 1) {
      annotator().Add(InvalidRatio(high, 1, param_pos_));
    }
    if (low < -1) {
      annotator().Add(InvalidRatio(low, -1, param_pos_));
    }
    return false;
  }
  if (!nan && high < 1) {
    return true;
  }
  if (nan) {
    return ExecutionError("Parameter value is NaN");
  }
  constexpr double kMinInt64 = -9223372036854775808.0;
  constexpr double kMaxInt64 = 9223372036854775807.0;
  if (low <= kMinInt64) {
    return ExecutionError(Cat("Scalar value ", GoFloat(low, 'g'), " underflows int64"));
  }
  if (high >= kMaxInt64) {
    return ExecutionError(Cat("Scalar value ", GoFloat(high, 'g'), " overflows int64"));
  }
  return false;
}

absl::Status SelectingAggregateOperator::DoOpen() {
  const int64_t held_before = context().held();
  Columns param_storage;
  ASSIGN_OR_RETURN(const std::span<const double> param, ReadScalar(context(), *param_, &param_storage));
  RETURN_IF_ERROR(child_->Open());
  Columns storage;
  ASSIGN_OR_RETURN(const Columns* input, ReadAll(context(), *child_, &storage));
  ASSIGN_OR_RETURN(const bool nothing, CheckParam(param));
  heads_ = child_->TakeHeads();
  distinct_without_name_ = child_->distinct_without_name();
  RETURN_IF_ERROR(context().MakeRoom(heads_.size(), steps().count()));
  result_.Reset(heads_.size(), steps().count());
  if (nothing) {
    heads_.clear();
    result_.Reset(0, steps().count());
    return Finish(held_before);
  }
  const Grouping grouping = GroupSeries(heads_, names_, without_, delayed_names());
  RETURN_IF_ERROR(RemoveNames(context(), &heads_));
  if (op_ == AggregateOp::kLimitRatio) {
    SelectByHash(*input, param);
  } else if (op_ == AggregateOp::kLimitk) {
    SelectFirst(grouping, *input, param);
  } else {
    SelectRanked(grouping, *input, param);
  }
  return Finish(held_before);
}

void SelectingAggregateOperator::Keep(const Columns& input, size_t row, size_t step) {
  if (input.histogram(row, step) != nullptr) {
    result_.SetHistogram(row, step, input.histogram_ptr(row, step));
  } else {
    result_.SetFloat(row, step, input.row(row)[step]);
  }
}

void SelectingAggregateOperator::SelectRanked(const Grouping& grouping, const Columns& input, std::span<const double> param) {
  const bool largest = op_ == AggregateOp::kTopk;
  std::vector<TopHeap> heaps(grouping.labels.size(), TopHeap(largest));
  std::vector<size_t> ranked;
  for (size_t step = 0; step < steps().count(); ++step) {
    const size_t k = CountOf(param[step], input.rows());
    for (TopHeap& heap : heaps) {
      heap.Clear();
    }
    for (size_t row = 0; k > 0 && row < input.rows(); ++row) {
      if (!input.has(row, step)) {
        continue;
      }
      if (input.histogram(row, step) != nullptr) {
        annotator().Add(HistogramIgnoredInAggregation(AggregateOpText(op_), site().pos));
        continue;
      }
      heaps[grouping.group_of[row]].Offer(k, {input.row(row)[step], row});
    }
    for (TopHeap& heap : heaps) {
      std::vector<RankedSample>& samples = heap.samples();
      std::stable_sort(samples.begin(), samples.end(),
                       [&](const RankedSample& a, const RankedSample& b) { return heap.Worse(b.value, a.value) && !std::isnan(a.value); });
      for (const RankedSample& sample : samples) {
        Keep(input, sample.row, step);
        ranked.push_back(sample.row);
      }
    }
  }
  if (steps().count() == 1) {
    OrderByRank(ranked);
  }
}

void SelectingAggregateOperator::OrderByRank(const std::vector<size_t>& rows) {
  std::vector<SeriesHead> heads;
  Columns ordered;
  ordered.Reset(rows.size(), 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    heads.push_back(std::move(heads_[rows[i]]));
    ordered.CopyRow(i, result_, rows[i]);
  }
  heads_ = std::move(heads);
  result_ = std::move(ordered);
}

void SelectingAggregateOperator::SelectFirst(const Grouping& grouping, const Columns& input, std::span<const double> param) {
  std::vector<size_t> taken(grouping.labels.size());
  for (size_t step = 0; step < steps().count(); ++step) {
    const size_t k = CountOf(param[step], input.rows());
    std::fill(taken.begin(), taken.end(), 0);
    for (size_t row = 0; k > 0 && row < input.rows(); ++row) {
      size_t& count = taken[grouping.group_of[row]];
      if (count < k && input.has(row, step)) {
        Keep(input, row, step);
        ++count;
      }
    }
  }
}

void SelectingAggregateOperator::SelectByHash(const Columns& input, std::span<const double> param) {
  for (size_t row = 0; row < input.rows(); ++row) {
    const double offset = SamplingOffset(heads_[row].labels);
    input.ForEach(row, [&](size_t step) {
      const double ratio = std::clamp(param[step], -1.0, 1.0);
      if (ratio >= 0 ? offset < ratio : offset >= 1.0 + ratio) {
        Keep(input, row, step);
      }
    });
  }
}

}  // namespace tocsin::promql
