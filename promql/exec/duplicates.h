#pragma once

#include <vector>

#include "absl/status/status.h"
#include "promql/exec/columns.h"
#include "promql/exec/operator.h"

namespace tocsin::promql {

/// Without delayed name removal: takes the metric names out of the labels of heads that have lost them. With it: nothing.
absl::Status RemoveNames(QueryContext& context, std::vector<SeriesHead>* heads);

/// Takes metric name, type and unit out.
Labels WithoutMetadataLabels(const Labels& labels);
bool IsMetadataLabel(std::string_view name);

/// Rows without a sample go.
void DropAbsentRows(std::vector<SeriesHead>* heads, Columns* columns);

/// Rows without a sample go; rows with equal labels that share no step become one row. Two samples of equal labels at one step are the
/// error "vector cannot contain metrics with the same labelset"; an instant evaluation with delayed name removal leaves them to the query's
/// end.
absl::Status MergeEqualSeries(QueryContext& context, std::vector<SeriesHead>* heads, Columns* columns);

/// The same for every kind of evaluation, as functions that change labels do and the end of a query does.
absl::Status MergeEqualSeriesAlways(std::vector<SeriesHead>* heads, Columns* columns);

}  // namespace tocsin::promql
