#include "promql/operators/absent.h"

#include "absl/container/flat_hash_set.h"
#include "base/status.h"

namespace tocsin::promql {

namespace {

/// One row that is 1 where nothing is present.
void FillAbsent(const std::vector<uint64_t>& present, Labels labels, std::vector<SeriesHead>* heads, Columns* result, size_t steps) {
  heads->push_back({std::move(labels), false});
  result->Reset(1, steps);
  for (size_t step = 0; step < steps; ++step) {
    if (((present[step >> 6] >> (step & 63)) & 1) == 0) {
      result->Set(0, step, 1);
    }
  }
}

}  // namespace

Labels AbsentLabels(const Expr& argument) {
  const VectorSelector* selector = nullptr;
  if (argument.kind == NodeKind::kVectorSelector) {
    selector = static_cast<const VectorSelector*>(&argument);
  } else if (argument.kind == NodeKind::kMatrixSelector) {
    selector = static_cast<const MatrixSelector*>(&argument)->vector_selector.get();
  } else {
    return {};
  }
  LabelsBuilder builder;
  absl::flat_hash_set<std::string> seen;
  for (const Matcher& matcher : selector->matchers) {
    if (matcher.name() == kMetricName) {
      continue;
    }
    if (matcher.type() == MatchType::kEqual && seen.insert(matcher.name()).second) {
      builder.Set(matcher.name(), matcher.value());
    } else {
      builder.Delete(matcher.name());
    }
  }
  return builder.Build();
}

absl::Status AbsentOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  std::vector<uint64_t> present((steps().count() + 63) / 64);
  RETURN_IF_ERROR(ForEachBlock(context(), *child_, [&](size_t, const Columns& columns, size_t row, size_t count) {
    for (size_t i = row; i < row + count; ++i) {
      for (size_t w = 0; w < columns.words(); ++w) {
        present[w] |= columns.bits(i)[w];
      }
    }
    return absl::OkStatus();
  }));
  FillAbsent(present, labels_, &heads_, &result_, steps().count());
  distinct_without_name_ = true;
  return Finish(held_before);
}

absl::Status AbsentOverTimeOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(source_->Open(LabelDemand::None()));
  std::vector<uint64_t> present((steps().count() + 63) / 64);
  Block block;
  int64_t total = 0;
  for (size_t i = 0; i < source_->size(); ++i) {
    RETURN_IF_ERROR(context().Check());
    RETURN_IF_ERROR(source_->Load(i, source_->size(), /*start_timestamps=*/false, &block));
    context().stats.AddRead(static_cast<int64_t>(block.range.float_t.size() + block.range.histogram_t.size()));
    for (size_t step = 0; step < block.range.windows.size(); ++step) {
      const Window& window = block.range.windows[step];
      if (!window.empty()) {
        present[step >> 6] |= uint64_t{1} << (step & 63);
        total += static_cast<int64_t>(window.floats() + window.histograms());
      }
    }
  }
  if (counting_.total) {
    context().stats.AddTotal(total * counting_.repeat);
  }
  FillAbsent(present, labels_, &heads_, &result_, steps().count());
  distinct_without_name_ = true;
  return Finish(held_before);
}

}  // namespace tocsin::promql
