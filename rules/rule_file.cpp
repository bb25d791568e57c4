#include "rules/rule_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "base/yaml/decode.h"
#include "promql/parser.h"
#include "rules/template/template.h"

namespace tocsin::rules {

// How fields of a file become fields of structs; found by argument.
std::string GoTypeName(const RuleDefinition*) { return "rulefmt.Rule"; }
std::string GoTypeName(const RuleGroupDefinition*) { return "rulefmt.RuleGroup"; }

namespace {

/// A duration of a rule file, in a type of its own so that it decodes as one.
struct YamlDuration {
  DurationMs ms = 0;
};

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, YamlDuration* out) {
  std::string text;
  yaml::Read(decoder, node, &text);
  const auto parsed = ParseDuration(text);
  if (decoder.Check(node, parsed.status())) {
    out->ms = *parsed;
  }
}

/// A scalar with its place.
struct PlacedText {
  std::string text;
  yaml::Position position;
};

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, PlacedText* out) {
  yaml::Read(decoder, node, &out->text);
  out->position = node.position;
}

}  // namespace

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RuleDefinition* out) {
  yaml::StructReader reader(decoder, node, "rulefmt.Rule");
  PlacedText record;
  PlacedText alert;
  PlacedText expr;
  YamlDuration hold;
  YamlDuration keep;
  reader.Field("record", &record).Field("alert", &alert).Field("expr", &expr).Field("for", &hold).Field("keep_firing_for", &keep);
  reader.Field("labels", &out->labels).Field("annotations", &out->annotations);
  reader.Finish();
  out->record = record.text;
  out->alert = alert.text;
  out->expr = expr.text;
  out->for_ms = hold.ms;
  out->keep_firing_for_ms = keep.ms;
  out->position = node.position;
  out->record_position = record.position;
  out->alert_position = alert.position;
  out->expr_position = expr.position;
}

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RuleGroupDefinition* out) {
  yaml::StructReader reader(decoder, node, "rulefmt.RuleGroup");
  std::optional<YamlDuration> interval;
  std::optional<YamlDuration> offset;
  reader.Field("name", &out->name).Field("interval", &interval).Field("query_offset", &offset).Field("limit", &out->limit);
  reader.Field("rules", &out->rules).Field("labels", &out->labels);
  // Vendors' fields that Thanos, Mimir and vmalert understand are unknown here, as they are to upstream.
  reader.Finish();
  if (interval && interval->ms != 0) {
    out->interval_ms = interval->ms;
  }
  if (offset) {
    out->query_offset_ms = offset->ms;
  }
  out->position = node.position;
}

namespace {

std::string PlaceText(const yaml::Position& position) { return Cat(position.line, ":", position.column, ": "); }

/// Checks what the structs hold, in upstream's order.
class RuleFileChecker {
 public:
  RuleFileChecker(const std::string& file, const RuleFileOptions& options, RuleFile* out) : file_(file), options_(options), out_(out) {}

  void Check() {
    std::set<std::string> seen;
    for (RuleGroupDefinition& group : out_->groups) {
      if (group.name.empty()) {
        Error(Cat(PlaceText(group.position), "Groupname must not be empty"));
      }
      if (!seen.insert(group.name).second) {
        Error(Cat(PlaceText(group.position), "groupname: \"", group.name, "\" is repeated in the same file"));
      }
      for (const auto& [name, value] : group.labels) {
        CheckLabel(name, value, "");
      }
      for (size_t i = 0; i < group.rules.size(); ++i) {
        RuleDefinition& rule = group.rules[i];
        where_ = Cat("group ", GoQuoted(group.name), ", rule ", i + 1, ", ", GoQuoted(rule.name()), ": ");
        CheckRule(rule);
      }
    }
  }

 private:
  void Error(const std::string& text) { out_->errors.push_back(Cat(file_, ": ", text)); }
  void RuleError(const yaml::Position& position, std::string_view text) { Error(Cat(PlaceText(position), where_, text)); }
  void RuleError(std::string_view text) { Error(Cat(where_, text)); }

