#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "rules/rule.h"

namespace tocsin::rules {

/// Which rules of a group read what others of it write, by position.
struct RuleDependencies {
  /// A selector without a metric name may read anything: nothing is known and the group runs in order.
  bool indeterminate = false;
  std::vector<std::vector<size_t>> dependents;    // who reads what this rule writes
  std::vector<std::vector<size_t>> dependencies;  // whose results this rule reads

  bool IsIndependent(size_t rule) const { return !indeterminate && dependents[rule].empty() && dependencies[rule].empty(); }
};

/// A rule depends on an earlier one when a selector of it may match the earlier one's series, or ALERTS and ALERTS_FOR_STATE of it.
RuleDependencies AnalyseDependencies(const std::vector<std::unique_ptr<Rule>>& rules);

/// Rules that may run at the same time, batch after batch: those without dependencies, then one by one those with both, then those that
/// nobody reads. Empty: run all in order.
std::vector<std::vector<size_t>> ConcurrentBatches(const RuleDependencies& dependencies);

/// All vector selectors of an expression, in the order of the text.
std::vector<const promql::VectorSelector*> SelectorsOf(const promql::Expr& expr);

}  // namespace tocsin::rules
