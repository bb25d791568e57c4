// check config, rules, web-config

#include <cstdio>
#include <iostream>
#include <iterator>

#include "api/main/commands.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "engine/config/check_config.h"
#include "engine/config/web_config.h"
#include "rules/rule_check.h"

namespace tocsin {
namespace {

constexpr std::string_view kDefaultLint = "duplicate-rules";

bool LintsDuplicates(const CommandLine& line) {
  const std::string lint = line.Get("lint", kDefaultLint);
  return lint.find("all") != std::string::npos || lint.find("duplicate-rules") != std::string::npos;
}

bool LintsIntervals(const CommandLine& line) {
  const std::string lint = line.Get("lint", kDefaultLint);
  return lint.find("all") != std::string::npos || lint.find("too-long-scrape-interval") != std::string::npos;
}

rules::RuleCheckOptions RuleOptions(const CommandLine& line) {
  rules::RuleCheckOptions options;
  options.lint_duplicates = LintsDuplicates(line);
  options.file.ignore_unknown_fields = line.Get("ignore-unknown-fields") == "true";
  options.file.read_objects = true;
  options.file.features = ToolFeatures(line);
  return options;
}

/// What was found in one file or all.
struct Found {
  bool failed = false;
  bool has_errors = false;
};

void CheckOneConfig(const std::string& file, const CommandLine& line, Found* found) {
  const bool syntax_only = line.Get("syntax-only") == "true";
  ToolOutput output;
  output.Out(Cat("Checking ", file, "\n"));
  const absl::StatusOr<CheckedConfig> checked =
      CheckConfigFile(file, {.agent_mode = line.Get("agent") == "true", .syntax_only = syntax_only});
  if (!checked.ok()) {
    output.Err(Cat("  FAILED: ", Message(checked.status()), "\n"));
    *found = {.failed = true, .has_errors = true};
  } else {
    for (const std::string& warning : checked->warnings) {
      output.Out(Cat("  WARNING: ", warning, "\n"));
    }
    if (!checked->rule_files.empty()) {
      output.Out(Cat("  SUCCESS: ", checked->rule_files.size(), " rule files found\n"));
    }
    output.Out(Cat(" SUCCESS: ", file, " is valid prometheus config file syntax\n"));
  }
  output.Out("\n");
  output.Print();
  if (!checked.ok() || syntax_only) {
    return;
  }
  const absl::StatusOr<DurationMs> lookback = ParseDuration(line.Get("query.lookback-delta", "5m"));
  if (LintsIntervals(line) && lookback.ok()) {
    const std::vector<std::string> problems = LintScrapeIntervals(checked->config, *lookback);
    if (!problems.empty()) {  // the first one, as promtool
      std::fprintf(stderr, "  FAILED: %s\n", problems.front().c_str());
      found->failed = true;
    }
  }
  const rules::RuleCheckReport report = rules::CheckRuleFiles(checked->rule_files, RuleOptions(line));
  report.output.Print();
  found->failed = found->failed || report.failed;
  found->has_errors = found->has_errors || report.has_errors;
}

}  // namespace

int CheckConfig(const CommandLine& line) {
  Found found;
  for (const std::string& file : line.arguments) {
    CheckOneConfig(file, line, &found);
  }
  if (found.failed && found.has_errors) {
    return 1;
  }
  return found.failed && line.Get("lint-fatal") == "true" ? 3 : 0;
}

int CheckRules(const CommandLine& line) {
  rules::RuleCheckReport report;
  if (line.arguments.empty()) {
    const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    report = rules::CheckRuleText(text, RuleOptions(line));
  } else {
    report = rules::CheckRuleFiles(line.arguments, RuleOptions(line));
  }
  report.output.Print();
  return report.ExitCode(line.Get("lint-fatal") == "true");
}

int CheckWebConfig(const CommandLine& line) {
  bool failed = false;
  for (const std::string& file : line.arguments) {
    const absl::Status status = LoadWebConfigFile(file).status();
    if (status.ok()) {
      std::fprintf(stderr, "%s SUCCESS\n", file.c_str());
    } else {
      std::fprintf(stderr, "%s FAILED: %s\n", file.c_str(), std::string(Message(status)).c_str());
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

}  // namespace tocsin
