#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "promql/engine.h"
#include "rules/unit_test/alert_diff.h"
#include "rules/unit_test/test_file.h"

namespace tocsin::rules {

/// Nothing when the alerts are the same in any order; else promtool's lines "exp:[...], got:[...]", or with `diff` its "diff: [...]".
/// `partial_annotations`: of the annotations only those that are expected count.
std::optional<std::string> CompareAlerts(std::vector<LabeledAlert> expected, std::vector<LabeledAlert> got, bool partial_annotations,
                                         bool diff);

/// "" when the samples are the same in any order, else promtool's two lines. Values are equal exactly, or with `fuzzy` also when they are
/// neighbours; NaN never is. An error for an expectation that cannot be read.
absl::StatusOr<std::string> CompareSamples(const std::vector<ExpectedSample>& expected, const promql::Vector& got, bool fuzzy);

/// Series and their samples, one a line: `m{a="b"} =>` and `1 @[1000]`.
std::string MatrixText(const promql::Matrix& matrix);

}  // namespace tocsin::rules
