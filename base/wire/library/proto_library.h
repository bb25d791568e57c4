#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tocsin::wire {

/// The protobuf library's view of the schemas in base/wire/proto, loaded at run time: an oracle for the hand-written codecs.
/// Threads: one.
class ProtoLibrary {
 public:
  ProtoLibrary();
  ~ProtoLibrary();

  /// Parses `bytes` as message `name` ("prometheus.WriteRequest") and writes it anew. False: the library refuses it.
  bool Rewrite(std::string_view name, std::string_view bytes, std::string* rewritten);

  /// The library's debug text of the message; "" when it refuses it.
  std::string Text(std::string_view name, std::string_view bytes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::wire
