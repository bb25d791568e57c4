#include <array>

#include "base/strings.h"
#include "base/text/quote.h"
#include "engine/relabel/relabel.h"
#include "engine/relabel/relabel_yaml.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 12> kActionNames = {"replace",  "keep",      "drop",      "keepequal", "dropequal", "hashmod",
                                                           "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase", ""};

bool IsOneOf(RelabelAction action, std::initializer_list<RelabelAction> actions) {
  for (const RelabelAction one : actions) {
    if (one == action) {
      return true;
    }
  }
  return false;
}

// A name of the legacy character set in which $1 and ${name} may stand for letters.
bool IsLegacyTemplate(std::string_view text) {
  static const std::shared_ptr<const AnchoredRegex> pattern = *AnchoredRegex::Create(R"((?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+)");
  return pattern->Matches(text);
}

bool IsValidTemplate(NameScheme scheme, std::string_view text) {
  return scheme == NameScheme::kUtf8 ? IsValidLabelName(scheme, text) : IsLegacyTemplate(text);
}

absl::Status InvalidName(std::string_view text, std::string_view field, RelabelAction action) {
  return absl::InvalidArgumentError(Cat(GoQuoted(text), " is invalid '", field, "' for ", ToString(action), " action"));
}

absl::Status CheckTarget(const RelabelConfig& rule) {
  using enum RelabelAction;
  const bool has_variable = rule.target_label.find('$') != std::string::npos;
  const bool literal = IsOneOf(rule.action, {kLowercase, kUppercase, kKeepEqual, kDropEqual, kHashMod});
  if (rule.action == kReplace) {
    const bool valid =
        has_variable ? IsValidTemplate(rule.name_scheme, rule.target_label) : IsValidLabelName(rule.name_scheme, rule.target_label);
    if (!valid) {
      return InvalidName(rule.target_label, "target_label", rule.action);
    }
  }
  if (literal && rule.action != kHashMod) {
    if (!IsValidLabelName(rule.name_scheme, rule.target_label)) {
      return InvalidName(rule.target_label, "target_label", rule.action);
    }
    if (rule.replacement != "$1") {
      return absl::InvalidArgumentError(Cat("'replacement' can not be set for ", ToString(rule.action), " action"));
    }
  }
  if (rule.action == kLabelMap && !IsValidTemplate(rule.name_scheme, rule.replacement)) {
    return InvalidName(rule.replacement, "replacement", rule.action);
  }
  if (rule.action == kHashMod && !IsValidLabelName(rule.name_scheme, rule.target_label)) {
    return InvalidName(rule.target_label, "target_label", rule.action);
  }
  return absl::OkStatus();
}

void ReadAction(yaml::Decoder& decoder, const yaml::Node& node, std::string_view name, RelabelAction* out) {
  if (node.IsNull()) {
    *out = RelabelAction::kUnset;
    return;
  }
  std::string lower(name);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  for (size_t i = 0; i < kActionNames.size(); ++i) {
    if (!lower.empty() && kActionNames[i] == lower) {
      *out = static_cast<RelabelAction>(i);
      return;
    }
  }
  decoder.Fail(node, Cat("unknown relabel action ", GoQuoted(name)));
}

}  // namespace

std::string_view ToString(RelabelAction action) { return kActionNames[static_cast<size_t>(action)]; }

