#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "rules/template/evaluator.h"

namespace tocsin::gotemplate {

/// Evaluates pipelines: variables, fields, function calls. Keeps the node that error texts name, as Go's executor does.
class Evaluation {
 public:
  Evaluation(const TreeSet& set, const Value& data, const FunctionContext& context, const ExecuteOptions& options);

  /// The value of a pipeline; its variables are declared or set.
  absl::StatusOr<Value> Pipeline(const Value& dot, const Node& pipe);

  /// The node at which an error would be.
  void At(const Node& node) { at_ = &node; }

  template <typename... Args>
  absl::Status Error(const Args&... args) const {
    return ErrorAt(Cat(args...));
  }

  /// Counts towards kMaxSteps.
  absl::Status Step();

  const Node* FindTree(std::string_view name) const;

  size_t VariableMark() const { return variables_.size(); }
  void PopVariables(size_t mark) { variables_.resize(mark); }
  absl::Status SetVariable(std::string_view name, const Value& value);
  /// The n-th variable from the top, counted from 1.
  void SetTopVariable(size_t n, const Value& value) { variables_[variables_.size() - n].value = value; }

  /// Variables of the caller are not seen inside.
  struct Scope {
    std::string template_name;
    size_t first_variable;
    size_t mark;
  };
  Scope EnterTemplate(std::string_view name, const Value& data);
  void LeaveTemplate(const Scope& scope);

 private:
  struct Variable {
    std::string name;
    Value value;
  };
  /// What a call is given by the pipeline; null: nothing.
  using Final = const Value*;
  /// The arguments of a command, the function or field itself at the front.
  using Arguments = std::span<const NodePtr>;

  absl::Status ErrorAt(const std::string& text) const;

  absl::StatusOr<Value> Command(const Value& dot, const Node& command, Final final);
  absl::StatusOr<Value> Literal(const Node& word);
  absl::StatusOr<Value> FieldNode(const Value& dot, const Node& node, Arguments args, Final final);
  absl::StatusOr<Value> ChainNode(const Value& dot, const Node& node, Arguments args, Final final);
  absl::StatusOr<Value> VariableNode(const Value& dot, const Node& node, Arguments args, Final final);
  absl::StatusOr<Value> FieldChain(const Value& dot, Value receiver, std::span<const std::string> fields, Arguments args, Final final);
  absl::StatusOr<Value> Field(const Value& dot, const std::string& field, const Value& receiver, Arguments args, Final final);
  absl::StatusOr<Value> MapField(const std::string& field, const Value& receiver);
  absl::StatusOr<Value> FunctionNode(const Value& dot, const Node& at, const std::string& name, Arguments args, Final final);
  absl::StatusOr<Value> Call(const Value& dot, const Function& function, const Value* receiver, const Node* at, Arguments args,
                             Final final);
  absl::StatusOr<Value> ShortCircuit(const Value& dot, const Function& function, Arguments args, Final final);
  absl::StatusOr<Value> Argument(const Value& dot, ParamType type, const Node& node);
  absl::StatusOr<Value> Checked(Value value, ParamType type);
  absl::StatusOr<Value> NumberConstant(const Node& node);
  absl::Status NotAFunction(Arguments args, Final final);
  absl::StatusOr<Value> VariableValue(std::string_view name);

  const TreeSet& set_;
  const FunctionContext& context_;
  const ExecuteOptions& options_;
  const Node* at_ = nullptr;
  std::string template_name_;
  std::vector<Variable> variables_;
  size_t first_variable_ = 0;
  int64_t steps_ = 0;
};

}  // namespace tocsin::gotemplate
