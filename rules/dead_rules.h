#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "promql/ast.h"
#include "rules/rule_status.h"
#include "storage/querier.h"

namespace tocsin::rules {

/// How often the selectors of a group are looked up: it costs an index lookup each, not an evaluation.
inline constexpr DurationMs kSelectorCheckIntervalMs = 5 * kMinute;

/// The same for rules that had no input: just after a start nothing has been scraped yet, and series that came late are noticed soon.
inline constexpr DurationMs kNoInputCheckIntervalMs = 15 * kSecond;

/// How many names are proposed for a selector that matches nothing.
inline constexpr size_t kMaxProposals = 3;

/// How many series each selector of the expression matches around `t` (offsets and @ are honoured, the range is not narrower than the
/// default look-back). For those that match none: the nearest existing metric names. `before` is what was found of the same expression the
/// last time, or nothing: names are compared again when there are more or fewer of them.
std::vector<SelectorStatus> CountSelectors(const promql::Expr& expr, Queryable& store, TimestampMs t,
                                           const std::vector<SelectorStatus>& before);

/// The names of `existing` that are nearest to `wanted` by edit distance; none that differs in more than a third of its letters.
std::vector<std::string> NearestNames(std::string_view wanted, const std::vector<std::string>& existing);

}  // namespace tocsin::rules