absl::Status ValidateRelabel(NameScheme scheme, RelabelConfig* config) {
  using enum RelabelAction;
  RelabelConfig& rule = *config;
  if (rule.action == kUnset) {
    return absl::InvalidArgumentError("relabel action cannot be empty");
  }
  if (rule.modulus == 0 && rule.action == kHashMod) {
    return absl::InvalidArgumentError("relabel configuration for hashmod requires non-zero modulus");
  }
  if (IsOneOf(rule.action, {kReplace, kHashMod, kLowercase, kUppercase, kKeepEqual, kDropEqual}) && rule.target_label.empty()) {
    return absl::InvalidArgumentError(Cat("relabel configuration for ", ToString(rule.action), " action requires 'target_label' value"));
  }
  if (rule.name_scheme == NameScheme::kUnset) {
    rule.name_scheme = scheme;
  }
  if (absl::Status target = CheckTarget(rule); !target.ok()) {
    return target;
  }
  const bool plain = rule.modulus == 0 && rule.separator == ";" && rule.replacement == "$1";
  if (IsOneOf(rule.action, {kDropEqual, kKeepEqual}) && (rule.regex != nullptr || !plain)) {
    return absl::InvalidArgumentError(
        Cat(ToString(rule.action), " action requires only 'source_labels' and `target_label`, and no other fields"));
  }
  if (IsOneOf(rule.action, {kLabelDrop, kLabelKeep}) && (rule.source_labels_set || !rule.target_label.empty() || !plain)) {
    return absl::InvalidArgumentError(Cat(ToString(rule.action), " action requires only 'regex', and no other fields"));
  }
  return absl::OkStatus();
}

std::string DescribeRelabel(const RelabelConfig& rule) {
  std::string out = "{";
  const auto add = [&out](std::string_view name, std::string_view value) { Append(&out, out.size() > 1 ? ", " : "", name, ": ", value); };
  if (!rule.source_labels.empty()) {
    std::string list = "[";
    for (const std::string& label : rule.source_labels) {
      Append(&list, list.size() > 1 ? ", " : "", label);
    }
    add("source_labels", Cat(list, "]"));
  }
  if (rule.separator != ";") {
    add("separator", GoQuoted(rule.separator));
  }
  if (rule.regex != nullptr) {
    add("regex", GoQuoted(rule.regex->pattern()));
  }
  if (rule.modulus != 0) {
    add("modulus", std::to_string(rule.modulus));
  }
  if (!rule.target_label.empty()) {
    add("target_label", rule.target_label);
  }
  if (rule.replacement != "$1") {
    add("replacement", GoQuoted(rule.replacement));
  }
  add("action", ToString(rule.action));
  return Cat(out, "}");
}

std::string GoTypeName(const RelabelConfig*) { return "*relabel.Config"; }

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RelabelConfig* out) {
  *out = RelabelConfig();
  yaml::StructReader reader(decoder, node, "relabel.plain");
  std::string action;
  std::string pattern;
  const yaml::Node* sources = reader.Take("source_labels");
  const yaml::Node* regex = reader.Take("regex");
  const yaml::Node* action_node = reader.Take("action");
  reader.Field("separator", &out->separator)
      .Field("modulus", &out->modulus)
      .Field("target_label", &out->target_label)
      .Field("replacement", &out->replacement);
  if (sources != nullptr && sources->kind != yaml::Kind::kSequence && !sources->IsNull()) {
    decoder.AddTypeProblem(*sources, "model.LabelNames");
  } else if (sources != nullptr && !sources->IsNull()) {
    yaml::Read(decoder, *sources, &out->source_labels);
    out->source_labels_set = true;
  }
  if (regex != nullptr) {
    yaml::Read(decoder, *regex, &pattern);
  }
  if (action_node != nullptr) {
    yaml::Read(decoder, *action_node, &action);
  }
  if (!reader.Finish()) {
    return;
  }
  for (const std::string& label : out->source_labels) {
    if (!IsValidLabelName(NameScheme::kUtf8, label)) {
      decoder.Fail(*sources, Cat(GoQuoted(label), " is not a valid label name"));
    }
  }
  if (regex != nullptr) {
    absl::StatusOr<std::shared_ptr<const AnchoredRegex>> compiled = AnchoredRegex::Create(pattern);
    if (decoder.Check(*regex, compiled.status())) {
      out->regex = *std::move(compiled);
    }
  }
  if (action_node != nullptr) {
    ReadAction(decoder, *action_node, action, &out->action);
  }
}

}  // namespace tocsin
