#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin::yaml {

/// Limits on what is read; beyond them a document is refused with an error.
inline constexpr size_t kMaxBytes = 64 << 20;
inline constexpr int kMaxDepth = 200;
/// Nodes of a document with every alias written out ("billion laughs").
inline constexpr size_t kMaxExpandedNodes = 4'000'000;

/// A place in a text, both counted from 1; {0, 0} is no place.
struct Position {
  int line = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

enum class Kind { kScalar, kSequence, kMapping };

/// One node of a document. Aliases share the node they name.
struct Node {
  struct Entry {
    const Node* key;
    const Node* value;
    bool merged = false;  ///< It came from a merge key ("<<"); own keys have overridden it already.
  };

  Kind kind = Kind::kScalar;
  bool plain = false;  ///< A scalar without quotes and not in block style.
  bool block = false;  ///< A literal or folded scalar: its text starts a line below `position`.
  Position position;
  std::string tag;                 ///< An explicit tag in short form ("!!str", "!mine"), else "".
  std::string text;                ///< Of a scalar.
  std::vector<const Node*> items;  ///< Of a sequence.
  std::vector<Entry> entries;      ///< Of a mapping, in the order of the text, those of merge keys first.

  /// "!!null", "!!bool", "!!int", "!!float", "!!str", "!!binary", "!!seq", "!!map" or an explicit tag: the type that YAML 1.1 gives
  /// the node, as go-yaml resolves it.
  std::string_view ResolvedTag() const;
  bool IsNull() const;

  /// The value of a key of a mapping, or nullptr.
  const Node* Find(std::string_view key) const;
};

/// Owns the nodes of one document.
class Document {
 public:
  Document() = default;
  // A copy's root would lie in the original.
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;

  /// nullptr when the document is empty.
  const Node* root() const { return root_; }

 private:
  friend class Loader;
  std::unique_ptr<std::deque<Node>> nodes_ = std::make_unique<std::deque<Node>>();  // stays in place when the document moves
  const Node* root_ = nullptr;
};

/// Parses the first document of `text`. `more`, if given, tells whether another one follows.
/// Errors have the texts of go-yaml: "yaml: line 3: did not find expected key"; `error_at`, if given, is then set to the exact place.
absl::StatusOr<Document> Parse(std::string_view text, bool* more = nullptr, Position* error_at = nullptr);

/// All documents of a stream, empty ones left out.
absl::StatusOr<std::vector<Document>> ParseAll(std::string_view text);

}  // namespace tocsin::yaml
