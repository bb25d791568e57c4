#include "promql/operators/scalars.h"

#include <cmath>
#include <limits>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/operators/range_function.h"

namespace tocsin::promql {

std::string ConstantOperator::Describe() const { return GoFloat(value_, 'g'); }

absl::Status ConstantOperator::DoOpen() {
  heads_.resize(1);
  distinct_without_name_ = true;
  result_.Reset(1, steps().count());
  result_.SetAll(0);
  std::fill_n(result_.row(0), steps().count(), value_);
  return absl::OkStatus();
}

absl::Status TimeOperator::DoOpen() {
  heads_.resize(1);
  distinct_without_name_ = true;
  result_.Reset(1, steps().count());
  result_.SetAll(0);
  for (size_t step = 0; step < steps().count(); ++step) {
    const TimestampMs t = steps().at(step);
    result_.row(0)[step] = function_ == nullptr ? static_cast<double>(t) / 1000 : function_(static_cast<double>(t / 1000));
  }
  return absl::OkStatus();
}

absl::Status ScalarOfVectorOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<uint32_t> found(steps().count());
  heads_.resize(1);
  distinct_without_name_ = true;
  result_.Reset(1, steps().count());
  result_.SetAll(0);
  double* out = result_.row(0);
  std::fill_n(out, steps().count(), nan);
  RETURN_IF_ERROR(ForEachBlock(context(), *child_, [&](size_t, const Columns& columns, size_t row, size_t count) {
    for (size_t i = row; i < row + count; ++i) {
      columns.ForEach(i, [&](size_t step) {
        if (columns.histogram(i, step) == nullptr) {
          out[step] = ++found[step] == 1 ? columns.row(i)[step] : nan;
        }
      });
    }
    return absl::OkStatus();
  }));
  context().Release(context().held() - held_before);
  return absl::OkStatus();
}

absl::Status ScalarExtremeOperator::DoOpen() {
  Columns a_storage;
  Columns b_storage;
  ASSIGN_OR_RETURN(const std::span<const double> a, ReadScalar(context(), *a_, &a_storage));
  ASSIGN_OR_RETURN(const std::span<const double> b, ReadScalar(context(), *b_, &b_storage));
  heads_.resize(1);
  distinct_without_name_ = true;
  result_.Reset(1, steps().count());
  result_.SetAll(0);
  for (size_t step = 0; step < steps().count(); ++step) {
    result_.row(0)[step] = largest_ ? GoMax(a[step], b[step]) : GoMin(a[step], b[step]);
  }
  return absl::OkStatus();
}

}  // namespace tocsin::promql
