#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/tool_output.h"
#include "promql/engine.h"

/// Unit tests of rules: promtool's `test rules`. Reading order: test_file.h (the format), test_group.h (one group), unit_test_run.h (all).
namespace tocsin::rules {

struct UnitTestOptions {
  std::vector<std::string> run;  ///< --run: regular expressions; a group is run when its name matches any
  bool diff = false;             ///< --diff: failures as differences
  bool debug = false;            ///< --debug: all series at the end of each group
  bool ignore_unknown_fields = false;
  bool summary = false;  ///< --summary: a last line "N passed, N failed", counting test groups
  promql::LanguageFeatures features;
  int threads = 0;  ///< 0: the machine's cores
};

struct UnitTestReport {
  ToolOutput output;
  std::string junit;  ///< the document of --junit
  int exit_code = 0;  ///< 0, or 1 when any file failed
};

/// Runs test files, their groups in parallel; the report is in the order of the files.
UnitTestReport RunUnitTests(const std::vector<std::string>& files, const UnitTestOptions& options, const Clock& clock);

}  // namespace tocsin::rules
