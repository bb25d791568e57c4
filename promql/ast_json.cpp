#include "promql/ast_json.h"

#include "base/text/float_text.h"

namespace tocsin::promql {
namespace {

/// Writes nodes; each function writes the fields of one object in alphabetical order.
class ExprJsonWriter {
 public:
  explicit ExprJsonWriter(JsonWriter* json) : json_(*json) {}

  void Write(const Expr& expr) {
    switch (expr.kind) {
      case NodeKind::kStepInvariant:
        return Write(*static_cast<const StepInvariantExpr&>(expr).expr);
      case NodeKind::kDuration:
        return WriteDuration(expr);
      default:
        break;
    }
    json_.BeginObject();
    switch (expr.kind) {
      case NodeKind::kAggregate:
        WriteAggregate(static_cast<const AggregateExpr&>(expr));
        break;
      case NodeKind::kBinary:
        WriteBinary(static_cast<const BinaryExpr&>(expr));
        break;
      case NodeKind::kCall:
        WriteCall(static_cast<const Call&>(expr));
        break;
      case NodeKind::kMatrixSelector:
        WriteMatrixSelector(static_cast<const MatrixSelector&>(expr));
        break;
      case NodeKind::kSubquery:
        WriteSubquery(static_cast<const SubqueryExpr&>(expr));
        break;
      case NodeKind::kVectorSelector:
        WriteVectorSelector(static_cast<const VectorSelector&>(expr));
        break;
      case NodeKind::kNumberLiteral:
        json_.Field("type", "numberLiteral");
        json_.Field("val", GoFloat(static_cast<const NumberLiteral&>(expr).value, 'f'));
        break;
      case NodeKind::kStringLiteral:
        json_.Field("type", "stringLiteral");
        json_.Field("val", static_cast<const StringLiteral&>(expr).value);
        break;
      case NodeKind::kUnary:
        Child("expr", static_cast<const UnaryExpr&>(expr).expr);
        json_.Field("op", static_cast<const UnaryExpr&>(expr).minus ? "-" : "+");
        json_.Field("type", "unaryExpr");
        break;
      default:
        Child("expr", static_cast<const ParenExpr&>(expr).expr);
        json_.Field("type", "parenExpr");
        break;
    }
    json_.EndObject();
  }

 private:
  void Child(std::string_view key, const ExprPtr& child) {
    json_.Key(key);
    if (child == nullptr) {
      json_.Null();
    } else {
      Write(*child);
    }
  }

  void DurationChild(std::string_view key, const ExprPtr& child) {
    json_.Key(key);
    if (child == nullptr) {
      json_.Null();
    } else {
      WriteDuration(*child);
    }
  }

  void Int(std::string_view key, int64_t value) {
    json_.Key(key);
    json_.Int(value);
  }

  void Bool(std::string_view key, bool value) {
    json_.Key(key);
    json_.Bool(value);
  }

  void Strings(std::string_view key, const std::vector<std::string>& list) {
    json_.Key(key);
    json_.BeginArray();
    for (const std::string& item : list) {
      json_.String(item);
    }
    json_.EndArray();
  }

  void Number(std::string_view key, const std::optional<double>& value) {
    json_.Key(key);
    if (value) {
      json_.Float(*value);
    } else {
      json_.Null();
    }
  }

  void StartOrEnd(AtPreprocessor value) {
    json_.Key("startOrEnd");
    if (value == AtPreprocessor::kNone) {
      json_.Null();
    } else {
      json_.String(value == AtPreprocessor::kStart ? "start" : "end");
    }
  }

  void Timestamp(const std::optional<TimestampMs>& timestamp) {
    json_.Key("timestamp");
    if (timestamp) {
      json_.Int(*timestamp);
    } else {
      json_.Null();
    }
  }

  void Matchers(const std::vector<Matcher>& matchers) {
    json_.Key("matchers");
    json_.BeginArray();
    for (const Matcher& matcher : matchers) {
      json_.BeginObject();
      json_.Field("name", matcher.name());
      json_.Field("type", MatchTypeText(matcher.type()));
      json_.Field("value", matcher.value());
      json_.EndObject();
    }
    json_.EndArray();
  }

