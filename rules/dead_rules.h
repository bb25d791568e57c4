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

/// The same for rules that had no input: series that came late are noticed soon.
inline constexpr DurationMs kNoInputCheckIntervalMs = kMinute;

/// How many names are proposed for a selector that matches nothing.
inline constexpr size_t kMaxProposals = 3;

/// How many series each selector of the expression matches around `t` (offsets and @ are honoured, the range is not narrower than the
/// default look-back). For those that match none: the nearest existing metric names.
std::vector<SelectorStatus> CountSelectors(const promql::Expr& expr, Queryable& store, TimestampMs t);

/// The names of `existing` that are nearest to `wanted` by edit distance; none that differs in more than a third of its letters.
std::vector<std::string> NearestNames(std::string_view wanted, const std::vector<std::string>& existing);

}  // namespace tocsin::rules
