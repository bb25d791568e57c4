#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"
#include "rules/template/value.h"

/// The syntax tree of a template, with the node kinds of Go's text/template/parse.
namespace tocsin::gotemplate {

enum class NodeType {
  kList,
  kText,
  kAction,
  kPipe,
  kCommand,
  kIdentifier,
  kVariable,
  kDot,
  kNil,
  kField,
  kChain,
  kBool,
  kNumber,
  kString,
  kIf,
  kRange,
  kWith,
  kTemplate,
  kBreak,
  kContinue,
  kElse,  // only while parsing
  kEnd,   // only while parsing
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

/// A number literal in every form that its text allows.
struct NumberForms {
  std::optional<int64_t> integer;
  std::optional<uint64_t> unsigned_integer;
  std::optional<double> floating;
};

/// One node; which members count depends on the type.
struct Node {
  Node(NodeType t, size_t p) : type(t), pos(p) {}

  NodeType type;
  size_t pos;                      // byte offset in the text of the template
  std::string text;                // kText, kNumber: as written; kString: the value; kIdentifier and kTemplate: the name
  std::string quoted;              // kString, kTemplate: as written
  std::vector<std::string> names;  // kVariable: "$x", then fields; kField and kChain: fields
  std::vector<NodePtr> children;   // kList: nodes; kPipe: commands; kCommand: arguments; kChain: its operand
  std::vector<NodePtr> variables;  // kPipe: what it declares or assigns
  bool assigns = false;            // kPipe: "=" instead of ":="
  bool truth = false;              // kBool
  NumberForms number;              // kNumber
  NodePtr pipe;                    // kAction, kIf, kRange, kWith; kTemplate: may be null
  NodePtr list;                    // kIf, kRange, kWith
  NodePtr else_list;               // may be null
};

/// The node as a template would have it, for error texts.
std::string NodeText(const Node& node);

/// The trees of one text: its own and those that it defines, by name.
struct TreeSet {
  std::string name;  // of the text itself
  std::string text;
  absl::flat_hash_map<std::string, NodePtr, StringHash, StringEq> trees;
};

}  // namespace tocsin::gotemplate
