#include "rules/template/parser.h"

#include <utility>

#include "base/status.h"
#include "rules/template/literal.h"
#include "rules/template/parser_state.h"

namespace tocsin::gotemplate {

absl::StatusOr<std::unique_ptr<const TreeSet>> TemplateParser::Run() {
  NodePtr root = NewNode(NodeType::kList, 0);
  while (Peek().type != TokenType::kEof) {
    if (Peek().type == TokenType::kLeftDelim) {
      const size_t at_delim = next_;
      Next();
      if (NextNonSpace().type == TokenType::kDefine) {
        RETURN_IF_ERROR(Definition());
        continue;
      }
      next_ = at_delim;
    }
    ASSIGN_OR_RETURN(NodePtr node, TextOrAction());
    if (node->type == NodeType::kEnd || node->type == NodeType::kElse) {
      return Error("unexpected ", NodeText(*node));
    }
    root->children.push_back(std::move(node));
  }
  AddTree(set_->name, std::move(root));
  return std::unique_ptr<const TreeSet>(std::move(set_));
}

const Token& TemplateParser::Next() {
  const Token& token = tokens_[next_];
  if (next_ + 1 < tokens_.size()) {
    ++next_;
  }
  last_ = &token;
  return token;
}

const Token& TemplateParser::PeekNonSpace() {
  while (Peek().type == TokenType::kSpace) {
    Next();
  }
  return Peek();
}

const Token& TemplateParser::NextNonSpace() {
  PeekNonSpace();
  return Next();
}

absl::Status TemplateParser::Unexpected(const Token& token, std::string_view context) {
  last_ = &token;
  if (token.type == TokenType::kError) {
    std::string extra;
    if (action_line_ != 0 && action_line_ != token.line) {
      extra = Cat(token.text.ends_with(" action") ? "" : " in action", " started at ", set_->name, ":", action_line_);
    }
    return Error(token.text, extra);
  }
  return Error("unexpected ", TokenText(token), " in ", context);
}

absl::Status TemplateParser::Expect(TokenType type, std::string_view context) {
  const Token& token = NextNonSpace();
  return token.type == type ? absl::OkStatus() : Unexpected(token, context);
}

absl::StatusOr<std::string> TemplateParser::ExpectName(std::string_view context) {
  const Token& token = NextNonSpace();
  if (token.type != TokenType::kString && token.type != TokenType::kRawString) {
    return Unexpected(token, context);
  }
  return Unquote(token);
}

absl::StatusOr<std::string> TemplateParser::Unquote(const Token& token) {
  std::string value;
  if (!UnquoteGo(token.text, &value)) {
    return Error("invalid syntax");
  }
  return value;
}

void TemplateParser::AddTree(const std::string& name, NodePtr list) {
  // An empty redefinition does not replace what is there.
  NodePtr& tree = set_->trees[name];
  if (tree == nullptr || !IsEmptyTree(*list)) {
    tree = std::move(list);
  }
}

bool TemplateParser::IsEmptyTree(const Node& list) {
  for (const NodePtr& node : list.children) {
    if (node->type != NodeType::kText || node->text.find_first_not_of(" \t\r\n") != std::string::npos) {
      return false;
    }
  }
  return true;
}

absl::Status TemplateParser::NamedTree(std::string_view context, const std::string& name) {
  std::vector<std::string> outer_variables = std::exchange(variables_, {"$"});
  const int outer_ranges = std::exchange(range_depth_, 0);
  NodePtr end;
  ASSIGN_OR_RETURN(NodePtr list, ItemList(&end));
  if (end->type != NodeType::kEnd) {
    return Error("unexpected ", NodeText(*end), " in ", context);
  }
  variables_ = std::move(outer_variables);
  range_depth_ = outer_ranges;
  AddTree(name, std::move(list));
  return absl::OkStatus();
}

absl::Status TemplateParser::Definition() {
  constexpr std::string_view kContext = "define clause";
  ASSIGN_OR_RETURN(std::string name, ExpectName(kContext));
  RETURN_IF_ERROR(Expect(TokenType::kRightDelim, kContext));
  return NamedTree(kContext, name);
}

NodeOr TemplateParser::ItemList(NodePtr* end) {
  NodePtr list = NewNode(NodeType::kList, PeekNonSpace().pos);
  while (PeekNonSpace().type != TokenType::kEof) {
    ASSIGN_OR_RETURN(NodePtr node, TextOrAction());
    if (node->type == NodeType::kEnd || node->type == NodeType::kElse) {
      *end = std::move(node);
      return list;
    }
    list->children.push_back(std::move(node));
  }
  last_ = &Peek();
  return Error("unexpected EOF");
}

NodeOr TemplateParser::TextOrAction() {
  const Token& token = NextNonSpace();
  if (token.type == TokenType::kText) {
    NodePtr node = NewNode(NodeType::kText, token.pos);
    node->text = token.text;
    return node;
  }
  if (token.type != TokenType::kLeftDelim) {
    return Unexpected(token, "input");
  }
  const Depth depth(&depth_);
  if (depth_ > kMaxTemplateDepth) {
    return TooDeep();
  }
  action_line_ = token.line;
  auto node = Action();
  action_line_ = 0;
  return node;
}

NodeOr TemplateParser::Action() {
  const Token& token = NextNonSpace();
  switch (token.type) {
    case TokenType::kBlock:
      return Block(token);
    case TokenType::kBreak:
      return LoopControl(token, NodeType::kBreak, "{{break}}");
    case TokenType::kContinue:
      return LoopControl(token, NodeType::kContinue, "{{continue}}");
    case TokenType::kElse: {
      const Token& after = PeekNonSpace();
      if (after.type == TokenType::kIf || after.type == TokenType::kWith) {
        return NewNode(NodeType::kElse, after.pos);
      }
      RETURN_IF_ERROR(Expect(TokenType::kRightDelim, "else"));
      return NewNode(NodeType::kElse, token.pos);
    }
    case TokenType::kEnd:
      RETURN_IF_ERROR(Expect(TokenType::kRightDelim, "end"));
      return NewNode(NodeType::kEnd, token.pos);
    case TokenType::kIf:
      return Control(NodeType::kIf, token.pos, "if");
    case TokenType::kRange:
      return Control(NodeType::kRange, token.pos, "range");
    case TokenType::kWith:
      return Control(NodeType::kWith, token.pos, "with");
    case TokenType::kTemplate:
      return TemplateCall(token);
    default:
      break;
  }
  Unread(token);
  NodePtr node = NewNode(NodeType::kAction, token.pos);
  ASSIGN_OR_RETURN(node->pipe, Pipeline("command", TokenType::kRightDelim));
  return node;
}

NodeOr TemplateParser::LoopControl(const Token& token, NodeType type, std::string_view text) {
  const Token& after = NextNonSpace();
  if (after.type != TokenType::kRightDelim) {
    return Unexpected(after, text);
  }
  if (range_depth_ == 0) {
    return Error(text, " outside {{range}}");
  }
  return NewNode(type, token.pos);
}

NodeOr TemplateParser::Control(NodeType type, size_t pos, std::string_view keyword) {
  const size_t variables_before = variables_.size();
  NodePtr node = NewNode(type, pos);
  ASSIGN_OR_RETURN(node->pipe, Pipeline(keyword, TokenType::kRightDelim));
  range_depth_ += type == NodeType::kRange ? 1 : 0;
  NodePtr end;
  ASSIGN_OR_RETURN(node->list, ItemList(&end));
  range_depth_ -= type == NodeType::kRange ? 1 : 0;
  if (end->type == NodeType::kElse) {
    RETURN_IF_ERROR(ElseBranch(type, *end, node.get()));
  }
  variables_.resize(variables_before);
  return node;
}

absl::Status TemplateParser::ElseBranch(NodeType type, const Node& else_node, Node* node) {
  const bool chained =
      (type == NodeType::kIf && Peek().type == TokenType::kIf) || (type == NodeType::kWith && Peek().type == TokenType::kWith);
  if (chained) {
    const Depth depth(&depth_);
    if (depth_ > kMaxTemplateDepth) {
      return TooDeep();
    }
    const Token& token = Next();
    node->else_list = NewNode(NodeType::kList, else_node.pos);
    ASSIGN_OR_RETURN(NodePtr inner, Control(type, token.pos, type == NodeType::kIf ? "if" : "with"));
    node->else_list->children.push_back(std::move(inner));
    return absl::OkStatus();
  }
  NodePtr end;
  ASSIGN_OR_RETURN(node->else_list, ItemList(&end));
  if (end->type != NodeType::kEnd) {
    return Error("expected end; found ", NodeText(*end));
  }
  return absl::OkStatus();
}

NodeOr TemplateParser::Block(const Token& token) {
  constexpr std::string_view kContext = "block clause";
  ASSIGN_OR_RETURN(std::string name, ExpectName(kContext));
  NodePtr node = NewNode(NodeType::kTemplate, token.pos);
  node->text = name;
  ASSIGN_OR_RETURN(node->pipe, Pipeline(kContext, TokenType::kRightDelim));
  RETURN_IF_ERROR(NamedTree(kContext, name));
  return node;
}

NodeOr TemplateParser::TemplateCall(const Token& token) {
  constexpr std::string_view kContext = "template clause";
  NodePtr node = NewNode(NodeType::kTemplate, token.pos);
  ASSIGN_OR_RETURN(node->text, ExpectName(kContext));
  const Token& after = NextNonSpace();
  if (after.type != TokenType::kRightDelim) {
    Unread(after);
    ASSIGN_OR_RETURN(node->pipe, Pipeline(kContext, TokenType::kRightDelim));
  }
  return node;
}

absl::StatusOr<std::unique_ptr<const TreeSet>> ParseTemplate(std::string_view name, std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return absl::InvalidArgumentError(Cat("template: ", name, ":1: template longer than ", kMaxTemplateBytes, " bytes"));
  }
  return TemplateParser(name, text).Run();
}

}  // namespace tocsin::gotemplate
