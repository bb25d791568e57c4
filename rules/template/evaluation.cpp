#include "rules/template/evaluation.h"

#include <algorithm>

#include "base/status.h"
#include "rules/template/value_print.h"

namespace tocsin::gotemplate {

Evaluation::Evaluation(const TreeSet& set, const Value& data, const FunctionContext& context, const ExecuteOptions& options)
    : set_(set), context_(context), options_(options), template_name_(set.name) {
  variables_.push_back({"$", data});
}

const Node* Evaluation::FindTree(std::string_view name) const {
  const auto it = set_.trees.find(name);
  return it == set_.trees.end() ? nullptr : it->second.get();
}

absl::Status Evaluation::ErrorAt(const std::string& text) const {
  const size_t pos = std::min(at_->pos, set_.text.size());
  const std::string_view before = std::string_view(set_.text).substr(0, pos);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column = newline == std::string_view::npos ? pos : pos - newline - 1;
  return absl::InvalidArgumentError(
      Cat("template: ", set_.name, ":", line, ":", column, ": executing ", GoQuoted(template_name_), " at <", NodeText(*at_), ">: ", text));
}

absl::Status Evaluation::Step() {
  if (++steps_ > kMaxSteps) {
    return Error("more than ", kMaxSteps, " steps");
  }
  return absl::OkStatus();
}

absl::Status Evaluation::SetVariable(std::string_view name, const Value& value) {
  for (size_t i = variables_.size(); i > first_variable_; --i) {
    if (variables_[i - 1].name == name) {
      variables_[i - 1].value = value;
      return absl::OkStatus();
    }
  }
  return Error("undefined variable: ", name);
}

absl::StatusOr<Value> Evaluation::VariableValue(std::string_view name) {
  for (size_t i = variables_.size(); i > first_variable_; --i) {
    if (variables_[i - 1].name == name) {
      return variables_[i - 1].value;
    }
  }
  return Error("undefined variable: ", name);
}

Evaluation::Scope Evaluation::EnterTemplate(std::string_view name, const Value& data) {
  Scope scope{template_name_, first_variable_, variables_.size()};
  template_name_ = name;
  first_variable_ = variables_.size();
  variables_.push_back({"$", data});
  return scope;
}

void Evaluation::LeaveTemplate(const Scope& scope) {
  template_name_ = scope.template_name;
  first_variable_ = scope.first_variable;
  variables_.resize(scope.mark);
}

absl::StatusOr<Value> Evaluation::Pipeline(const Value& dot, const Node& pipe) {
  At(pipe);
  std::optional<Value> value;
  for (const NodePtr& command : pipe.children) {
    RETURN_IF_ERROR(Step());
    ASSIGN_OR_RETURN(Value next, Command(dot, *command, value ? &*value : nullptr));
    next.Unbox();
    value = std::move(next);
  }
  for (const NodePtr& variable : pipe.variables) {
    if (pipe.assigns) {
      RETURN_IF_ERROR(SetVariable(variable->names[0], *value));
    } else {
      variables_.push_back({variable->names[0], *value});
    }
  }
  return *std::move(value);
}

absl::Status Evaluation::NotAFunction(Arguments args, Final final) {
  if (args.size() > 1 || final != nullptr) {
    return Error("can't give argument to non-function ", NodeText(*args[0]));
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> Evaluation::Command(const Value& dot, const Node& command, Final final) {
  const Node& word = *command.children[0];
  const Arguments args(command.children);
  switch (word.type) {
    case NodeType::kField:
      return FieldNode(dot, word, args, final);
    case NodeType::kChain:
      return ChainNode(dot, word, args, final);
    case NodeType::kIdentifier:
      return FunctionNode(dot, command, word.text, args, final);
    case NodeType::kPipe:
      RETURN_IF_ERROR(NotAFunction(args, final));
      return Pipeline(dot, word);
    case NodeType::kVariable:
      return VariableNode(dot, word, args, final);
    default:
      break;
  }
  At(word);
  RETURN_IF_ERROR(NotAFunction(args, final));
  if (word.type == NodeType::kDot) {
    return dot;
  }
  if (word.type == NodeType::kNil) {
    return Error("nil is not a command");
  }
  return Literal(word);
}

absl::StatusOr<Value> Evaluation::Literal(const Node& word) {
  switch (word.type) {
    case NodeType::kBool:
      return Value(word.truth);
    case NodeType::kNumber:
      return NumberConstant(word);
    case NodeType::kString:
      return Value(word.text);
    default:
      return Error("can't evaluate command ", GoQuoted(NodeText(word)));
  }
}

/// The value of a number of no declared type: a float when it is written as one.
absl::StatusOr<Value> Evaluation::NumberConstant(const Node& node) {
  At(node);
  const bool hex = node.text.size() > 2 && node.text[0] == '0' && (node.text[1] == 'x' || node.text[1] == 'X');
  const bool hex_integer = hex && node.text.find_first_of("pP") == std::string::npos;
  const bool rune = node.text[0] == '\'';
  if (node.number.floating && !hex_integer && !rune && node.text.find_first_of(".eEpP") != std::string::npos) {
    return Value(*node.number.floating);
  }
  if (node.number.integer) {
    return Value(*node.number.integer);
  }
  return Error(node.text, " overflows int");
}

absl::StatusOr<Value> Evaluation::FieldNode(const Value& dot, const Node& node, Arguments args, Final final) {
  At(node);
  return FieldChain(dot, dot, node.names, args, final);
}

absl::StatusOr<Value> Evaluation::ChainNode(const Value& dot, const Node& node, Arguments args, Final final) {
  At(node);
  if (node.children[0]->type == NodeType::kNil) {
    return Error("indirection through explicit nil in ", NodeText(node));
  }
  ASSIGN_OR_RETURN(Value receiver, Argument(dot, ParamType::kAny, *node.children[0]));
  return FieldChain(dot, std::move(receiver), node.names, args, final);
}

absl::StatusOr<Value> Evaluation::VariableNode(const Value& dot, const Node& node, Arguments args, Final final) {
  At(node);
  ASSIGN_OR_RETURN(Value value, VariableValue(node.names[0]));
  if (node.names.size() == 1) {
    RETURN_IF_ERROR(NotAFunction(args, final));
    return value;
  }
  return FieldChain(dot, std::move(value), std::span(node.names).subspan(1), args, final);
}

absl::StatusOr<Value> Evaluation::FieldChain(const Value& dot, Value receiver, std::span<const std::string> fields, Arguments args,
                                             Final final) {
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    ASSIGN_OR_RETURN(receiver, Field(dot, fields[i], receiver, {}, nullptr));
  }
  return Field(dot, fields.back(), receiver, args, final);
}

}  // namespace tocsin::gotemplate
