#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "base/yaml/yaml.h"
#include "promql/ast.h"
#include "promql/engine.h"

namespace tocsin::rules {

using TextMap = std::map<std::string, std::string>;

/// One rule as a file has it, checked.
struct RuleDefinition {
  std::string record;  ///< one of record and alert is empty
  std::string alert;
  std::string expr;  ///< as written
  std::shared_ptr<const promql::Expr> tree;
  DurationMs for_ms = 0;
  DurationMs keep_firing_for_ms = 0;
  TextMap labels;
  TextMap annotations;
  yaml::Position position;
  yaml::Position record_position;
  yaml::Position alert_position;
  yaml::Position expr_position;

  const std::string& name() const { return alert.empty() ? record : alert; }
};

struct RuleGroupDefinition {
  std::string name;
  std::optional<DurationMs> interval_ms;  ///< unset or zero in the file: the configuration's
  std::optional<DurationMs> query_offset_ms;
  int64_t limit = 0;
  TextMap labels;  ///< for all rules; a rule's own win
  std::vector<RuleDefinition> rules;
  yaml::Position position;
};

struct RuleFileOptions {
  bool ignore_unknown_fields = false;
  bool legacy_names = false;
  /// For tools: read PrometheusRule objects and all documents of the file, not only the first.
  bool read_objects = false;
  promql::LanguageFeatures features;
};

struct RuleFile {
  std::vector<RuleGroupDefinition> groups;
  /// Empty: the file is good. Each begins with the file's name: `rules.yml: 4:9: group "g", rule 1, "r": could not parse expression: ...`
  std::vector<std::string> errors;
  std::vector<std::string> warnings;

  bool ok() const { return errors.empty(); }
};

/// Reads rule groups from text; `file` is for the errors. All errors are collected, in the words of upstream's model/rulefmt (3.14).
RuleFile ParseRuleFile(std::string_view text, const std::string& file, const RuleFileOptions& options);

/// The same from a file on disk.
RuleFile LoadRuleFile(const std::string& file, const RuleFileOptions& options);

/// The longest rule file that is read.
inline constexpr size_t kMaxRuleFileBytes = 64 << 20;

/// The content of a rule file; the error has upstream's words ("open x: no such file or directory").
absl::StatusOr<std::string> ReadRuleFile(const std::string& file);

}  // namespace tocsin::rules
