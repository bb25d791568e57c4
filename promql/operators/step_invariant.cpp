#include "promql/operators/step_invariant.h"

#include "base/status.h"

namespace tocsin::promql {

absl::Status StepInvariantOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  heads_ = child_->TakeHeads();
  distinct_without_name_ = child_->distinct_without_name();
  Columns storage;
  ASSIGN_OR_RETURN(const Columns* once, ReadAll(context(), *child_, &storage));
  const size_t step_count = steps().count();
  RETURN_IF_ERROR(context().MakeRoom(once->rows(), step_count));
  result_.Reset(once->rows(), step_count);
  for (size_t row = 0; row < once->rows(); ++row) {
    if (!once->has(row, 0)) {
      continue;
    }
    result_.SetAll(row);
    if (once->histogram(row, 0) != nullptr) {
      for (size_t step = 0; step < step_count; ++step) {
        result_.SetHistogram(row, step, once->histogram_ptr(row, 0));
      }
    } else {
      std::fill_n(result_.row(row), step_count, once->row(row)[0]);
    }
  }
  context().Release(context().held() - held_before);
  return context().Hold(result_.SampleCount(0, result_.rows()));
}

absl::Status SharedOperator::DoOpen() {
  if (!part_->opened) {
    part_->opened = true;
    RETURN_IF_ERROR(part_->op->Open());
    ASSIGN_OR_RETURN(part_->values, ReadAll(context(), *part_->op, &part_->storage));
  }
  heads_ = part_->op->heads();
  distinct_without_name_ = part_->op->distinct_without_name();
  return absl::OkStatus();
}

absl::Status SharedOperator::DoRead(size_t first, size_t count, Block* block) {
  for (size_t i = 0; i < count; ++i) {
    block->columns.CopyRow(i, *part_->values, first + i);
  }
  return absl::OkStatus();
}

}  // namespace tocsin::promql