  bool IsLabelName(std::string_view name) const {
    return options_.legacy_names ? IsLegacyLabelName(name) : !name.empty() && IsValidUtf8(name);
  }

  void CheckLabel(const std::string& name, const std::string& value, const std::string& where) {
    if (!IsLabelName(name) || name == kMetricName) {
      Error(Cat(where, "invalid label name: ", name));
    }
    if (!IsValidUtf8(value)) {
      Error(Cat(where, "invalid label value: ", value));
    }
  }

  void CheckRule(RuleDefinition& rule) {
    if (rule.record.empty() == rule.alert.empty()) {
      const std::string_view problem =
          rule.record.empty() ? "one of 'record' or 'alert' must be set" : "only one of 'record' and 'alert' must be set";
      Error(Cat(PlaceText(rule.record_position), PlaceText(rule.alert_position), where_, problem));
    }
    if (rule.expr.empty()) {
      RuleError(rule.expr_position, "field 'expr' must be set in rule");
    } else {
      auto tree = promql::ParseExpr(rule.expr, options_.features);
      if (tree.ok()) {
        rule.tree = *std::move(tree);
      } else {
        RuleError(rule.expr_position, Cat("could not parse expression: ", Message(tree.status())));
      }
    }
    if (!rule.record.empty()) {
      CheckRecording(rule);
    }
    for (const auto& [name, value] : rule.labels) {
      CheckLabel(name, value, where_);
    }
    for (const auto& [name, value] : rule.annotations) {
      if (!IsLabelName(name)) {
        RuleError(Cat("invalid annotation name: ", name));
      }
    }
    if (!rule.alert.empty()) {
      CheckTemplates(rule, "label", rule.labels);
      CheckTemplates(rule, "annotation", rule.annotations);
    }
  }

  void CheckRecording(const RuleDefinition& rule) {
    if (!rule.annotations.empty()) {
      RuleError(rule.record_position, "invalid field 'annotations' in recording rule");
    }
    if (rule.for_ms != 0) {
      RuleError(rule.record_position, "invalid field 'for' in recording rule");
    }
    if (rule.keep_firing_for_ms != 0) {
      RuleError(rule.record_position, "invalid field 'keep_firing_for' in recording rule");
    }
    const bool valid = options_.legacy_names ? IsLegacyMetricName(rule.record) : IsValidUtf8(rule.record);
    if (!valid) {
      RuleError(rule.record_position, Cat("invalid recording rule name: ", rule.record));
    }
    if (rule.record.find_first_of("{}") != std::string::npos) {
      RuleError(rule.record_position, Cat("braces present in the recording rule name; should it be in expr?: ", rule.record));
    }
  }

  void CheckTemplates(const RuleDefinition& rule, std::string_view what, const TextMap& texts) {
    for (const auto& [name, text] : texts) {
      const auto parsed = gotemplate::Template::ParseForAlert(rule.alert, text);
      if (!parsed.ok()) {
        RuleError(rule.alert_position, Cat(what, " ", GoQuoted(name), ": ", Message(parsed.status())));
      }
    }
  }

