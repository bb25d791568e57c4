#include "promql/operators/set_operation.h"

#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

std::string SetOperationOperator::Describe() const { return Cat("vector ", BinaryOpText(op_), " vector"); }

absl::Status SetOperationOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(left_->Open());
  Columns left;
  RETURN_IF_ERROR(TakeAll(context(), *left_, &left));
  RETURN_IF_ERROR(right_->Open());
  Columns right;
  RETURN_IF_ERROR(TakeAll(context(), *right_, &right));
  heads_ = left_->TakeHeads();
  std::vector<SeriesHead> right_heads = right_->TakeHeads();
  RETURN_IF_ERROR(RemoveNames(context(), &heads_));
  RETURN_IF_ERROR(RemoveNames(context(), &right_heads));
  const JoinTable table = JoinSeries(heads_, right_heads, matching_);
  const size_t words = left.words();
  SignatureSteps present(table.signatures, words);
  if (op_ == BinaryOp::kOr) {
    for (size_t i = 0; i < left.rows(); ++i) {
      present.Add(table.left[i], left.bits(i));
    }
    for (size_t i = 0; i < right.rows(); ++i) {
      for (size_t w = 0; w < words; ++w) {
        right.bits(i)[w] &= ~present.bits(table.right[i])[w];
      }
    }
  } else {
    for (size_t i = 0; i < right.rows(); ++i) {
      present.Add(table.right[i], right.bits(i));
    }
    const uint64_t flip = op_ == BinaryOp::kUnless ? ~uint64_t{0} : 0;
    for (size_t i = 0; i < left.rows(); ++i) {
      for (size_t w = 0; w < words; ++w) {
        left.bits(i)[w] &= present.bits(table.left[i])[w] ^ flip;
      }
    }
  }
  distinct_without_name_ = op_ != BinaryOp::kOr && left_->distinct_without_name();
  result_ = std::move(left);
  if (op_ == BinaryOp::kOr) {
    RETURN_IF_ERROR(context().MakeRoom(heads_.size() + right.rows(), steps().count()));
    AppendRightRows(right_heads, right);
  }
  return Finish(held_before);
}

void SetOperationOperator::AppendRightRows(const std::vector<SeriesHead>& right_heads, const Columns& right) {
  const size_t left_rows = heads_.size();
  Columns both;
  both.Reset(left_rows + right.rows(), steps().count());
  for (size_t i = 0; i < left_rows; ++i) {
    both.CopyRow(i, result_, i);
  }
  for (size_t i = 0; i < right.rows(); ++i) {
    both.CopyRow(left_rows + i, right, i);
    heads_.push_back(right_heads[i]);
  }
  result_ = std::move(both);
}

}  // namespace tocsin::promql
