#include "rules/rule_check.h"

#include <algorithm>
#include <map>

#include "base/strings.h"

namespace tocsin::rules {
namespace {

std::string DuplicatesText(const std::vector<DuplicateRule>& duplicates) {
  std::string text = Cat("lint error ", duplicates.size(), " duplicate rule(s) found.\n");
  for (const DuplicateRule& rule : duplicates) {
    Append(&text, "Metric: ", rule.name, "\nLabel(s):\n");
    for (const Label& label : rule.labels) {
      Append(&text, "\t", label.name, ": ", label.value, "\n");
    }
  }
  return text + "Might cause inconsistency while recording expressions";
}

void ReportFile(const RuleFile& file, const RuleCheckOptions& options, RuleCheckReport* report) {
  for (const std::string& warning : file.warnings) {
    report->output.Err(Cat(warning, "\n"));
  }
  if (!file.ok()) {
    report->failed = true;
    report->has_errors = true;
    report->output.Err("  FAILED:\n");
    for (const std::string& error : file.errors) {
      report->output.Err(Cat(error, "\n"));
    }
    return;
  }
  const auto duplicates = options.lint_duplicates ? FindDuplicateRules(file.groups) : std::vector<DuplicateRule>();
  if (!duplicates.empty()) {
    report->failed = true;
    report->output.Err(Cat("  FAILED:\n", DuplicatesText(duplicates), "\n"));
  } else {
    size_t rules = 0;
    for (const RuleGroupDefinition& group : file.groups) {
      rules += group.rules.size();
    }
    report->output.Out(Cat("  SUCCESS: ", rules, " rules found\n"));
  }
  report->output.Out("\n");
}

}  // namespace

std::vector<DuplicateRule> FindDuplicateRules(const std::vector<RuleGroupDefinition>& groups) {
  std::map<std::pair<std::string, Labels>, int> counts;
  for (const RuleGroupDefinition& group : groups) {
    for (const RuleDefinition& rule : group.rules) {
      TextMap labels = rule.labels;
      labels.insert(group.labels.begin(), group.labels.end());
      ++counts[{rule.name(), Labels::FromPairs({labels.begin(), labels.end()})}];
    }
  }
  std::vector<DuplicateRule> duplicates;
  for (const auto& [key, count] : counts) {
    if (count > 1) {
      duplicates.push_back(DuplicateRule{key.first, key.second});
    }
  }
  return duplicates;
}

RuleCheckReport CheckRuleFiles(const std::vector<std::string>& files, const RuleCheckOptions& options) {
  RuleCheckReport report;
  for (const std::string& file : files) {
    report.output.Out(Cat("Checking ", file, "\n"));
    ReportFile(LoadRuleFile(file, options.file), options, &report);
  }
  return report;
}

RuleCheckReport CheckRuleText(std::string_view text, const RuleCheckOptions& options) {
  RuleCheckReport report;
  report.output.Out("Checking standard input\n");
  ReportFile(ParseRuleFile(text, "stdin", options.file), options, &report);
  return report;
}

}  // namespace tocsin::rules
