#include "rules/template/evaluator.h"

#include "base/status.h"
#include "base/strings.h"
#include "rules/template/evaluation.h"
#include "rules/template/value_print.h"

namespace tocsin::gotemplate {
namespace {

/// How a list ended.
enum class Flow { kOn, kBreak, kContinue };

/// Walks the nodes that make output; values are evaluated by Evaluation.
class Walk {
 public:
  Walk(Evaluation& evaluation, const ExecuteOptions& options, std::string* out) : eval_(evaluation), options_(options), out_(out) {}

  absl::StatusOr<Flow> Node(const Value& dot, const Node& node) {
    eval_.At(node);
    RETURN_IF_ERROR(eval_.Step());
    switch (node.type) {
      case NodeType::kText:
        out_->append(node.text);
        return CheckOutput();
      case NodeType::kList:
        return List(dot, node);
      case NodeType::kAction:
        return Action(dot, node);
      case NodeType::kIf:
      case NodeType::kWith:
        return IfOrWith(dot, node);
      case NodeType::kRange:
        return Range(dot, node);
      case NodeType::kTemplate:
        return Call(dot, node);
      case NodeType::kBreak:
        return Flow::kBreak;
      case NodeType::kContinue:
        return Flow::kContinue;
      default:
        return eval_.Error("unknown node: ", NodeText(node));
    }
  }

 private:
  absl::StatusOr<Flow> CheckOutput() {
    if (out_->size() > kMaxOutputBytes) {
      return eval_.Error("output longer than ", kMaxOutputBytes, " bytes");
    }
    return Flow::kOn;
  }

  absl::StatusOr<Flow> List(const Value& dot, const struct Node& list) {
    for (const NodePtr& child : list.children) {
      ASSIGN_OR_RETURN(const Flow flow, Node(dot, *child));
      if (flow != Flow::kOn) {
        return flow;
      }
    }
    return Flow::kOn;
  }

  absl::StatusOr<Flow> Action(const Value& dot, const struct Node& node) {
    ASSIGN_OR_RETURN(const Value value, eval_.Pipeline(dot, *node.pipe));
    if (!node.pipe->variables.empty()) {
      return Flow::kOn;
    }
    eval_.At(node);
    if (!options_.html) {
      AppendPrinted(value, out_);
    } else if (value.kind() == Value::Kind::kHtml) {
      out_->append(value.text());
    } else if (value.valid()) {
      std::string text;
      AppendPrinted(value, &text);
      for (const char c : HtmlEscaped(text)) {
        c == '+' ? void(out_->append("&#43;")) : out_->push_back(c);
      }
    }
    return CheckOutput();
  }

  absl::StatusOr<Flow> IfOrWith(const Value& dot, const struct Node& node) {
    const size_t mark = eval_.VariableMark();
    ASSIGN_OR_RETURN(const Value value, eval_.Pipeline(dot, *node.pipe));
    absl::StatusOr<Flow> flow = Flow::kOn;
    if (IsTrue(value)) {
      flow = Node(node.type == NodeType::kWith ? value : dot, *node.list);
    } else if (node.else_list != nullptr) {
      flow = Node(dot, *node.else_list);
    }
    eval_.PopVariables(mark);
    return flow;
  }

  /// One round of a range; false when the range ends.
  absl::StatusOr<bool> Round(const struct Node& node, const Value& index, const Value& element) {
    const auto& variables = node.pipe->variables;
    if (!variables.empty()) {
      if (node.pipe->assigns) {
        RETURN_IF_ERROR(eval_.SetVariable(variables[0]->names[0], variables.size() > 1 ? index : element));
        if (variables.size() > 1) {
          RETURN_IF_ERROR(eval_.SetVariable(variables[1]->names[0], element));
        }
      } else {
        eval_.SetTopVariable(1, element);
        if (variables.size() > 1) {
          eval_.SetTopVariable(2, index);
        }
      }
    }
    const size_t mark = eval_.VariableMark();
    ASSIGN_OR_RETURN(const Flow flow, Node(element, *node.list));
    eval_.PopVariables(mark);
    return flow != Flow::kBreak;
  }

