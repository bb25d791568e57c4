#include "rules/dead_rules.h"

#include <algorithm>

#include "promql/parser.h"
#include "rules/dependencies.h"

namespace tocsin::rules {
namespace {

constexpr DurationMs kLookBackMs = 5 * kMinute;

/// Levenshtein distance, given up above `limit`.
size_t EditDistance(std::string_view a, std::string_view b, size_t limit) {
  const size_t length_difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (length_difference > limit) {
    return limit + 1;
  }
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    size_t best = row[0];
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
      best = std::min(best, row[j]);
    }
    if (best > limit) {
      return limit + 1;
    }
  }
  return row[b.size()];
}

TimestampMs SelectorTime(const promql::VectorSelector& selector, TimestampMs t) {
  return selector.timestamp.value_or(t) - selector.original_offset_ms;
}

void Propose(Querier& querier, const promql::VectorSelector& selector, const SelectorStatus* before, SelectorStatus* status) {
  for (const Matcher& matcher : selector.matchers) {
    if (matcher.name() == kMetricName && matcher.type() == MatchType::kEqual) {
      const auto names = querier.LabelValues(kMetricName, {});
      if (!names.ok() || std::binary_search(names->begin(), names->end(), matcher.value())) {
        return;  // the name exists: other matchers leave nothing
      }
      status->names_compared = names->size();
      status->did_you_mean =
          before != nullptr && before->names_compared == names->size() ? before->did_you_mean : NearestNames(matcher.value(), *names);
      return;
    }
  }
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view wanted, const std::vector<std::string>& existing) {
  const size_t limit = std::max<size_t>(wanted.size() / 3, 1);
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string& name : existing) {
    const size_t distance = EditDistance(wanted, name, limit);
    if (distance <= limit) {
      near.emplace_back(distance, name);
    }
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (const auto& [distance, name] : near) {
    if (names.size() == kMaxProposals) {
      break;
    }
    names.emplace_back(name);
  }
  return names;
}

std::vector<SelectorStatus> CountSelectors(const promql::Expr& expr, Queryable& store, TimestampMs t,
                                           const std::vector<SelectorStatus>& before) {
  std::vector<SelectorStatus> out;
  for (const promql::VectorSelector* selector : SelectorsOf(expr)) {
    SelectorStatus status;
    status.selector = promql::ToString(*selector);
    const TimestampMs at = SelectorTime(*selector, t);
    auto querier = store.OpenQuerier(at - kLookBackMs, at);
    if (!querier.ok()) {
      continue;
    }
    const auto series = (*querier)->Select(selector->matchers, SelectHints{at - kLookBackMs, at});
    if (!series.ok()) {
      continue;
    }
    status.matched_series = static_cast<int64_t>(series->size());
    if (series->empty()) {
      const bool known = out.size() < before.size() && before[out.size()].selector == status.selector;
      Propose(**querier, *selector, known ? &before[out.size()] : nullptr, &status);
    }
    out.push_back(std::move(status));
  }
  return out;
}

}  // namespace tocsin::rules
