#include "rules/template/node.h"

#include "absl/strings/str_join.h"
#include "base/text/quote.h"

namespace tocsin::gotemplate {
namespace {

void AppendNode(const Node& node, std::string* out);

void AppendJoined(const std::vector<NodePtr>& nodes, std::string_view separator, std::string* out) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) {
      out->append(separator);
    }
    const bool parenthesised = separator == " " && nodes[i]->type == NodeType::kPipe;
    out->append(parenthesised ? "(" : "");
    AppendNode(*nodes[i], out);
    out->append(parenthesised ? ")" : "");
  }
}

void AppendBranch(std::string_view keyword, const Node& node, std::string* out) {
  Append(out, "{{", keyword, " ");
  AppendNode(*node.pipe, out);
  out->append("}}");
  AppendNode(*node.list, out);
  if (node.else_list != nullptr) {
    out->append("{{else}}");
    AppendNode(*node.else_list, out);
  }
  out->append("{{end}}");
}

void AppendNode(const Node& node, std::string* out) {
  switch (node.type) {
    case NodeType::kList:
      return AppendJoined(node.children, "", out);
    case NodeType::kText:
    case NodeType::kNumber:
    case NodeType::kIdentifier:
      return void(out->append(node.text));
    case NodeType::kAction:
      out->append("{{");
      AppendNode(*node.pipe, out);
      return void(out->append("}}"));
    case NodeType::kPipe:
      if (!node.variables.empty()) {
        AppendJoined(node.variables, ", ", out);
        out->append(node.assigns ? " = " : " := ");
      }
      return AppendJoined(node.children, " | ", out);
    case NodeType::kCommand:
      return AppendJoined(node.children, " ", out);
    case NodeType::kVariable:
      return void(out->append(absl::StrJoin(node.names, ".")));
    case NodeType::kDot:
      return out->push_back('.');
    case NodeType::kNil:
      return void(out->append("nil"));
    case NodeType::kField:
      for (const std::string& name : node.names) {
        Append(out, ".", name);
      }
      return;
    case NodeType::kChain: {
      const bool parenthesised = node.children[0]->type == NodeType::kPipe;
      out->append(parenthesised ? "(" : "");
      AppendNode(*node.children[0], out);
      out->append(parenthesised ? ")" : "");
      for (const std::string& name : node.names) {
        Append(out, ".", name);
      }
      return;
    }
    case NodeType::kBool:
      return void(out->append(node.truth ? "true" : "false"));
    case NodeType::kString:
      return void(out->append(node.quoted));
    case NodeType::kIf:
      return AppendBranch("if", node, out);
    case NodeType::kRange:
      return AppendBranch("range", node, out);
    case NodeType::kWith:
      return AppendBranch("with", node, out);
    case NodeType::kTemplate:
      Append(out, "{{template ", GoQuoted(node.text));
      if (node.pipe != nullptr) {
        out->push_back(' ');
        AppendNode(*node.pipe, out);
      }
      return void(out->append("}}"));
    case NodeType::kBreak:
      return void(out->append("{{break}}"));
    case NodeType::kContinue:
      return void(out->append("{{continue}}"));
    case NodeType::kElse:
      return void(out->append("{{else}}"));
    case NodeType::kEnd:
      return void(out->append("{{end}}"));
  }
}

}  // namespace

std::string NodeText(const Node& node) {
  std::string out;
  AppendNode(node, &out);
  return out;
}

}  // namespace tocsin::gotemplate
