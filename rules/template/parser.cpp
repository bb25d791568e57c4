#include "rules/template/parser.h"

#include <utility>

#include "base/status.h"
#include "base/text/quote.h"
#include "rules/template/functions.h"
#include "rules/template/lexer.h"
#include "rules/template/literal.h"

namespace tocsin::gotemplate {
namespace {

using NodeOr = absl::StatusOr<NodePtr>;

NodePtr NewNode(NodeType type, size_t pos) { return std::make_unique<Node>(type, pos); }

class Parser {
 public:
  Parser(std::string_view name, std::string_view text) : set_(std::make_unique<TreeSet>()), tokens_(Tokenize(text)) {
    set_->name = name;
    set_->text = text;
  }

  absl::StatusOr<std::unique_ptr<const TreeSet>> Run() {
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

 private:
  /// What follows {{ and } and | is read with a bounded number of frames.
  class Depth {
   public:
    explicit Depth(int* depth) : depth_(depth) { ++*depth_; }
    ~Depth() { --*depth_; }

   private:
    int* depth_;
  };

  const Token& Peek() const { return tokens_[next_]; }
  const Token& Next() {
    const Token& token = tokens_[next_];
    if (next_ + 1 < tokens_.size()) {
      ++next_;
    }
    last_ = &token;
    return token;
  }
  const Token& PeekNonSpace() {
    while (Peek().type == TokenType::kSpace) {
      Next();
    }
    return Peek();
  }
  const Token& NextNonSpace() {
    PeekNonSpace();
    return Next();
  }

  template <typename... Args>
  absl::Status Error(const Args&... args) const {
    return absl::InvalidArgumentError(Cat("template: ", set_->name, ":", last_->line, ": ", args...));
  }

  absl::Status Unexpected(const Token& token, std::string_view context) {
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

  absl::Status TooDeep() const { return Error("template nested too deeply"); }

  /// The end token of the text need not stand in the list: it stays the next one for ever.
  absl::Status Expect(TokenType type, std::string_view context) {
    const Token& token = NextNonSpace();
    return token.type == type ? absl::OkStatus() : Unexpected(token, context);
  }

  absl::StatusOr<std::string> ExpectName(std::string_view context) {
    const Token& token = NextNonSpace();
    if (token.type != TokenType::kString && token.type != TokenType::kRawString) {
      return Unexpected(token, context);
    }
    return Unquote(token);
  }

  absl::StatusOr<std::string> Unquote(const Token& token) {
    std::string value;
    if (!UnquoteGo(token.text, &value)) {
      return Error("invalid syntax");
    }
    return value;
  }

  void AddTree(const std::string& name, NodePtr list) {
    // An empty redefinition does not replace what is there.
    NodePtr& tree = set_->trees[name];
    if (tree == nullptr || !IsEmptyTree(*list)) {
      tree = std::move(list);
    }
  }

  static bool IsEmptyTree(const Node& list) {
    for (const NodePtr& node : list.children) {
      if (node->type != NodeType::kText || node->text.find_first_not_of(" \t\r\n") != std::string::npos) {
        return false;
      }
    }
    return true;
  }

  absl::Status Definition() {
    constexpr std::string_view kContext = "define clause";
    ASSIGN_OR_RETURN(std::string name, ExpectName(kContext));
    RETURN_IF_ERROR(Expect(TokenType::kRightDelim, kContext));
    std::vector<std::string> outer_variables = std::exchange(variables_, {"$"});
    const int outer_ranges = std::exchange(range_depth_, 0);
    NodePtr end;
    ASSIGN_OR_RETURN(NodePtr list, ItemList(&end));
    if (end->type != NodeType::kEnd) {
      return Error("unexpected ", NodeText(*end), " in ", kContext);
    }
    variables_ = std::move(outer_variables);
    range_depth_ = outer_ranges;
    AddTree(name, std::move(list));
    return absl::OkStatus();
  }

  /// Up to {{end}} or {{else}}, which goes to `end`.
  NodeOr ItemList(NodePtr* end) {
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

  NodeOr TextOrAction() {
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

  NodeOr Action() {
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

  void Unread(const Token& token) { next_ = static_cast<size_t>(&token - tokens_.data()); }

  NodeOr LoopControl(const Token& token, NodeType type, std::string_view text) {
    const Token& after = NextNonSpace();
    if (after.type != TokenType::kRightDelim) {
      return Unexpected(after, text);
    }
    if (range_depth_ == 0) {
      return Error(text, " outside {{range}}");
    }
    return NewNode(type, token.pos);
  }

  NodeOr Control(NodeType type, size_t pos, std::string_view keyword) {
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

  absl::Status ElseBranch(NodeType type, const Node& else_node, Node* node) {
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

  NodeOr Block(const Token& token) {
    constexpr std::string_view kContext = "block clause";
    ASSIGN_OR_RETURN(std::string name, ExpectName(kContext));
    NodePtr node = NewNode(NodeType::kTemplate, token.pos);
    node->text = name;
    ASSIGN_OR_RETURN(node->pipe, Pipeline(kContext, TokenType::kRightDelim));
    std::vector<std::string> outer_variables = std::exchange(variables_, {"$"});
    const int outer_ranges = std::exchange(range_depth_, 0);
    NodePtr end;
    ASSIGN_OR_RETURN(NodePtr list, ItemList(&end));
    if (end->type != NodeType::kEnd) {
      return Error("unexpected ", NodeText(*end), " in ", kContext);
    }
    variables_ = std::move(outer_variables);
    range_depth_ = outer_ranges;
    AddTree(name, std::move(list));
    return node;
  }

  NodeOr TemplateCall(const Token& token) {
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

  NodeOr Pipeline(std::string_view context, TokenType end) {
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

  /// "$x :=", "$x =", and for range "$i, $x :=".
  absl::Status Declarations(std::string_view context, Node* pipe) {
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

  void Declare(const Token& token, Node* pipe) {
    NodePtr variable = NewNode(NodeType::kVariable, token.pos);
    variable->names = {token.text};
    pipe->variables.push_back(std::move(variable));
    variables_.push_back(token.text);
  }

  absl::Status CheckPipeline(const Node& pipe, std::string_view context) const {
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

  NodeOr Command() {
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

  /// A term with fields behind it; null when no term stands here.
  NodeOr Operand() {
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

  NodeOr Term() {
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

  NodeOr UseVariable(const Token& token) {
    for (const std::string& name : variables_) {
      if (name == token.text) {
        NodePtr node = NewNode(NodeType::kVariable, token.pos);
        node->names = {token.text};
        return node;
      }
    }
    return Error("undefined variable ", GoQuoted(token.text));
  }

  std::unique_ptr<TreeSet> set_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  const Token* last_ = &tokens_[0];
  int action_line_ = 0;
  int range_depth_ = 0;
  int depth_ = 0;
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace

absl::StatusOr<std::unique_ptr<const TreeSet>> ParseTemplate(std::string_view name, std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return absl::InvalidArgumentError(Cat("template: ", name, ":1: template longer than ", kMaxTemplateBytes, " bytes"));
  }
  return Parser(name, text).Run();
}

}  // namespace tocsin::gotemplate