  absl::StatusOr<Flow> Range(const Value& dot, const struct Node& node) {
    const size_t mark = eval_.VariableMark();
    ASSIGN_OR_RETURN(const Value value, eval_.Pipeline(dot, *node.pipe));
    eval_.At(node);
    ASSIGN_OR_RETURN(const int64_t rounds, Rounds(node, value));
    for (int64_t i = 0; i < rounds; ++i) {
      const auto [index, element] = ElementAt(value, i);
      ASSIGN_OR_RETURN(const bool more, Round(node, index, element));
      if (!more) {
        break;
      }
    }
    absl::StatusOr<Flow> flow = Flow::kOn;
    if (rounds <= 0 && node.else_list != nullptr) {
      flow = Node(dot, *node.else_list);
    }
    eval_.PopVariables(mark);
    return flow;
  }

  absl::StatusOr<int64_t> Rounds(const struct Node& node, const Value& value) {
    switch (value.kind()) {
      case Value::Kind::kNone:
        return 0;
      case Value::Kind::kInt:
      case Value::Kind::kUint:
        if (node.pipe->variables.size() > 1) {
          return eval_.Error("can't use ", PlainText(value), " to iterate over more than one variable");
        }
        return value.kind() == Value::Kind::kInt ? value.int_value()
                                                 : static_cast<int64_t>(std::min<uint64_t>(value.uint_value(), INT64_MAX));
      case Value::Kind::kStringMap:
      case Value::Kind::kAnyMap:
      case Value::Kind::kList:
      case Value::Kind::kQueryResult:
        return ValueLength(value);
      default:
        return eval_.Error("range can't iterate over ", PlainText(value));
    }
  }

  static std::pair<Value, Value> ElementAt(const Value& value, int64_t i) {
    const auto at = static_cast<size_t>(i);
    switch (value.kind()) {
      case Value::Kind::kStringMap: {
        auto it = value.labels().begin();
        for (int64_t n = 0; n < i; ++n) {
          ++it;
        }
        return {Value((*it).name), Value((*it).value)};
      }
      case Value::Kind::kAnyMap: {
        const auto it = std::next(value.map().begin(), i);
        return {Value(it->first), it->second};
      }
      case Value::Kind::kList:
        return {Value(i), value.list().items[at]};
      case Value::Kind::kQueryResult:
        return {Value(i), Value(value.query_result()[at])};
      default:
        return {Value(i), Value(i)};
    }
  }

  absl::StatusOr<Flow> Call(const Value& dot, const struct Node& node) {
    const struct Node* tree = eval_.FindTree(node.text);
    if (tree == nullptr) {
      return eval_.Error("template ", GoQuoted(node.text), " not defined");
    }
    if (depth_ >= kMaxCallDepth) {
      return eval_.Error("exceeded maximum template depth (", kMaxCallDepth, ")");
    }
    Value argument;
    if (node.pipe != nullptr) {
      ASSIGN_OR_RETURN(argument, eval_.Pipeline(dot, *node.pipe));
    }
    ++depth_;
    const Evaluation::Scope scope = eval_.EnterTemplate(node.text, argument);
    absl::StatusOr<Flow> flow = Node(argument, *tree);
    eval_.LeaveTemplate(scope);
    --depth_;
    return flow.ok() ? Flow::kOn : flow;
  }

  Evaluation& eval_;
  const ExecuteOptions& options_;
  std::string* const out_;
  int depth_ = 0;
};

}  // namespace

absl::Status Execute(const TreeSet& set, const Value& data, const FunctionContext& context, const ExecuteOptions& options,
                     std::string* out) {
  Evaluation evaluation(set, data, context, options);
  const Node* root = evaluation.FindTree(set.name);
  return Walk(evaluation, options, out).Node(data, *root).status();
}

}  // namespace tocsin::gotemplate
