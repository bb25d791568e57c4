#pragma once

#include <string>
#include <vector>

#include "base/model/labels.h"
#include "base/tool_output.h"
#include "rules/rule_file.h"

/// promtool's `check rules`.
namespace tocsin::rules {

/// A metric or alert that is defined more than once with the same labels.
struct DuplicateRule {
  std::string name;
  Labels labels;
};

/// Sorted, each once.
std::vector<DuplicateRule> FindDuplicateRules(const std::vector<RuleGroupDefinition>& groups);

struct RuleCheckOptions {
  RuleFileOptions file;
  bool lint_duplicates = true;  ///< --lint=all or duplicate-rules
};

struct RuleCheckReport {
  ToolOutput output;
  bool failed = false;      ///< anything was found
  bool has_errors = false;  ///< and not only by lints

  /// 0, 1 for errors, 3 for lints when these are fatal.
  int ExitCode(bool lint_fatal) const { return has_errors ? 1 : failed && lint_fatal ? 3 : 0; }
};

/// Checks files and says what promtool says.
RuleCheckReport CheckRuleFiles(const std::vector<std::string>& files, const RuleCheckOptions& options);

/// The same for standard input.
RuleCheckReport CheckRuleText(std::string_view text, const RuleCheckOptions& options);

}  // namespace tocsin::rules
