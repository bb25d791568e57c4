#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/yaml/yaml.h"

namespace tocsin::yaml {

/// Writes one YAML document in the layout of go-yaml: two spaces, lists not indented below their key, strings quoted only where they would
/// be read as something else, long lines folded at 80 columns.
///   Emitter out; out.BeginMap(); out.Key("a"); out.Int(1); out.EndMap(); text = out.Finish();
/// Threads: one.
class Emitter {
 public:
  Emitter();
  ~Emitter();
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  void BeginMap();
  void EndMap();
  void BeginList(bool flow = false);
  void EndList();

  void Key(std::string_view key) { String(key); }
  void String(std::string_view value);
  void Int(int64_t value);
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  /// Text that is written without quotes: numbers, "null", "{}".
  void Raw(std::string_view value);
  /// A node that was parsed, with its places and anchors forgotten.
  void Write(const Node& node);

  std::string Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::yaml
