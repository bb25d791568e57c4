#include "engine/relabel/relabel.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>

#include "base/check.h"
#include "base/strings.h"
#include "engine/relabel/letter_case.h"

namespace tocsin {
namespace {

bool HasVariable(std::string_view text) { return text.find('$') != std::string_view::npos; }

// The values of the source labels, joined. A single one is not copied.
std::string_view JoinSources(const RelabelConfig& rule, const LabelsBuilder& labels, std::string* buffer) {
  if (rule.source_labels.size() == 1) {
    return labels.Get(rule.source_labels[0]);
  }
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) {
      buffer->append(rule.separator);
    }
    buffer->append(labels.Get(rule.source_labels[i]));
  }
  return *buffer;
}

// The default expression (.*) matches everything and needs no engine.
bool MatchesRule(const RelabelConfig& rule, std::string_view value) { return rule.regex == nullptr || rule.regex->Matches(value); }

const AnchoredRegex& DefaultRegex() {
  static const std::shared_ptr<const AnchoredRegex> regex = *AnchoredRegex::Create("(.*)");
  return *regex;
}

bool ExpandRule(const RelabelConfig& rule, std::string_view value, std::string_view text, std::string* out) {
  if (rule.regex == nullptr && (text == "$1" || text == "${1}")) {
    out->append(value);
    return true;
  }
  if (!HasVariable(text)) {
    out->append(text);
    return MatchesRule(rule, value);
  }
  return (rule.regex == nullptr ? DefaultRegex() : *rule.regex).Expand(value, text, out);
}

void Replace(const RelabelConfig& rule, std::string_view value, LabelsBuilder* labels) {
  std::string target;
  if (!ExpandRule(rule, value, rule.target_label, &target) || !IsValidLabelName(rule.name_scheme, target)) {
    return;
  }
  std::string result;
  if (HasVariable(rule.replacement)) {
    ExpandRule(rule, value, rule.replacement, &result);
  } else {
    result = rule.replacement;
  }
  labels->Set(target, result);
}

// The last 8 of MD5's 16 bytes, big-endian, as upstream has it since its first release.
uint64_t HashOf(std::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  TOCSIN_CHECK(EVP_Digest(value.data(), value.size(), digest.data(), &size, EVP_md5(), nullptr) == 1);
  uint64_t hash = 0;
  for (size_t i = 8; i < 16; ++i) {
    hash = hash << 8 | digest[i];
  }
  return hash;
}

void MapLabels(const RelabelConfig& rule, LabelsBuilder* labels) {
  const std::vector<std::pair<std::string, std::string>> before = labels->pairs();
  for (const auto& [name, value] : before) {
    std::string target;
    if (ExpandRule(rule, name, rule.replacement, &target)) {
      labels->Set(target, value);
    }
  }
}

void FilterNames(const RelabelConfig& rule, bool keep_matching, LabelsBuilder* labels) {
  std::vector<std::string> gone;
  for (const auto& [name, value] : labels->pairs()) {
    if (MatchesRule(rule, name) != keep_matching) {
      gone.push_back(name);
    }
  }
  for (const std::string& name : gone) {
    labels->Delete(name);
  }
}

bool ApplyRule(const RelabelConfig& rule, LabelsBuilder* labels) {
  std::string buffer;
  const std::string_view value = JoinSources(rule, *labels, &buffer);
  switch (rule.action) {
    case RelabelAction::kReplace:
      Replace(rule, value, labels);
      return true;
    case RelabelAction::kKeep:
      return MatchesRule(rule, value);
    case RelabelAction::kDrop:
      return !MatchesRule(rule, value);
    case RelabelAction::kKeepEqual:
      return labels->Get(rule.target_label) == value;
    case RelabelAction::kDropEqual:
      return labels->Get(rule.target_label) != value;
    case RelabelAction::kHashMod:
      labels->Set(rule.target_label, std::to_string(HashOf(value) % rule.modulus));
      return true;
    case RelabelAction::kLabelMap:
      MapLabels(rule, labels);
      return true;
    case RelabelAction::kLabelDrop:
      FilterNames(rule, false, labels);
      return true;
    case RelabelAction::kLabelKeep:
      FilterNames(rule, true, labels);
      return true;
    case RelabelAction::kLowercase:
      labels->Set(rule.target_label, ToLowerUtf8(value));
      return true;
    case RelabelAction::kUppercase:
      labels->Set(rule.target_label, ToUpperUtf8(value));
      return true;
    case RelabelAction::kUnset:
      break;
  }
  return true;
}

}  // namespace

bool IsValidLabelName(NameScheme scheme, std::string_view name) {
  return scheme == NameScheme::kLegacy ? IsLegacyLabelName(name) : !name.empty() && IsValidUtf8(name);
}

bool IsValidMetricName(NameScheme scheme, std::string_view name) {
  return scheme == NameScheme::kLegacy ? IsLegacyMetricName(name) : !name.empty() && IsValidUtf8(name);
}

bool RelabelConfig::operator==(const RelabelConfig& other) const {
  return source_labels == other.source_labels && source_labels_set == other.source_labels_set && separator == other.separator &&
         (regex == nullptr) == (other.regex == nullptr) && regex_pattern() == other.regex_pattern() && modulus == other.modulus &&
         target_label == other.target_label && replacement == other.replacement && action == other.action &&
         name_scheme == other.name_scheme;
}

bool Relabel(std::span<const RelabelConfig> rules, LabelsBuilder* labels) {
  for (const RelabelConfig& rule : rules) {
    if (!ApplyRule(rule, labels)) {
      return false;
    }
  }
  return true;
}

std::vector<RelabelStep> TraceRelabel(std::span<const RelabelConfig> rules, const Labels& input) {
  std::vector<RelabelStep> steps;
  LabelsBuilder labels(input);
  for (const RelabelConfig& rule : rules) {
    const bool keep = ApplyRule(rule, &labels);
    steps.push_back({&rule, labels.Build(), keep});
    if (!keep) {
      break;
    }
  }
  return steps;
}

}  // namespace tocsin
