#include "promql/operators/binary_scalar.h"

#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"
#include "promql/exec/row_operator.h"
#include "promql/operators/range_function.h"

namespace tocsin::promql {

namespace {

/// values[i] = f(left, right) for all steps; the scalar is the left or the right one.
template <typename F>
void MapFloats(double* values, std::span<const double> scalar, bool scalar_is_left, F f) {
  if (scalar_is_left) {
    for (size_t i = 0; i < scalar.size(); ++i) {
      values[i] = f(scalar[i], values[i]);
    }
  } else {
    for (size_t i = 0; i < scalar.size(); ++i) {
      values[i] = f(values[i], scalar[i]);
    }
  }
}

void MapArithmetic(BinaryOp op, double* values, std::span<const double> scalar, bool scalar_is_left) {
  switch (op) {
    case BinaryOp::kAdd:
      return MapFloats(values, scalar, scalar_is_left, [](double a, double b) { return a + b; });
    case BinaryOp::kSub:
      return MapFloats(values, scalar, scalar_is_left, [](double a, double b) { return a - b; });
    case BinaryOp::kMul:
      return MapFloats(values, scalar, scalar_is_left, [](double a, double b) { return a * b; });
    case BinaryOp::kDiv:
      return MapFloats(values, scalar, scalar_is_left, [](double a, double b) { return a / b; });
    default:
      return MapFloats(values, scalar, scalar_is_left, [op](double a, double b) { return BinaryOfFloats(op, a, b); });
  }
}

}  // namespace

std::string ScalarBinaryOperator::Describe() const { return Cat("scalar ", BinaryOpText(op_), " scalar"); }

absl::Status ScalarBinaryOperator::DoOpen() {
  Columns left_storage;
  Columns right_storage;
  ASSIGN_OR_RETURN(const std::span<const double> left, ReadScalar(context(), *left_, &left_storage));
  ASSIGN_OR_RETURN(const std::span<const double> right, ReadScalar(context(), *right_, &right_storage));
  heads_.resize(1);
  distinct_without_name_ = true;
  result_.Reset(1, steps().count());
  result_.SetAll(0);
  for (size_t step = 0; step < steps().count(); ++step) {
    result_.row(0)[step] = BinaryOfFloats(op_, left[step], right[step]);
  }
  return absl::OkStatus();
}

VectorScalarOperator::VectorScalarOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const BinaryExpr& expr,
                                           bool scalar_is_left, OperatorPtr vector, OperatorPtr scalar)
    : Operator(context, steps, site),
      op_(expr.op),
      return_bool_(expr.return_bool),
      scalar_is_left_(scalar_is_left),
      vector_(std::move(vector)),
      scalar_(std::move(scalar)) {}

std::string VectorScalarOperator::Describe() const {
  return scalar_is_left_ ? Cat("scalar ", BinaryOpText(op_), " vector") : Cat("vector ", BinaryOpText(op_), " scalar");
}

bool VectorScalarOperator::Take(Columns* out) {
  if (!whole_) {
    return false;
  }
  *out = std::move(result_);
  return true;
}

absl::Status VectorScalarOperator::DoOpen() {
  RETURN_IF_ERROR(vector_->Open());
  ASSIGN_OR_RETURN(scalar_values_, ReadScalar(context(), *scalar_, &scalar_storage_));
  heads_ = vector_->TakeHeads();
  distinct_without_name_ = vector_->distinct_without_name();
  if (ChangesMetric(op_) || return_bool_) {
    for (SeriesHead& head : heads_) {
      head.drop_name = true;
    }
  }
  return OpenRows(context(), *this, &heads_, &result_, &whole_);
}

absl::Status VectorScalarOperator::DoRead(size_t first, size_t count, Block* block) {
  if (whole_) {
    for (size_t i = 0; i < count; ++i) {
      block->columns.CopyRow(i, result_, first + i);
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(vector_->Read(first, count, block));
  for (size_t i = 0; i < count; ++i) {
    TransformRow(&block->columns, i);
  }
  return absl::OkStatus();
}

void VectorScalarOperator::TransformRow(Columns* columns, size_t row) const {
  if (columns->has_histograms()) {
    columns->ForEach(row, [&](size_t step) { TransformHistogram(columns, row, step); });
    return;
  }
  if (IsTrim(op_)) {
    if (columns->any(row)) {
      annotator().Add(ProblemAnnotation(ElementProblem::kFloatFloat, op_, site().pos));
    }
    columns->ClearRow(row);
    return;
  }
  double* values = columns->row(row);
  if (!IsComparison(op_) || return_bool_) {
    MapArithmetic(op_, values, scalar_values_, scalar_is_left_);
    return;
  }
  columns->ForEach(row, [&](size_t step) {
    const double left = scalar_is_left_ ? scalar_values_[step] : values[step];
    const double right = scalar_is_left_ ? values[step] : scalar_values_[step];
    if (BinaryOfFloats(op_, left, right) == 0) {
      columns->Clear(row, step);
    }
  });
}

void VectorScalarOperator::TransformHistogram(Columns* columns, size_t row, size_t step) const {
  const double scalar = scalar_values_[step];
  ElementResult result;
  if (columns->histogram(row, step) == nullptr) {
    if (IsTrim(op_)) {
      result.problem = ElementProblem::kFloatFloat;
    } else {
      const double value = columns->row(row)[step];
      result.value = scalar_is_left_ ? BinaryOfFloats(op_, scalar, value) : BinaryOfFloats(op_, value, scalar);
      result.keep = !IsComparison(op_) || result.value != 0;
      if (IsComparison(op_)) {
        result.value = value;
      }
    }
  } else {
    const HistogramPtr histogram = columns->histogram_ptr(row, step);
    result =
        scalar_is_left_ ? BinaryOfHistograms(op_, scalar, nullptr, 0, histogram) : BinaryOfHistograms(op_, 0, histogram, scalar, nullptr);
  }
  if (result.problem != ElementProblem::kNone) {
    annotator().Add(ProblemAnnotation(result.problem, op_, site().pos));
    columns->Clear(row, step);
  } else if (return_bool_) {
    columns->SetFloat(row, step, result.keep ? 1 : 0);
  } else if (!result.keep) {
    columns->Clear(row, step);
  } else if (result.histogram != nullptr) {
    columns->SetHistogram(row, step, result.histogram);
  } else {
    columns->SetFloat(row, step, result.value);
  }
}

}  // namespace tocsin::promql
