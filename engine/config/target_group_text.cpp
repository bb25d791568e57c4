#include "engine/config/target_group_text.h"

#include "base/json/reader.h"
#include "base/status.h"
#include "base/text/quote.h"
#include "base/yaml/decode.h"
#include "engine/config/target_group_yaml.h"
#include "engine/config/text_file.h"
#include "engine/relabel/relabel.h"

namespace tocsin {
namespace {

absl::Status BadGroup(std::string_view text) { return absl::InvalidArgumentError(av(text)); }

absl::Status ReadJsonLabels(const JsonValue& labels, TargetGroup* group) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : labels.members()) {
    if (value.kind() != JsonKind::kString) {
      return BadGroup(Cat("json: cannot unmarshal label ", GoQuoted(name), " into Go value of type model.LabelValue"));
    }
    if (!IsValidLabelName(NameScheme::kUtf8, name)) {
      return BadGroup(Cat(GoQuoted(name), " is not a valid label name"));
    }
    pairs.emplace_back(name, value.text());
  }
  group->labels = Labels::FromPairs(std::move(pairs));
  return absl::OkStatus();
}

absl::StatusOr<TargetGroup> ReadJsonGroup(const JsonValue& value) {
  if (value.kind() != JsonKind::kObject) {
    return BadGroup("json: cannot unmarshal a group that is no object");
  }
  TargetGroup group;
  for (const auto& [name, member] : value.members()) {
    if (name == "labels") {
      if (member.kind() != JsonKind::kObject && !member.is_null()) {
        return BadGroup("json: cannot unmarshal labels into Go value of type model.LabelSet");
      }
      RETURN_IF_ERROR(ReadJsonLabels(member, &group));
    } else if (name == "targets") {
      if (member.kind() != JsonKind::kArray && !member.is_null()) {
        return BadGroup("json: cannot unmarshal targets into Go value of type []string");
      }
      for (const JsonValue& target : member.items()) {
        if (target.kind() != JsonKind::kString) {
          return BadGroup("json: cannot unmarshal a target into Go value of type string");
        }
        group.targets.push_back(Labels::Of({{"__address__", target.text()}}));
      }
    } else {
      return BadGroup(Cat("json: unknown field ", GoQuoted(name)));
    }
  }
  return group;
}

}  // namespace

absl::StatusOr<std::vector<TargetGroup>> ParseTargetGroupsJson(std::string_view text) {
  JsonDocument document;
  ASSIGN_OR_RETURN(const JsonValue root, document.Parse(text));
  if (root.kind() != JsonKind::kArray && !root.is_null()) {
    return BadGroup("json: cannot unmarshal object into Go value of type []*targetgroup.Group");
  }
  std::vector<TargetGroup> groups;
  for (const JsonValue& item : root.items()) {
    if (item.is_null()) {
      return BadGroup(Cat("nil target group item found (index ", groups.size(), ")"));
    }
    ASSIGN_OR_RETURN(groups.emplace_back(), ReadJsonGroup(item));
  }
  return groups;
}

absl::StatusOr<std::vector<TargetGroup>> ParseTargetGroupsYaml(std::string_view text, std::string_view file) {
  yaml::Position at;
  const absl::StatusOr<yaml::Document> document = yaml::Parse(text, nullptr, &at);
  if (!document.ok()) {
    return BadGroup(Cat(file, ":", at.line, ":", at.column, ": ", Message(document.status())));
  }
  std::vector<TargetGroup> groups;
  if (document->root() == nullptr) {
    return groups;
  }
  yaml::Decoder decoder;
  yaml::Read(decoder, *document->root(), &groups);
  RETURN_IF_ERROR(decoder.status(file));
  for (size_t i = 0; i < groups.size(); ++i) {
    const yaml::Node& item = *document->root()->items[i];
    if (item.IsNull()) {
      return BadGroup(Cat(file, ":", item.position.line, ":", item.position.column, ": nil target group item found (index ", i, ")"));
    }
  }
  return groups;
}

absl::StatusOr<std::vector<TargetGroup>> ReadTargetGroupFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  if (path.ends_with(".json") || path.ends_with(".JSON")) {
    absl::StatusOr<std::vector<TargetGroup>> groups = ParseTargetGroupsJson(text);
    if (!groups.ok()) {
      return BadGroup(Cat(path, ": ", Message(groups.status())));
    }
    return groups;
  }
  return ParseTargetGroupsYaml(text, path);
}

}  // namespace tocsin
