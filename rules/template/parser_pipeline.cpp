#include "base/status.h"
#include "base/text/quote.h"
#include "rules/template/functions.h"
#include "rules/template/literal.h"
#include "rules/template/parser_state.h"

/// The part of the parser that reads what stands between the delimiters: pipelines, commands, operands.
namespace tocsin::gotemplate {

NodeOr TemplateParser::Pipeline(std::string_view context, TokenType end) {
  const Depth depth(&depth_);
  if (depth_ > kMaxTemplateDepth) {
    return TooDeep();
  }
  NodePtr pipe = NewNode(NodeType::kPipe, PeekNonSpace().pos);
  RETURN_IF_ERROR(Declarations(context, pipe.get()));
  while (true) {
    const Token& token = NextNonSpace();
    if (token.type == end) {
      RETURN_IF_ERROR(CheckPipeline(*pipe, context));
      return pipe;
    }
    switch (token.type) {
      case TokenType::kBool:
      case TokenType::kCharConstant:
      case TokenType::kDot:
      case TokenType::kField:
      case TokenType::kIdentifier:
      case TokenType::kNumber:
      case TokenType::kNil:
      case TokenType::kRawString:
      case TokenType::kString:
      case TokenType::kVariable:
      case TokenType::kLeftParen: {
        Unread(token);
        ASSIGN_OR_RETURN(NodePtr command, Command());
        pipe->children.push_back(std::move(command));
        break;
      }
      default:
        return Unexpected(token, context);
    }
  }
}

absl::Status TemplateParser::Declarations(std::string_view context, Node* pipe) {
  while (PeekNonSpace().type == TokenType::kVariable) {
    const Token& variable = Next();
    const Token& after = PeekNonSpace();
    if (after.type == TokenType::kAssign || after.type == TokenType::kDeclare) {
      pipe->assigns = after.type == TokenType::kAssign;
      Next();
      Declare(variable, pipe);
      return absl::OkStatus();
    }
    if (after.type != TokenType::kChar || after.text != ",") {
      Unread(variable);
      return absl::OkStatus();
    }
    Next();
    Declare(variable, pipe);
    if (context != "range" || pipe->variables.size() >= 2) {
      return Error("too many declarations in ", context);
    }
    const TokenType follows = PeekNonSpace().type;
    if (follows != TokenType::kVariable && follows != TokenType::kRightDelim && follows != TokenType::kRightParen) {
      return Error("range can only initialize variables");
    }
  }
  return absl::OkStatus();
}

void TemplateParser::Declare(const Token& token, Node* pipe) {
  NodePtr variable = NewNode(NodeType::kVariable, token.pos);
  variable->names = {token.text};
  pipe->variables.push_back(std::move(variable));
  variables_.push_back(token.text);
}

absl::Status TemplateParser::CheckPipeline(const Node& pipe, std::string_view context) const {
  if (pipe.children.empty()) {
    return Error("missing value for ", context);
  }
  for (size_t i = 1; i < pipe.children.size(); ++i) {
    switch (pipe.children[i]->children[0]->type) {
      case NodeType::kBool:
      case NodeType::kDot:
      case NodeType::kNil:
      case NodeType::kNumber:
      case NodeType::kString:
        return Error("non executable command in pipeline stage ", i + 1);
      default:
        break;
    }
  }
  return absl::OkStatus();
}

NodeOr TemplateParser::Command() {
  NodePtr command = NewNode(NodeType::kCommand, PeekNonSpace().pos);
  while (true) {
    PeekNonSpace();
    ASSIGN_OR_RETURN(NodePtr operand, Operand());
    if (operand != nullptr) {
      command->children.push_back(std::move(operand));
    }
    const Token& token = Next();
    if (token.type == TokenType::kSpace) {
      continue;
    }
    if (token.type == TokenType::kRightDelim || token.type == TokenType::kRightParen) {
      Unread(token);
    } else if (token.type != TokenType::kPipe) {
      return Unexpected(token, "operand");
    }
    break;
  }
  if (command->children.empty()) {
    return Error("empty command");
  }
  return command;
}

NodeOr TemplateParser::Operand() {
  ASSIGN_OR_RETURN(NodePtr node, Term());
  if (node == nullptr || Peek().type != TokenType::kField) {
    return node;
  }
  const size_t pos = Peek().pos;
  std::vector<std::string> fields;
  while (Peek().type == TokenType::kField) {
    fields.push_back(Next().text.substr(1));
  }
  switch (node->type) {
    case NodeType::kField:
    case NodeType::kVariable:
      node->pos = pos;
      node->names.insert(node->names.end(), fields.begin(), fields.end());
      return node;
    case NodeType::kBool:
    case NodeType::kString:
    case NodeType::kNumber:
    case NodeType::kNil:
    case NodeType::kDot:
      return Error("unexpected . after term ", GoQuoted(NodeText(*node)));
    default: {
      NodePtr chain = NewNode(NodeType::kChain, pos);
      chain->children.push_back(std::move(node));
      chain->names = std::move(fields);
      return chain;
    }
  }
}

NodeOr TemplateParser::Term() {
  const Token& token = NextNonSpace();
  switch (token.type) {
    case TokenType::kIdentifier: {
      if (FindFunction(token.text) == nullptr) {
        return Error("function ", GoQuoted(token.text), " not defined");
      }
      NodePtr node = NewNode(NodeType::kIdentifier, token.pos);
      node->text = token.text;
      return node;
    }
    case TokenType::kDot:
      return NewNode(NodeType::kDot, token.pos);
    case TokenType::kNil:
      return NewNode(NodeType::kNil, token.pos);
    case TokenType::kVariable:
      return UseVariable(token);
    case TokenType::kField: {
      NodePtr node = NewNode(NodeType::kField, token.pos);
      node->names = {token.text.substr(1)};
      return node;
    }
    case TokenType::kBool: {
      NodePtr node = NewNode(NodeType::kBool, token.pos);
      node->truth = token.text == "true";
      return node;
    }
    case TokenType::kCharConstant:
    case TokenType::kNumber: {
      NodePtr node = NewNode(NodeType::kNumber, token.pos);
      node->text = token.text;
      const absl::Status read = ReadNumber(token.text, &node->number);
      if (!read.ok()) {
        return Error(Message(read));
      }
      return node;
    }
    case TokenType::kLeftParen:
      return Pipeline("parenthesized pipeline", TokenType::kRightParen);
    case TokenType::kString:
    case TokenType::kRawString: {
      NodePtr node = NewNode(NodeType::kString, token.pos);
      node->quoted = token.text;
      ASSIGN_OR_RETURN(node->text, Unquote(token));
      return node;
    }
    default:
      Unread(token);
      return NodePtr(nullptr);
  }
}

NodeOr TemplateParser::UseVariable(const Token& token) {
  for (const std::string& name : variables_) {
    if (name == token.text) {
      NodePtr node = NewNode(NodeType::kVariable, token.pos);
      node->names = {token.text};
      return node;
    }
  }
  return Error("undefined variable ", GoQuoted(token.text));
}

}  // namespace tocsin::gotemplate
