// test rules, test promql

#include <cstdio>
#include <fstream>

#include "api/main/commands.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/strings.h"
#include "promql/promqltest/runner.h"
#include "rules/unit_test/unit_test_run.h"

namespace tocsin {

int TestRules(const CommandLine& line) {
  rules::UnitTestOptions options;
  options.run = line.All("run");
  options.diff = line.Get("diff") == "true";
  options.debug = line.Get("debug") == "true";
  options.ignore_unknown_fields = line.Get("ignore-unknown-fields") == "true";
  options.summary = line.Get("summary") == "true";
  options.features = ToolFeatures(line);
  SetLogging(LogLevel::kError, LogFormat::kLogfmt);
  const SystemClock clock;
  const rules::UnitTestReport report = rules::RunUnitTests(line.arguments, options, clock);
  report.output.Print();
  if (const std::string junit = line.Get("junit"); !junit.empty()) {
    std::ofstream file(junit, std::ios::trunc);
    file << report.junit;
    if (!file.flush()) {
      std::fprintf(stderr, "error writing %s\n", junit.c_str());
      return 1;
    }
  }
  return report.exit_code;
}

int TestPromql(const CommandLine& line) {
  SetLogging(LogLevel::kError, LogFormat::kLogfmt);
  int passed = 0;
  int failed = 0;
  bool broken = false;
  for (const std::string& file : line.arguments) {
    const absl::StatusOr<promql::promqltest::ScriptResult> result = promql::promqltest::RunScriptFile(file);
    if (!result.ok()) {
      std::printf("%s: %s\n", file.c_str(), std::string(Message(result.status())).c_str());
      broken = true;
      continue;
    }
    passed += result->passed;
    failed += result->failed;
    broken = broken || !result->ok();
    for (const std::string& failure : result->failures) {
      std::printf("%s\n", failure.c_str());
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || broken ? 1 : 0;
}

}  // namespace tocsin
