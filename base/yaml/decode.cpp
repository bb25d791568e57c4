#include "base/yaml/decode.h"

#include <algorithm>
#include <unordered_map>

#include "base/strings.h"
#include "base/text/quote.h"
#include "base/yaml/resolve.h"

namespace tocsin::yaml {
namespace {

bool Before(const Problem& a, const Problem& b) {
  return a.position.line != b.position.line ? a.position.line < b.position.line : a.position.column < b.position.column;
}

// The longest value of a wrong type that is shown whole; longer ones are cut to three less, as go-yaml does.
constexpr size_t kShownBytes = 10;

}  // namespace

void Decoder::AddProblem(Position position, std::string text) { problems_.push_back({position, std::move(text)}); }

void Decoder::AddTypeProblem(const Node& node, std::string_view go_type) {
  std::string value;
  if (node.kind == Kind::kScalar) {
    value = node.text.size() > kShownBytes ? Cat(" `", node.text.substr(0, kShownBytes - 3), "...`") : Cat(" `", node.text, "`");
  }
  AddProblem(node.position, Cat("cannot unmarshal ", node.ResolvedTag(), value, " into ", go_type));
}

void Decoder::Fail(const Node& node, std::string_view text) { Fail(node.position, text); }

void Decoder::Fail(Position position, std::string_view text) {
  if (!failure_) {
    failure_ = Problem{position, std::string(text)};
  }
}

bool Decoder::Check(const Node& node, const absl::Status& status) {
  if (!status.ok()) {
    Fail(node, Message(status));
  }
  return status.ok();
}

std::vector<Problem> Decoder::problems() const {
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), Before);
  return sorted;
}

absl::Status Decoder::status(std::string_view file) const {
  if (failure_) {
    const Position at = failure_->position;
    return absl::InvalidArgumentError(at.line == 0 ? Cat(file, ": ", failure_->text)
                                                   : Cat(file, ":", at.line, ":", at.column, ": ", failure_->text));
  }
  if (problems_.empty()) {
    return absl::OkStatus();
  }
  const std::vector<Problem> sorted = problems();
  const Position at = sorted.front().position;
  std::string text = Cat(file, ":", at.line, ":", at.column, ": yaml: unmarshal errors: ");
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0) {
      Append(&text, "; line ", sorted[i].position.line, ": ");
    }
    text.append(sorted[i].text);
  }
  return absl::InvalidArgumentError(text);
}

void DecodeYaml(Decoder& decoder, const Node& node, std::string* out) {
  if (node.kind != Kind::kScalar) {
    decoder.AddTypeProblem(node, "string");
    return;
  }
  if (node.tag == "!!binary") {
    std::optional<std::string> bytes = DecodeBase64(node.text);
    if (!bytes) {
      decoder.Fail(node, "yaml: !!binary value contains invalid base64 data");
      return;
    }
    *out = *std::move(bytes);
    return;
  }
  *out = node.text;
}

void DecodeYaml(Decoder& decoder, const Node& node, bool* out) {
  if (const std::optional<bool> value = ToBool(node)) {
    *out = *value;
  } else {
    decoder.AddTypeProblem(node, "bool");
  }
}

void DecodeYaml(Decoder& decoder, const Node& node, int64_t* out) {
  if (const std::optional<int64_t> value = ToInt64(node)) {
    *out = *value;
  } else {
    decoder.AddTypeProblem(node, "int");
  }
}

void DecodeYaml(Decoder& decoder, const Node& node, uint64_t* out) {
  if (const std::optional<uint64_t> value = ToUint64(node)) {
    *out = *value;
  } else {
    decoder.AddTypeProblem(node, "uint");
  }
}

void DecodeYaml(Decoder& decoder, const Node& node, double* out) {
  if (const std::optional<double> value = ToDouble(node)) {
    *out = *value;
  } else {
    decoder.AddTypeProblem(node, "float64");
  }
}

bool CheckUniqueKeys(Decoder& decoder, const Node& mapping, std::string_view go_type) {
  std::unordered_map<std::string_view, const Node*> seen;
  bool unique = true;
  for (const Node::Entry& entry : mapping.entries) {
    if (entry.key->kind != Kind::kScalar) {
      decoder.AddTypeProblem(*entry.key, "string");
      unique = false;
      continue;
    }
    const auto [it, added] = seen.emplace(entry.key->text, entry.key);
    if (added) {
      continue;
    }
    unique = false;
    const Node& key = *entry.key;
    if (decoder.dialect() == Dialect::kV3) {
      decoder.AddProblem(key.position, Cat("mapping key ", GoQuoted(key.text), " already defined at line ", it->second->position.line));
    } else if (go_type.empty()) {
      decoder.AddProblem(key.position, Cat("key ", GoQuoted(key.text), " already set in map"));
    } else {
      decoder.AddProblem(key.position, Cat("field ", key.text, " already set in type ", go_type));
    }
  }
  return unique;
}

StructReader::StructReader(Decoder& decoder, const Node& node, std::string_view go_type)
    : decoder_(decoder), node_(node), go_type_(go_type), count_before_(decoder.count()), taken_(node.entries.size()) {
  if (node.kind != Kind::kMapping) {
    decoder.AddTypeProblem(node, go_type);
  } else {
    CheckUniqueKeys(decoder, node, go_type);
  }
}

const Node* StructReader::Take(std::string_view name) {
  const Node* found = nullptr;
  for (size_t i = 0; i < node_.entries.size(); ++i) {
    if (node_.entries[i].key->kind == Kind::kScalar && node_.entries[i].key->text == name) {
      taken_[i] = true;
      found = found == nullptr ? node_.entries[i].value : found;
    }
  }
  return found;
}

bool StructReader::Finish() {
  if (!decoder_.ignore_unknown_fields()) {
    for (size_t i = 0; i < node_.entries.size(); ++i) {
      const Node& key = *node_.entries[i].key;
      if (!taken_[i] && key.kind == Kind::kScalar) {
        decoder_.AddProblem(key.position, Cat("field ", key.text, " not found in type ", go_type_));
      }
    }
  }
  return decoder_.count() == count_before_;
}

}  // namespace tocsin::yaml
