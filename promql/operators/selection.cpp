#include "promql/operators/selection.h"

#include "base/status.h"

namespace tocsin::promql {

absl::Status Selection::Open(QueryContext& context) {
  ASSIGN_OR_RETURN(series_, context.querier->Select(matchers_, SelectHints{.min_t = min_t_, .max_t = max_t_}));
  for (const Matcher& matcher : matchers_) {
    one_name_ |= matcher.type() == MatchType::kEqual && matcher.name() == kMetricName && !matcher.value().empty();
  }
  return absl::OkStatus();
}

absl::Status Selection::BuildHeads(QueryContext& context, bool drop_name, std::vector<SeriesHead>* heads) const {
  heads->resize(series_.size());
  return ParallelPieces(context, series_.size(), [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      (*heads)[i] = {series_[i]->labels(), drop_name};
    }
    return absl::OkStatus();
  });
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
