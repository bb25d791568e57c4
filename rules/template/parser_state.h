#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/strings.h"
#include "rules/template/lexer.h"
#include "rules/template/node.h"
#include "rules/template/parser.h"

namespace tocsin::gotemplate {

using NodeOr = absl::StatusOr<NodePtr>;

inline NodePtr NewNode(NodeType type, size_t pos) { return std::make_unique<Node>(type, pos); }

/// The parser while it is at work on one text: statements are in parser.cpp, pipelines in parser_pipeline.cpp.
class TemplateParser {
 public:
  TemplateParser(std::string_view name, std::string_view text) : set_(std::make_unique<TreeSet>()), tokens_(Tokenize(text)) {
    set_->name = name;
    set_->text = text;
  }

  absl::StatusOr<std::unique_ptr<const TreeSet>> Run();

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
  const Token& Next();
  const Token& PeekNonSpace();
  const Token& NextNonSpace();

  template <typename... Args>
  absl::Status Error(const Args&... args) const {
    return absl::InvalidArgumentError(Cat("template: ", set_->name, ":", last_->line, ": ", args...));
  }

  absl::Status Unexpected(const Token& token, std::string_view context);

  absl::Status TooDeep() const { return Error("template nested too deeply"); }

  /// The end token of the text need not stand in the list: it stays the next one for ever.
  absl::Status Expect(TokenType type, std::string_view context);

  absl::StatusOr<std::string> ExpectName(std::string_view context);

  absl::StatusOr<std::string> Unquote(const Token& token);

  void AddTree(const std::string& name, NodePtr list);

  static bool IsEmptyTree(const Node& list);

  /// What a definition contains, up to its {{end}}, as a tree with variables of its own.
  absl::Status NamedTree(std::string_view context, const std::string& name);
  absl::Status Definition();

  /// Up to {{end}} or {{else}}, which goes to `end`.
  NodeOr ItemList(NodePtr* end);

  NodeOr TextOrAction();

  NodeOr Action();

  void Unread(const Token& token) { next_ = static_cast<size_t>(&token - tokens_.data()); }

  NodeOr LoopControl(const Token& token, NodeType type, std::string_view text);

  NodeOr Control(NodeType type, size_t pos, std::string_view keyword);

  absl::Status ElseBranch(NodeType type, const Node& else_node, Node* node);

  NodeOr Block(const Token& token);

  NodeOr TemplateCall(const Token& token);

  NodeOr Pipeline(std::string_view context, TokenType end);

  /// "$x :=", "$x =", and for range "$i, $x :=".
  absl::Status Declarations(std::string_view context, Node* pipe);

  void Declare(const Token& token, Node* pipe);

  absl::Status CheckPipeline(const Node& pipe, std::string_view context) const;

  NodeOr Command();

  /// A term with fields behind it; null when no term stands here.
  NodeOr Operand();

  NodeOr Term();

  NodeOr UseVariable(const Token& token);

  std::unique_ptr<TreeSet> set_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  const Token* last_ = &tokens_[0];
  int action_line_ = 0;
  int range_depth_ = 0;
  int depth_ = 0;
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace tocsin::gotemplate
