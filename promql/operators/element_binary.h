#pragma once

#include <cmath>
#include <cstdint>

#include "base/model/sample.h"
#include "promql/ast.h"
#include "promql/exec/annotation.h"

namespace tocsin::promql {

/// Why an operator gave no value for two samples, or gave one with a remark.
enum class ElementProblem : uint8_t {
  kNone,
  kFloatFloat,
  kFloatHistogram,
  kHistogramFloat,
  kHistogramHistogram,
  kIncompatibleBuckets,
  kCounterResetCollision,
  kBoundsReconciled,
};

/// The annotation for it.
Annotation ProblemAnnotation(ElementProblem problem, BinaryOp op, PositionRange pos);

/// What an operator makes of two samples. For comparisons `keep` tells whether they hold and the value is the left one.
struct ElementResult {
  bool keep = false;
  double value = 0;
  HistogramPtr histogram;
  ElementProblem problem = ElementProblem::kNone;
};

/// At least one of the histograms is not null.
ElementResult BinaryOfHistograms(BinaryOp op, double left, const HistogramPtr& left_histogram, double right,
                                 const HistogramPtr& right_histogram);

/// Arithmetic and comparison of floats; comparisons give 1 and 0. Not for the trim and set operators.
inline double BinaryOfFloats(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return left + right;
    case BinaryOp::kSub:
      return left - right;
    case BinaryOp::kMul:
      return left * right;
    case BinaryOp::kDiv:
      return left / right;
    case BinaryOp::kMod:
      return std::fmod(left, right);
    case BinaryOp::kPow:
      return std::pow(left, right);
    case BinaryOp::kAtan2:
      return std::atan2(left, right);
    case BinaryOp::kEqual:
      return left == right ? 1 : 0;
    case BinaryOp::kNotEqual:
      return left != right ? 1 : 0;
    case BinaryOp::kGreater:
      return left > right ? 1 : 0;
    case BinaryOp::kLess:
      return left < right ? 1 : 0;
    case BinaryOp::kGreaterOrEqual:
      return left >= right ? 1 : 0;
    case BinaryOp::kLessOrEqual:
      return left <= right ? 1 : 0;
    default:
      return 0;
  }
}

inline bool IsTrim(BinaryOp op) { return op == BinaryOp::kTrimUpper || op == BinaryOp::kTrimLower; }

/// Arithmetic makes another metric of it: the name goes.
inline bool ChangesMetric(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
    case BinaryOp::kPow:
    case BinaryOp::kAtan2:
      return true;
    default:
      return false;
  }
}

}  // namespace tocsin::promql