  const std::string& file_;
  const RuleFileOptions& options_;
  RuleFile* const out_;
  std::string where_;
};

/// The problems of decoding as go-yaml prints them.
void AddDecodeErrors(const yaml::Decoder& decoder, const std::string& file, RuleFile* out) {
  if (decoder.failed()) {
    out->errors.push_back(Cat(file, ": ", decoder.failure()->text));
    return;
  }
  if (decoder.ok()) {
    return;
  }
  std::string text = Cat(file, ": yaml: unmarshal errors:");
  for (const yaml::Problem& problem : decoder.problems()) {
    Append(&text, "\n  line ", problem.position.line, ": ", problem.text);
  }
  out->errors.push_back(std::move(text));
}

void DecodeGroups(const yaml::Node& root, const std::string& file, const RuleFileOptions& options, RuleFile* out) {
  yaml::Decoder decoder(yaml::Dialect::kV3, options.ignore_unknown_fields);
  std::vector<RuleGroupDefinition> groups;
  if (!root.IsNull()) {
    yaml::StructReader reader(decoder, root, "rulefmt.RuleGroups");
    reader.Field("groups", &groups);
    reader.Finish();
  }
  AddDecodeErrors(decoder, file, out);
  out->groups.insert(out->groups.end(), std::make_move_iterator(groups.begin()), std::make_move_iterator(groups.end()));
}

std::string_view KindOf(const yaml::Node& root) {
  const yaml::Node* kind = root.kind == yaml::Kind::kMapping ? root.Find("kind") : nullptr;
  return kind != nullptr && root.Find("apiVersion") != nullptr ? std::string_view(kind->text) : std::string_view();
}

/// A document of a file that tools read: rule groups as they are, or a Kubernetes object with them; other objects hold no rules.
void DecodeDocument(const yaml::Node& root, const std::string& file, const RuleFileOptions& options, RuleFile* out) {
  const std::string_view kind = KindOf(root);
  if (kind.empty()) {
    return DecodeGroups(root, file, options, out);
  }
  if (kind == "PrometheusRule") {
    if (const yaml::Node* spec = root.Find("spec")) {
      DecodeGroups(*spec, file, options, out);
    }
  } else if (kind.ends_with("List")) {
    if (const yaml::Node* items = root.Find("items"); items != nullptr && items->kind == yaml::Kind::kSequence) {
      for (const yaml::Node* item : items->items) {
        DecodeDocument(*item, file, options, out);
      }
    }
  }
}

/// Objects of one file may bear equal group names, each in its own namespace or object.
void CheckObjectFile(RuleFile* out) {
  std::set<std::string> seen;
  for (RuleGroupDefinition& group : out->groups) {
    const std::string name = group.name;
    for (int n = 2; !seen.insert(group.name).second; ++n) {
      group.name = Cat(name, " (", n, ")");
    }
  }
}

}  // namespace

RuleFile ParseRuleFile(std::string_view text, const std::string& file, const RuleFileOptions& options) {
  RuleFile out;
  if (!options.read_objects) {
    bool more = false;
    const auto document = yaml::Parse(text, &more);
    if (!document.ok()) {
      out.errors.push_back(Cat(file, ": ", Message(document.status())));
      return out;
    }
    if (more) {
      out.warnings.push_back(Cat(file, ": Multiple document yaml rules files are not supported, only the first document is processed"));
    }
    if (document->root() != nullptr) {
      DecodeGroups(*document->root(), file, options, &out);
    }
  } else {
    const auto documents = yaml::ParseAll(text);
    if (!documents.ok()) {
      out.errors.push_back(Cat(file, ": ", Message(documents.status())));
      return out;
    }
    bool objects = documents->size() > 1;
    for (const yaml::Document& document : *documents) {
      objects = objects || !KindOf(*document.root()).empty();
      DecodeDocument(*document.root(), file, options, &out);
    }
    if (objects) {
      CheckObjectFile(&out);
    }
  }
  if (out.ok()) {
    RuleFileChecker(file, options, &out).Check();
  }
  return out;
}

absl::StatusOr<std::string> ReadRuleFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return absl::NotFoundError(Cat("open ", file, ": ", errno == ENOENT ? "no such file or directory" : std::strerror(errno)));
  }
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad() || (text.empty() && std::ifstream(file).peek() != std::ifstream::traits_type::eof())) {
    return absl::UnavailableError(Cat("read ", file, ": ", std::strerror(errno)));
  }
  if (text.size() > kMaxRuleFileBytes) {
    return absl::ResourceExhaustedError(Cat("read ", file, ": longer than ", kMaxRuleFileBytes, " bytes"));
  }
  return text;
}

RuleFile LoadRuleFile(const std::string& file, const RuleFileOptions& options) {
  const auto text = ReadRuleFile(file);
  if (!text.ok()) {
    RuleFile out;
    out.errors.push_back(Cat(file, ": ", Message(text.status())));
    return out;
  }
  return ParseRuleFile(*text, file, options);
}

}  // namespace tocsin::rules
