#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/model/labels.h"
#include "base/model/regex.h"

namespace tocsin {

/// Which names of metrics and labels are valid (`metric_name_validation_scheme`).
enum class NameScheme { kUnset, kUtf8, kLegacy };

bool IsValidLabelName(NameScheme scheme, std::string_view name);
bool IsValidMetricName(NameScheme scheme, std::string_view name);

enum class RelabelAction {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
  kUnset,  ///< Written as null: ValidateRelabel() refuses it.
};

/// "replace", "keep", ...
std::string_view ToString(RelabelAction action);

/// One relabelling rule, as https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config describes it.
/// The members are public: a rule is a value. Rules come from the configuration through ValidateRelabel().
struct RelabelConfig {
  std::vector<std::string> source_labels;
  bool source_labels_set = false;
  std::string separator = ";";
  /// nullptr: the default "(.*)"; a pattern that was written, even that one, is held here.
  std::shared_ptr<const AnchoredRegex> regex;
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;
  NameScheme name_scheme = NameScheme::kUnset;

  /// Patterns are compared by their text.
  bool operator==(const RelabelConfig& other) const;
  std::string_view regex_pattern() const { return regex == nullptr ? "(.*)" : std::string_view(regex->pattern()); }
};

/// Fills an unset name scheme and checks what the action permits. Errors with upstream's texts, for instance
/// "relabel configuration for hashmod requires non-zero modulus".
absl::Status ValidateRelabel(NameScheme scheme, RelabelConfig* config);

/// Applies the rules in order; false when one of them drops the labels (their content is then of no use).
/// Threads: safe for different builders.
bool Relabel(std::span<const RelabelConfig> rules, LabelsBuilder* labels);

/// What a rule made of the labels, for people who ask why a target looks as it does.
struct RelabelStep {
  const RelabelConfig* rule;  ///< In the span that was given.
  Labels output;
  bool keep;
};

/// The rules' effect one by one; ends with the first rule that drops.
std::vector<RelabelStep> TraceRelabel(std::span<const RelabelConfig> rules, const Labels& input);

/// The rule in YAML flow form, for messages: {source_labels: [a], regex: "x", action: drop}. Fields that have their default are left out.
std::string DescribeRelabel(const RelabelConfig& rule);

}  // namespace tocsin
