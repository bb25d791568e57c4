#include "promql/exec/operator.h"

#include <algorithm>
#include <atomic>

#include "base/status.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

namespace {

/// Values in a block: 128 KiB of doubles.
constexpr size_t kBlockValues = 16 * 1024;
constexpr size_t kBlockRowsMax = 1024;
/// Below so many rows x steps threads cost more than they bring.
constexpr size_t kParallelValuesMin = 8 * 1024;

}  // namespace

absl::Status Operator::Open() {
  if (!context_.profile) {
    return DoOpen();
  }
  const int64_t start_ns = context_.clock().MonotonicNs();
  absl::Status status = DoOpen();
  profile_.open_ns = context_.clock().MonotonicNs() - start_ns;
  return status;
}

absl::Status Operator::Read(size_t first, size_t count, Block* block) {
  RETURN_IF_ERROR(context_.Check());
  block->columns.Reset(count, steps_.count());
  if (!context_.profile) {
    return DoRead(first, count, block);
  }
  const int64_t start_ns = context_.clock().MonotonicNs();
  absl::Status status = DoRead(first, count, block);
  profile_.read_ns += context_.clock().MonotonicNs() - start_ns;
  profile_.samples += block->columns.SampleCount(0, block->columns.rows());
  return status;
}

absl::Status WholeOperator::DoRead(size_t first, size_t count, Block* block) {
  for (size_t i = 0; i < count; ++i) {
    block->columns.CopyRow(i, result_, first + i);
  }
  return absl::OkStatus();
}

absl::Status WholeOperator::Finish(int64_t held_before) {
  RETURN_IF_ERROR(MergeEqualSeries(context(), &heads_, &result_));
  return HoldResult(held_before);
}

absl::Status WholeOperator::FinishDistinct(int64_t held_before) {
  DropAbsentRows(&heads_, &result_);
  return HoldResult(held_before);
}

absl::Status WholeOperator::HoldResult(int64_t held_before) {
  const int64_t samples = result_.SampleCount(0, result_.rows());
  context().Release(context().held() - held_before);
  return context().Hold(samples);
}

size_t BlockRows(size_t steps) { return std::clamp<size_t>(kBlockValues / std::max<size_t>(steps, 1), 1, kBlockRowsMax); }

absl::Status ForEachBlock(QueryContext& context, Operator& op, const BlockConsumer& consume) {
  const size_t rows = op.size();
  if (const Columns* whole = op.Whole(); whole != nullptr) {
    return rows == 0 ? absl::OkStatus() : consume(0, *whole, 0, rows);
  }
  const size_t steps = op.steps().count();
  const size_t block_rows = BlockRows(steps);
  const bool parallel = context.pool().workers() > 1 && rows > block_rows && rows * steps >= kParallelValuesMin;
  const size_t wave = parallel ? context.pool().workers() * 4 : 1;
  std::vector<Block> blocks(std::min(wave, (rows + block_rows - 1) / block_rows));
  std::vector<absl::Status> errors(blocks.size());
  for (size_t first = 0; first < rows; first += blocks.size() * block_rows) {
    const size_t pieces = std::min(blocks.size(), (rows - first + block_rows - 1) / block_rows);
    context.pool().Run(pieces, [&](size_t piece) {
      const size_t from = first + piece * block_rows;
      errors[piece] = op.Read(from, std::min(block_rows, rows - from), &blocks[piece]);
    });
    for (size_t piece = 0; piece < pieces; ++piece) {
      RETURN_IF_ERROR(errors[piece]);
      const Columns& columns = blocks[piece].columns;
      RETURN_IF_ERROR(consume(first + piece * block_rows, columns, 0, columns.rows()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<const Columns*> ReadAll(QueryContext& context, Operator& op, Columns* storage) {
  if (const Columns* whole = op.Whole(); whole != nullptr) {
    return whole;
  }
  RETURN_IF_ERROR(context.MakeRoom(op.size(), op.steps().count()));
  storage->Reset(op.size(), op.steps().count());
  RETURN_IF_ERROR(ForEachBlock(context, op, [&](size_t first, const Columns& columns, size_t row, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      storage->CopyRow(first + i, columns, row + i);
    }
    return absl::OkStatus();
  }));
  return storage;
}

absl::Status TakeAll(QueryContext& context, Operator& op, Columns* out) {
  if (op.Take(out)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Columns* columns, ReadAll(context, op, out));
  if (columns != out) {
    *out = *columns;
  }
  return absl::OkStatus();
}

absl::Status ParallelPieces(QueryContext& context, size_t count, const std::function<absl::Status(size_t first, size_t last)>& f) {
  constexpr size_t kPiece = 1024;
  const size_t pieces = (count + kPiece - 1) / kPiece;
  std::vector<absl::Status> errors(pieces);
  context.pool().Run(pieces, [&](size_t piece) {
    errors[piece] = context.Check();
    if (errors[piece].ok()) {
      errors[piece] = f(piece * kPiece, std::min(count, (piece + 1) * kPiece));
    }
  });
  for (absl::Status& error : errors) {
    RETURN_IF_ERROR(error);
  }
  return absl::OkStatus();
}

}  // namespace tocsin::promql
