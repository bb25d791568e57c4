#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rules/template/evaluator.h"
#include "rules/template/functions.h"
#include "rules/template/value.h"

namespace tocsin::gotemplate {

struct TreeSet;

/// A template that was parsed once, to be expanded often.
/// Threads: const methods are safe.
class Template {
 public:
  /// The error is what parsing found: "template: NAME:1: unclosed action".
  static absl::StatusOr<Template> Parse(std::string_view name, std::string_view text);

  /// A label or annotation of the alert `alert`: $labels, $externalLabels, $externalURL and $value are there.
  static absl::StatusOr<Template> ParseForAlert(std::string_view alert, std::string_view text);

  /// The error begins with "error executing template NAME: ".
  absl::StatusOr<std::string> Expand(const Value& data, const FunctionContext& context, const ExecuteOptions& options = {}) const;

  /// The template has no actions: it is always its own text.
  bool is_plain() const { return trees_ == nullptr; }

 private:
  Template() = default;

  std::string name_;
  std::string plain_;
  std::shared_ptr<const TreeSet> trees_;  // null: plain
};

/// Parses and expands at once; a parse error then begins with "error parsing template NAME: ".
absl::StatusOr<std::string> ExpandTemplate(std::string_view name, std::string_view text, const Value& data, const FunctionContext& context,
                                           const ExecuteOptions& options = {});

}  // namespace tocsin::gotemplate
