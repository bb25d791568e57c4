#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin::promql::promqltest {

struct ScriptResult {
  int passed = 0;  // evaluations; the re-runs of one belong to it
  int failed = 0;
  std::vector<std::string> failures;  // "file:line: expression: what was expected and what came", one a failed evaluation

  bool ok() const { return failed == 0 && failures.empty(); }
};

struct RunOptions {
  int worker_threads = 0;  // of the engine; 0: the machine's cores
};

/// Runs a script against a store of its own, with the engine settings that upstream's scripts assume whatever the program's flags say:
/// all language features, delayed name removal, 10,000 samples, lookback 5m, subquery step 1m. A script that cannot be parsed fails all its
/// evaluations; a load that fails fails all evaluations behind it. `name` stands in front of failures.
ScriptResult RunScript(std::string_view name, std::string_view text, const RunOptions& options = {});

/// The same for a file; an error when it cannot be read.
absl::StatusOr<ScriptResult> RunScriptFile(const std::string& path, const RunOptions& options = {});

}  // namespace tocsin::promql::promqltest
