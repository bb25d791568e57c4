#include "api/v1/relabel_json.h"

#include <simdjson.h>

#include <string>
#include <vector>

#include "base/strings.h"

namespace tocsin::api {
namespace {

void WriteRule(const RelabelConfig& rule, JsonWriter* json) {
  json->BeginObject();
  if (!rule.source_labels.empty()) {
    json->Key("source_labels");
    json->BeginArray();
    for (const std::string& name : rule.source_labels) {
      json->String(name);
    }
    json->EndArray();
  }
  json->Field("separator", rule.separator);
  json->Field("regex", rule.regex_pattern());
  if (rule.modulus != 0) {
    json->Key("modulus");
    json->Uint(rule.modulus);
  }
  if (!rule.target_label.empty()) {
    json->Field("target_label", rule.target_label);
  }
  json->Field("replacement", rule.replacement);
  json->Field("action", ToString(rule.action));
  json->EndObject();
}

}  // namespace

absl::StatusOr<Labels> ParseLabelsJson(std::string_view text) {
  const simdjson::padded_string padded(text.data(), text.size());
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (auto field : object) {
    std::string_view name;
    std::string_view value;
    // The key's text lives in the parser only until the value is read.
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("not a JSON object");
    }
    std::string kept_name(name);
    if (field.value().get_string().get(value) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError(Cat("label ", kept_name, " is not a string"));
    }
    pairs.emplace_back(std::move(kept_name), std::string(value));
  }
  if (document.current_location().error() == simdjson::SUCCESS) {
    return absl::InvalidArgumentError("text behind the JSON object");
  }
  return Labels::FromPairs(std::move(pairs));
}

void WriteRelabelSteps(std::span<const RelabelConfig> rules, const Labels& input, JsonWriter* json) {
  const std::vector<RelabelStep> steps = TraceRelabel(rules, input);
  json->BeginObject();
  json->Key("steps");
  json->BeginArray();
  for (size_t i = 0; i < rules.size(); ++i) {
    const bool keep = i < steps.size() && steps[i].keep;
    json->BeginObject();
    json->Key("rule");
    WriteRule(rules[i], json);
    json->Key("output");
    json->LabelSet(keep ? steps[i].output : Labels());
    json->Key("keep");
    json->Bool(keep);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

}  // namespace tocsin::api