  void WriteAggregate(const AggregateExpr& node) {
    Child("expr", node.expr);
    Strings("grouping", node.grouping);
    json_.Field("op", AggregateOpText(node.op));
    Child("param", node.param);
    json_.Field("type", "aggregation");
    Bool("without", node.without);
  }

  void WriteBinary(const BinaryExpr& node) {
    Bool("bool", node.return_bool);
    Child("lhs", node.lhs);
    json_.Key("matching");
    if (node.vector_matching) {
      WriteMatching(*node.vector_matching);
    } else {
      json_.Null();
    }
    json_.Field("op", BinaryOpText(node.op));
    Child("rhs", node.rhs);
    json_.Field("type", "binaryExpr");
  }

  void WriteMatching(const VectorMatching& matching) {
    json_.BeginObject();
    json_.Field("card", MatchCardinalityText(matching.card));
    json_.Key("fillValues");
    json_.BeginObject();
    Number("lhs", matching.fill_left);
    Number("rhs", matching.fill_right);
    json_.EndObject();
    Strings("include", matching.include);
    Strings("labels", matching.matching_labels);
    Bool("on", matching.on);
    json_.EndObject();
  }

  void WriteCall(const Call& node) {
    json_.Key("args");
    json_.BeginArray();
    for (const ExprPtr& arg : node.args) {
      Write(*arg);
    }
    json_.EndArray();
    json_.Key("func");
    json_.BeginObject();
    json_.Key("argTypes");
    json_.BeginArray();
    for (const ValueType type : node.function->arg_types) {
      json_.String(ValueTypeText(type));
    }
    json_.EndArray();
    json_.Field("name", node.function->name);
    json_.Field("returnType", ValueTypeText(node.function->return_type));
    Int("variadic", node.function->variadic);
    json_.EndObject();
    json_.Field("type", "call");
  }

  void WriteVectorSelector(const VectorSelector& node) {
    Bool("anchored", node.anchored);
    Matchers(node.matchers);
    json_.Field("name", node.name);
    Int("offset", node.original_offset_ms);
    DurationChild("offsetExpr", node.original_offset_expr);
    Bool("smoothed", node.smoothed);
    StartOrEnd(node.start_or_end);
    Timestamp(node.timestamp);
    json_.Field("type", "vectorSelector");
  }

  void WriteMatrixSelector(const MatrixSelector& node) {
    const VectorSelector& selector = *node.vector_selector;
    Bool("anchored", selector.anchored);
    Matchers(selector.matchers);
    json_.Field("name", selector.name);
    Int("offset", selector.original_offset_ms);
    DurationChild("offsetExpr", selector.original_offset_expr);
    Int("range", node.range_ms);
    DurationChild("rangeExpr", node.range_expr);
    Bool("smoothed", selector.smoothed);
    StartOrEnd(selector.start_or_end);
    Timestamp(selector.timestamp);
    json_.Field("type", "matrixSelector");
  }

  void WriteSubquery(const SubqueryExpr& node) {
    Child("expr", node.expr);
    Int("offset", node.original_offset_ms);
    DurationChild("offsetExpr", node.original_offset_expr);
    Int("range", node.range_ms);
    DurationChild("rangeExpr", node.range_expr);
    StartOrEnd(node.start_or_end);
    Int("step", node.step_ms);
    DurationChild("stepExpr", node.step_expr);
    Timestamp(node.timestamp);
    json_.Field("type", "subquery");
  }

  // Numbers here say whether they were written as durations.
  void WriteDuration(const Expr& expr) {
    json_.BeginObject();
    if (expr.kind == NodeKind::kNumberLiteral) {
      const auto& number = static_cast<const NumberLiteral&>(expr);
      Bool("duration", number.is_duration);
      json_.Field("type", "numberLiteral");
      json_.Field("val", GoFloat(number.value, 'f'));
    } else {
      const auto& node = static_cast<const DurationExpr&>(expr);
      DurationChild("lhs", node.lhs);
      json_.Field("op", DurationOpText(node.op));
      DurationChild("rhs", node.rhs);
      json_.Field("type", "durationExpr");
      Bool("wrapped", node.wrapped);
    }
    json_.EndObject();
  }

  JsonWriter& json_;
};

}  // namespace

void WriteExprJson(const Expr& expr, JsonWriter* json) { ExprJsonWriter(json).Write(expr); }

}  // namespace tocsin::promql
