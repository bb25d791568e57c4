#include "promql/operators/element_binary.h"

#include "base/model/float_histogram.h"

namespace tocsin::promql {

namespace {

ElementResult Problem(ElementProblem problem) { return {.problem = problem}; }

ElementResult Compacted(FloatHistogram h, ElementProblem problem = ElementProblem::kNone) {
  CompactHistogram(&h);
  return {.keep = true, .histogram = std::make_shared<const FloatHistogram>(std::move(h)), .problem = problem};
}

ElementResult HistogramByFloat(BinaryOp op, const FloatHistogram& left, double right) {
  FloatHistogram h = left;
  switch (op) {
    case BinaryOp::kMul:
      MulHistogram(&h, right);
      return Compacted(std::move(h));
    case BinaryOp::kDiv:
      DivHistogram(&h, right);
      return Compacted(std::move(h));
    case BinaryOp::kTrimUpper:
    case BinaryOp::kTrimLower:
      TrimHistogram(&h, right, /*keep_below=*/op == BinaryOp::kTrimUpper);
      return {.keep = true, .histogram = std::make_shared<const FloatHistogram>(std::move(h))};
    default:
      return Problem(ElementProblem::kHistogramFloat);
  }
}

ElementResult HistogramByHistogram(BinaryOp op, const HistogramPtr& left, const FloatHistogram& right) {
  if (op == BinaryOp::kEqual || op == BinaryOp::kNotEqual) {
    return {.keep = IdenticalHistograms(*left, right) == (op == BinaryOp::kEqual), .histogram = left};
  }
  if (op != BinaryOp::kAdd && op != BinaryOp::kSub) {
    return Problem(ElementProblem::kHistogramHistogram);
  }
  FloatHistogram h = *left;
  const absl::StatusOr<HistogramMerge> merge = op == BinaryOp::kAdd ? AddHistogram(&h, right) : SubHistogram(&h, right);
  if (!merge.ok()) {
    return Problem(ElementProblem::kIncompatibleBuckets);
  }
  if (op == BinaryOp::kSub) {
    h.counter_reset_hint = CounterResetHint::kGauge;
  }
  if (merge->counter_reset_collision) {
    return Compacted(std::move(h), ElementProblem::kCounterResetCollision);
  }
  return Compacted(std::move(h), merge->bounds_reconciled ? ElementProblem::kBoundsReconciled : ElementProblem::kNone);
}

}  // namespace

Annotation ProblemAnnotation(ElementProblem problem, BinaryOp op, PositionRange pos) {
  const std::string_view text = BinaryOpText(op);
  const HistogramOperation operation = op == BinaryOp::kSub ? HistogramOperation::kSubtraction : HistogramOperation::kAddition;
  switch (problem) {
    case ElementProblem::kFloatHistogram:
      return IncompatibleTypesInBinaryOperator("float", text, "histogram", pos);
    case ElementProblem::kHistogramFloat:
      return IncompatibleTypesInBinaryOperator("histogram", text, "float", pos);
    case ElementProblem::kHistogramHistogram:
      return IncompatibleTypesInBinaryOperator("histogram", text, "histogram", pos);
    case ElementProblem::kIncompatibleBuckets:
      return IncompatibleBucketLayoutInBinaryOperator(text, pos);
    case ElementProblem::kCounterResetCollision:
      return HistogramCounterResetCollision(operation, pos);
    case ElementProblem::kBoundsReconciled:
      return MismatchedCustomBuckets(operation, pos);
    case ElementProblem::kNone:
    case ElementProblem::kFloatFloat:
      break;
  }
  return IncompatibleTypesInBinaryOperator("float", text, "float", pos);
}

ElementResult BinaryOfHistograms(BinaryOp op, double left, const HistogramPtr& left_histogram, double right,
                                 const HistogramPtr& right_histogram) {
  if (left_histogram == nullptr) {
    if (op != BinaryOp::kMul) {
      return Problem(ElementProblem::kFloatHistogram);
    }
    FloatHistogram h = *right_histogram;
    MulHistogram(&h, left);
    return Compacted(std::move(h));
  }
  return right_histogram == nullptr ? HistogramByFloat(op, *left_histogram, right)
                                    : HistogramByHistogram(op, left_histogram, *right_histogram);
}

}  // namespace tocsin::promql
