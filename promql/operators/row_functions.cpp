#include "promql/operators/row_functions.h"

#include <cmath>
#include <limits>

#include "base/model/float_histogram.h"
#include "base/model/histogram_quantile.h"
#include "base/status.h"
#include "promql/operators/range_function.h"

namespace tocsin::promql {

namespace {

/// Leaves histograms out and puts f(step, value) for each float.
template <typename F>
void MapPresentFloats(Columns* columns, size_t row, F f) {
  double* values = columns->row(row);
  columns->ForEach(row, [&](size_t step) {
    if (columns->histogram(row, step) != nullptr) {
      columns->Clear(row, step);
    } else {
      values[step] = f(step, values[step]);
    }
  });
}

}  // namespace

void FloatFunctionOperator::TransformRow(Columns* columns, size_t row) const {
  MapPresentFloats(columns, row, [this](size_t, double value) { return function_(value); });
}

absl::Status ClampOperator::OpenArguments() {
  for (size_t i = 0; i < arguments_.size(); ++i) {
    ASSIGN_OR_RETURN(const std::span<const double> values, ReadScalar(context(), *arguments_[i], &storage_[i]));
    values_.push_back(values);
  }
  return absl::OkStatus();
}

void ClampOperator::TransformRow(Columns* columns, size_t row) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto argument = [this](size_t i, size_t step, double otherwise) { return i < values_.size() ? values_[i][step] : otherwise; };
  MapPresentFloats(columns, row, [&](size_t step, double value) {
    switch (kind_) {
      case Kind::kRound:
        return RoundTo(value, argument(0, step, 1));
      case Kind::kClampMin:
        return Clamp(value, argument(0, step, 0), kInfinity);
      case Kind::kClampMax:
        return Clamp(value, -kInfinity, argument(0, step, 0));
      case Kind::kClamp:
        break;
    }
    const double low = argument(0, step, 0);
    const double high = argument(1, step, 0);
    if (high < low) {
      columns->Clear(row, step);
      return value;
    }
    return Clamp(value, low, high);
  });
}

void NegateOperator::TransformRow(Columns* columns, size_t row) const {
  double* values = columns->row(row);
  columns->ForEach(row, [&](size_t step) {
    if (const FloatHistogram* h = columns->histogram(row, step); h != nullptr) {
      auto negated = std::make_shared<FloatHistogram>(*h);
      MulHistogram(negated.get(), -1);
      columns->SetHistogram(row, step, std::move(negated));
    } else {
      values[step] = -values[step];
    }
  });
}

void HistogramStatOperator::TransformRow(Columns* columns, size_t row) const {
  columns->ForEach(row, [&](size_t step) {
    const FloatHistogram* h = columns->histogram(row, step);
    if (h == nullptr) {
      columns->Clear(row, step);
    } else {
      columns->SetFloat(row, step, stat_(*h));
    }
  });
}

HistogramStatOperator::Stat FindHistogramStat(std::string_view name) {
  if (name == "histogram_count") {
    return [](const FloatHistogram& h) { return h.count; };
  }
  if (name == "histogram_sum") {
    return [](const FloatHistogram& h) { return h.sum; };
  }
  if (name == "histogram_avg") {
    return [](const FloatHistogram& h) { return h.sum / h.count; };
  }
  if (name == "histogram_stdvar") {
    return [](const FloatHistogram& h) { return VarianceOfHistogram(h); };
  }
  if (name == "histogram_stddev") {
    return [](const FloatHistogram& h) { return std::sqrt(VarianceOfHistogram(h)); };
  }
  return nullptr;
}

void StepTimeOperator::TransformRow(Columns* columns, size_t row) const {
  columns->ForEach(row, [&](size_t step) { columns->SetFloat(row, step, static_cast<double>(steps().at(step)) / 1000); });
}

}  // namespace tocsin::promql
