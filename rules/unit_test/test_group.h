#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/rule_file.h"
#include "rules/unit_test/test_file.h"
#include "rules/unit_test/unit_test_run.h"

namespace tocsin::rules {

/// The rules that a test file names, read once and shared by its groups.
struct LoadedRuleFiles {
  std::vector<std::pair<std::string, RuleFile>> files;  // path and content
  std::vector<std::string> errors;                      // of the first bad file, as upstream stops there
};

LoadedRuleFiles LoadRuleFilesForTest(const TestFile& file, const UnitTestOptions& options);

struct TestGroupResult {
  std::vector<std::string> errors;  // promtool's blocks; empty: passed
  std::string debug;
};

/// Runs one group of a test file in a store of its own (conformance of the steps: promtool's unittest.go).
TestGroupResult RunTestGroup(const TestFile& file, const TestGroup& group, const std::string& display_name, const LoadedRuleFiles& rules,
                             const UnitTestOptions& options);

}  // namespace tocsin::rules
