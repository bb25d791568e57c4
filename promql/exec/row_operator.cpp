#include "promql/exec/row_operator.h"

#include <algorithm>

#include "base/status.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

absl::Status OpenRows(QueryContext& context, Operator& op, std::vector<SeriesHead>* heads, Columns* result, bool* whole) {
  const bool name_dropped = std::any_of(heads->begin(), heads->end(), [](const SeriesHead& head) { return head.drop_name; });
  const bool may_collide = name_dropped && !op.distinct_without_name() && !context.features.delayed_name_removal;
  if (op.steps().count() != 1 && !may_collide) {
    return absl::OkStatus();
  }
  Columns all;
  RETURN_IF_ERROR(TakeAll(context, op, &all));
  *result = std::move(all);
  *whole = true;
  if (!may_collide) {
    DropAbsentRows(heads, result);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(RemoveNames(context, heads));
  return MergeEqualSeriesAlways(heads, result);
}

bool RowOperator::Take(Columns* out) {
  if (!whole_) {
    return false;
  }
  *out = std::move(result_);
  return true;
}

absl::Status RowOperator::DoOpen() {
  RETURN_IF_ERROR(child_->Open());
  RETURN_IF_ERROR(OpenArguments());
  heads_ = child_->TakeHeads();
  distinct_without_name_ = child_->distinct_without_name();
  if (drops_name_) {
    for (SeriesHead& head : heads_) {
      head.drop_name = true;
    }
  }
  return OpenRows(context(), *this, &heads_, &result_, &whole_);
}

absl::Status RowOperator::DoRead(size_t first, size_t count, Block* block) {
  if (whole_) {
    for (size_t i = 0; i < count; ++i) {
      block->columns.CopyRow(i, result_, first + i);
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(child_->Read(first, count, block));
  for (size_t i = 0; i < count; ++i) {
    TransformRow(&block->columns, i);
  }
  return absl::OkStatus();
}

}  // namespace tocsin::promql
