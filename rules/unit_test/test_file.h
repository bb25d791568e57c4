#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/model/labels.h"
#include "base/types.h"
#include "rules/rule_file.h"

namespace tocsin::rules {

struct InputSeries {
  std::string series;
  std::string values;
};

struct ExpectedAlert {
  TextMap labels;
  TextMap annotations;
};

struct AlertTest {
  DurationMs eval_time_ms = 0;
  std::string alertname;
  std::vector<ExpectedAlert> expected;
};

struct ExpectedSample {
  std::string labels;
  double value = 0;
  std::string histogram;  ///< in the notation of series; not empty: the value does not count
};

struct ExprTest {
  std::string expr;
  DurationMs eval_time_ms = 0;
  std::vector<ExpectedSample> expected;
};

struct TestGroup {
  std::string name;
  DurationMs interval_ms = 0;  ///< of the input's samples
  std::vector<InputSeries> input;
  std::vector<AlertTest> alert_tests;
  std::vector<ExprTest> expr_tests;
  Labels external_labels;
  std::string external_url;
  TimestampMs start = 0;
};

/// What a comment line "# tocsin: NAME" in a test file switches on; promtool does not see it.
struct TestFileExtras {
  bool partial_annotations = false;    ///< partial-annotations: annotations that a test does not name may be there
  bool honor_group_intervals = false;  ///< honor-group-intervals: groups run in their own interval
  bool require_alertnames = false;     ///< require-alertnames: an alertname that no rule has fails the test
};

struct TestFile {
  std::vector<std::string> rule_files;  ///< resolved, each once
  DurationMs evaluation_interval_ms = kMinute;
  std::vector<std::string> group_eval_order;
  bool fuzzy_compare = false;
  std::vector<TestGroup> tests;
  TestFileExtras extras;
  std::vector<std::string> warnings;
};

/// Reads a rule unit test file (promtool's format, 3.14). Unknown fields are errors. Patterns of rule files are resolved against the
/// folder of `path`.
absl::StatusOr<TestFile> ParseTestFile(std::string_view text, const std::string& path);

}  // namespace tocsin::rules
