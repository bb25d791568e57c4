#include "promql/operators/selection.h"

#include <algorithm>

#include "base/status.h"

namespace tocsin::promql {
namespace {

/// Of a series whose labels are read whole: about so much.
constexpr int64_t kLabelBytes = 300;

}  // namespace

LabelDemand LabelDemand::Some(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return {Kind::kSome, std::move(names), true};
}

absl::Status Selection::Open(QueryContext& context) {
  querier_ = context.querier;
  ASSIGN_OR_RETURN(series_, context.querier->Select(matchers_, SelectHints{.min_t = min_t_, .max_t = max_t_}));
  for (const Matcher& matcher : matchers_) {
    one_name_ |= matcher.type() == MatchType::kEqual && matcher.name() == kMetricName && !matcher.value().empty();
  }
  return absl::OkStatus();
}

absl::Status Selection::BuildHeads(QueryContext& context, const LabelDemand& demand, bool drop_name, std::vector<SeriesHead>* heads) const {
  heads->resize(series_.size());
  // Of several names, labels also tell which series are equal without them.
  if (demand.kind == LabelDemand::Kind::kNone && one_name_) {
    return absl::OkStatus();
  }
  std::vector<std::string> names = demand.names;
  if (demand.metric_name && !drop_name && !std::binary_search(names.begin(), names.end(), kMetricName)) {
    names.insert(std::upper_bound(names.begin(), names.end(), kMetricName), std::string(kMetricName));
  }
  const std::vector<std::string>* only = demand.kind == LabelDemand::Kind::kAll || !one_name_ ? nullptr : &names;
  if (only != nullptr) {
    std::vector<uint32_t> set_of;
    const std::vector<Labels> sets = querier_->ReadLabelSets(series_, *only, &set_of);
    for (size_t i = 0; i < series_.size(); ++i) {
      (*heads)[i] = {sets[set_of[i]], drop_name, set_of[i] + 1};
    }
    return context.Check();
  }
  RETURN_IF_ERROR(context.MakeRoomForBytes(static_cast<int64_t>(series_.size()) * kLabelBytes));
  return ParallelPieces(context, series_.size(), [&](size_t first, size_t last) {
    std::vector<Labels> labels(last - first);
    querier_->ReadLabels(SeriesSpan(series_).subspan(first, last - first), labels.data());
    for (size_t i = first; i < last; ++i) {
      (*heads)[i] = {std::move(labels[i - first]), drop_name};
    }
    return absl::OkStatus();
  });
}

void Selection::Read(size_t i, size_t end, Block* block, SampleColumns* out) const {
  constexpr size_t kBatch = 32;
  if (block->batch == nullptr || i - block->batch_first >= block->batch_count) {
    block->batch_first = i;
    block->batch_count = std::min(kBatch, std::min(end, series_.size()) - i);
    querier_->Capture(SeriesSpan(series_).subspan(i, block->batch_count), min_t_, max_t_, &block->batch);
  }
  block->batch->Read(i - block->batch_first, out);
}

void Selection::Compact(const std::vector<bool>& keep) {
  size_t to = 0;
  for (size_t i = 0; i < series_.size(); ++i) {
    if (keep[i]) {
      if (to != i) {
        series_[to] = std::move(series_[i]);
      }
      ++to;
    }
  }
  series_.resize(to);
}

}  // namespace tocsin::promql
