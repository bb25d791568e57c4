#include "base/status.h"
#include "rules/template/evaluation.h"
#include "rules/template/histogram_value.h"
#include "rules/template/value_print.h"

/// The part of Evaluation that looks up fields and calls functions and methods.
namespace tocsin::gotemplate {
namespace {

/// A field of a struct; nothing when there is none of the name.
std::optional<Value> StructField(const Value& receiver, std::string_view field) {
  switch (receiver.kind()) {
    case Value::Kind::kAlertData: {
      const AlertData& data = receiver.alert_data();
      if (field == "Labels") {
        return Value(data.labels);
      }
      if (field == "ExternalLabels") {
        return Value(data.external_labels);
      }
      if (field == "ExternalURL") {
        return Value(data.external_url);
      }
      if (field == "Value") {
        return data.value.Boxed();
      }
      return std::nullopt;
    }
    case Value::Kind::kSample:
      if (receiver.sample() != nullptr && field == "Labels") {
        return Value(receiver.sample()->labels);
      }
      if (receiver.sample() != nullptr && field == "Value") {
        return receiver.sample()->value.Boxed();
      }
      return std::nullopt;
    case Value::Kind::kHistogram:
      return HistogramField(receiver.histogram(), field);
    default:
      return std::nullopt;
  }
}

std::string_view StaticTypeName(const Value& value) { return value.boxed() ? "interface {}" : value.type_name(); }

}  // namespace

absl::StatusOr<Value> Evaluation::Field(const Value& dot, const std::string& field, const Value& receiver, Arguments args, Final final) {
  if (!receiver.valid()) {
    if (options_.missing_key == MissingKey::kError) {
      return Error("nil data; no entry for key ", GoQuoted(field));
    }
    return Value();
  }
  if (const Function* method = FindMethod(receiver.kind(), field)) {
    return Call(dot, *method, &receiver, nullptr, args, final);
  }
  const bool has_args = args.size() > 1 || final != nullptr;
  if (receiver.kind() == Value::Kind::kStringMap || receiver.kind() == Value::Kind::kAnyMap) {
    if (has_args) {
      return Error(field, " is not a method but has arguments");
    }
    return MapField(field, receiver);
  }
  if (std::optional<Value> value = StructField(receiver, field)) {
    if (has_args) {
      return Error(field, " has arguments but cannot be invoked as function");
    }
    return *std::move(value);
  }
  if (receiver.kind() == Value::Kind::kSample && receiver.sample() == nullptr && (field == "Labels" || field == "Value")) {
    return Error("nil pointer evaluating ", receiver.type_name(), ".", field);
  }
  return Error("can't evaluate field ", field, " in type ", StaticTypeName(receiver));
}

absl::StatusOr<Value> Evaluation::MapField(const std::string& field, const Value& receiver) {
  if (receiver.kind() == Value::Kind::kStringMap) {
    if (receiver.labels().Has(field)) {
      return Value(receiver.labels().Get(field));
    }
  } else if (const auto it = receiver.map().find(field); it != receiver.map().end()) {
    return it->second.Boxed();
  }
  switch (options_.missing_key) {
    case MissingKey::kError:
      return Error("map has no entry for key ", GoQuoted(field));
    case MissingKey::kZero:
      return receiver.kind() == Value::Kind::kStringMap ? Value("") : Value();
    default:
      return Value();
  }
}

absl::StatusOr<Value> Evaluation::FunctionNode(const Value& dot, const Node& at, const std::string& name, Arguments args, Final final) {
  At(at);
  const Function* function = FindFunction(name);
  if (function == nullptr) {
    return Error(GoQuoted(name), " is not a defined function");
  }
  return Call(dot, *function, nullptr, &at, args, final);
}

absl::StatusOr<Value> Evaluation::Call(const Value& dot, const Function& function, const Value* receiver, const Node* at, Arguments args,
                                       Final final) {
  if (!args.empty()) {
    args = args.subspan(1);  // the first is the function itself
  }
  const size_t given = args.size() + (final != nullptr ? 1 : 0);
  // Go's variadic built-ins have their first variadic parameter in `params` too.
  const size_t fixed = function.params.size() - (function.variadic ? 1 : 0);
  if (function.variadic ? given < fixed : given != function.params.size()) {
    return function.variadic ? Error("wrong number of args for ", function.name, ": want at least ", fixed, " got ", args.size())
                             : Error("wrong number of args for ", function.name, ": want ", function.params.size(), " got ", given);
  }
  if (function.builtin && (function.name == "and" || function.name == "or")) {
    return ShortCircuit(dot, function, args, final);
  }
  std::vector<Value> values;
  if (receiver != nullptr) {
    values.push_back(*receiver);
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(Value value, Argument(dot, function.params[std::min(i, function.params.size() - 1)], *args[i]));
    values.push_back(std::move(value));
  }
  if (final != nullptr) {
    ASSIGN_OR_RETURN(Value value, Checked(*final, function.params[std::min(given, function.params.size()) - 1]));
    values.push_back(std::move(value));
  }
  RETURN_IF_ERROR(Step());
  for (Value& value : values) {
    value.Unbox();
  }
  absl::StatusOr<Value> result = function.call(context_, values);
  if (!result.ok()) {
    if (at != nullptr) {
      At(*at);
    }
    return Error("error calling ", function.name, ": ", Message(result.status()));
  }
  return result;
}

absl::StatusOr<Value> Evaluation::ShortCircuit(const Value& dot, const Function& function, Arguments args, Final final) {
  const bool stops_at = function.name == "or";
  Value value;
  for (const NodePtr& arg : args) {
    ASSIGN_OR_RETURN(value, Argument(dot, ParamType::kAny, *arg));
    if (IsTrue(value) == stops_at) {
      return value;
    }
  }
  return final != nullptr ? *final : value;
}

absl::StatusOr<Value> Evaluation::Argument(const Value& dot, ParamType type, const Node& node) {
  At(node);
  absl::StatusOr<Value> value = Value();
  switch (node.type) {
    case NodeType::kDot:
      return Checked(dot, type);
    case NodeType::kNil:
      if (type == ParamType::kAny || type == ParamType::kQueryResult || type == ParamType::kSample) {
        return Value();
      }
      return Error("cannot assign nil to ", ParamTypeName(type));
    case NodeType::kField:
      value = FieldNode(dot, node, {}, nullptr);
      break;
    case NodeType::kVariable:
      value = VariableNode(dot, node, {}, nullptr);
      break;
    case NodeType::kPipe:
      value = Pipeline(dot, node);
      break;
    case NodeType::kIdentifier:
      value = FunctionNode(dot, node, node.text, {}, nullptr);
      break;
    case NodeType::kChain:
      value = ChainNode(dot, node, {}, nullptr);
      break;
    default:
      switch (type) {
        case ParamType::kAny:
          return Literal(node);
        case ParamType::kString:
          return node.type == NodeType::kString ? Literal(node) : Error("expected string; found ", NodeText(node));
        case ParamType::kFloat:
          return node.number.floating ? absl::StatusOr<Value>(Value(*node.number.floating))
                                      : Error("expected float; found ", NodeText(node));
        case ParamType::kInt:
          return node.number.integer ? absl::StatusOr<Value>(Value(*node.number.integer))
                                     : Error("expected integer; found ", NodeText(node));
        default:
          return Error("can't handle ", NodeText(node), " for arg of type ", ParamTypeName(type));
      }
  }
  if (!value.ok()) {
    return value;
  }
  return Checked(*std::move(value), type);
}

absl::StatusOr<Value> Evaluation::Checked(Value value, ParamType type) {
  if (type == ParamType::kAny) {
    return value;
  }
  const bool can_be_nil = type == ParamType::kQueryResult || type == ParamType::kSample;
  if (!value.valid()) {
    return can_be_nil ? absl::StatusOr<Value>(Value()) : Error("invalid value; expected ", ParamTypeName(type));
  }
  static constexpr Value::Kind kWanted[] = {Value::Kind::kNone,        Value::Kind::kString, Value::Kind::kInt,  Value::Kind::kFloat,
                                            Value::Kind::kQueryResult, Value::Kind::kSample, Value::Kind::kTime, Value::Kind::kDuration};
  if (value.kind() != kWanted[static_cast<size_t>(type)]) {
    return Error("wrong type for value; expected ", ParamTypeName(type), "; got ", value.type_name());
  }
  return value;
}

}  // namespace tocsin::gotemplate
