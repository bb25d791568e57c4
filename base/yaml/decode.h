#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/yaml/yaml.h"

namespace tocsin::yaml {

/// Which release of go-yaml the texts follow: Prometheus reads prometheus.yml and SD files with version 2, rule files with version 3.
enum class Dialect { kV2, kV3 };

struct Problem {
  Position position;
  std::string text;  ///< Without a place: "field x not found in type config.plain".
};

/// Collects what is wrong with a document while it is decoded into structs, in the manner of go-yaml: problems of type (unknown fields,
/// a sequence where a string should be) are collected and the rest is still decoded; the first failure (a value that its type refuses)
/// ends the decoding, and problems of type are then not told.
/// Threads: one.
class Decoder {
 public:
  explicit Decoder(Dialect dialect = Dialect::kV2, bool ignore_unknown_fields = false)
      : dialect_(dialect), ignore_unknown_fields_(ignore_unknown_fields) {}

  Dialect dialect() const { return dialect_; }
  bool ignore_unknown_fields() const { return ignore_unknown_fields_; }

  void AddProblem(Position position, std::string text);
  /// "cannot unmarshal !!str `abc` into bool".
  void AddTypeProblem(const Node& node, std::string_view go_type);
  /// Only the first one counts.
  void Fail(const Node& node, std::string_view text);
  void Fail(Position position, std::string_view text);
  /// Fails at `node` unless the status is OK; true when it is.
  bool Check(const Node& node, const absl::Status& status);

  bool failed() const { return failure_.has_value(); }
  bool ok() const { return !failure_ && problems_.empty(); }
  /// Problems and a failure: to see whether anything was added since.
  size_t count() const { return problems_.size() + (failure_ ? 1 : 0); }

  const std::optional<Problem>& failure() const { return failure_; }
  /// By position.
  std::vector<Problem> problems() const;

  /// OK, or "FILE:LINE:COLUMN: text" with the texts of go-yaml behind: "yaml: unmarshal errors: ..." for problems of type, joined by "; ".
  absl::Status status(std::string_view file) const;

 private:
  const Dialect dialect_;
  const bool ignore_unknown_fields_;
  std::vector<Problem> problems_;
  std::optional<Problem> failure_;
};

/// The name that Go's reflection gives a type in the texts of problems. Found by argument: each struct that is decoded has one beside its
/// DecodeYaml(Decoder&, const Node&, T*).
inline std::string GoTypeName(const std::string*) { return "string"; }
inline std::string GoTypeName(const bool*) { return "bool"; }
inline std::string GoTypeName(const int64_t*) { return "int"; }
inline std::string GoTypeName(const uint64_t*) { return "uint"; }
inline std::string GoTypeName(const double*) { return "float64"; }
template <typename T>
std::string GoTypeName(const std::vector<T>*);
template <typename T>
std::string GoTypeName(const std::map<std::string, T>*);

// A null node never comes here: Read() has given the zero value already.
void DecodeYaml(Decoder& decoder, const Node& node, std::string* out);
void DecodeYaml(Decoder& decoder, const Node& node, bool* out);
void DecodeYaml(Decoder& decoder, const Node& node, int64_t* out);
void DecodeYaml(Decoder& decoder, const Node& node, uint64_t* out);
void DecodeYaml(Decoder& decoder, const Node& node, double* out);
template <typename T>
void DecodeYaml(Decoder& decoder, const Node& node, std::vector<T>* out);
template <typename T>
void DecodeYaml(Decoder& decoder, const Node& node, std::map<std::string, T>* out);
template <typename T>
void DecodeYaml(Decoder& decoder, const Node& node, std::optional<T>* out);

/// Decodes a node of any kind; null gives T{}.
template <typename T>
void Read(Decoder& decoder, const Node& node, T* out) {
  if (decoder.failed()) {
    return;
  }
  if (node.IsNull()) {
    *out = T{};
    return;
  }
  DecodeYaml(decoder, node, out);
}

/// Reports keys given twice, in the words of the dialect; `go_type` names a struct, or is "" for a map. False when there are any.
bool CheckUniqueKeys(Decoder& decoder, const Node& mapping, std::string_view go_type);

/// Reads a mapping into the fields of a struct:
///   StructReader reader(decoder, node, "config.plain");
///   reader.Field("job_name", &job.name);
///   if (!reader.Finish()) return;     // unknown fields are reported here
///   ... checks of values, with decoder.Fail(...)
class StructReader {
 public:
  StructReader(Decoder& decoder, const Node& node, std::string_view go_type);

  /// Decodes the field into *out when it is there; otherwise *out keeps what it has.
  template <typename T>
  StructReader& Field(std::string_view name, T* out) {
    if (const Node* value = Take(name)) {
      Read(decoder_, *value, out);
    }
    return *this;
  }

  /// The value of a field, marked as known; nullptr when it is absent.
  const Node* Take(std::string_view name);

  /// Reports unknown fields. False when anything was wrong since the construction.
  bool Finish();

 private:
  Decoder& decoder_;
  const Node& node_;
  const std::string go_type_;
  const size_t count_before_;
  std::vector<bool> taken_;
};

template <typename T>
std::string GoTypeName(const std::vector<T>*) {
  return "[]" + GoTypeName(static_cast<const T*>(nullptr));
}

template <typename T>
std::string GoTypeName(const std::map<std::string, T>*) {
  return "map[string]" + GoTypeName(static_cast<const T*>(nullptr));
}

template <typename T>
void DecodeYaml(Decoder& decoder, const Node& node, std::vector<T>* out) {
  if (node.kind != Kind::kSequence) {
    decoder.AddTypeProblem(node, GoTypeName(out));
    return;
  }
  out->clear();
  for (const Node* item : node.items) {
    T value{};
    Read(decoder, *item, &value);
    out->push_back(std::move(value));
  }
}

template <typename T>
void DecodeYaml(Decoder& decoder, const Node& node, std::map<std::string, T>* out) {
  if (node.kind != Kind::kMapping) {
    decoder.AddTypeProblem(node, GoTypeName(out));
    return;
  }
  CheckUniqueKeys(decoder, node, "");
  for (const Node::Entry& entry : node.entries) {
    std::string key;
    T value{};
    Read(decoder, *entry.key, &key);
    Read(decoder, *entry.value, &value);
    (*out)[std::move(key)] = std::move(value);
  }
}

template <typename T>
std::string GoTypeName(const std::optional<T>*) {
  return GoTypeName(static_cast<const T*>(nullptr));
}

template <typename T>
void DecodeYaml(Decoder& decoder, const Node& node, std::optional<T>* out) {
  T value{};
  DecodeYaml(decoder, node, &value);
  *out = std::move(value);
}

}  // namespace tocsin::yaml
