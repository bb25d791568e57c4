#pragma once

#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/exec/operator.h"

namespace tocsin::promql {

/// Which output series each input series goes to, computed once from the labels.
struct Grouping {
  std::vector<uint32_t> group_of;  // an entry a series
  std::vector<Labels> labels;      // an entry a group, in order of their first series
};

/// The groups of `by (names)` or `without (names)`.
Grouping GroupSeries(const std::vector<SeriesHead>& heads, std::vector<std::string> names, bool without, bool delayed_names);

}  // namespace tocsin::promql
