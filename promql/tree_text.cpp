#include "promql/tree_text.h"

#include <map>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin::promql {
namespace {

/// Collects the fields of one node.
class TreeNode {
 public:
  TreeNode(std::string_view type, bool with_positions) : type_(type), with_positions_(with_positions) {}

  TreeNode& Text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      fields_[name] = GoQuoted(value);
    }
    return *this;
  }
  TreeNode& Number(std::string_view name, double value) {
    if (value != 0) {
      fields_[name] = GoFloat(value, 'g');
    }
    return *this;
  }
  TreeNode& Integer(std::string_view name, int64_t value) {
    if (value != 0) {
      fields_[name] = Cat(value);
    }
    return *this;
  }
  TreeNode& Flag(std::string_view name, bool value) {
    if (value) {
      fields_[name] = "true";
    }
    return *this;
  }
  TreeNode& Child(std::string_view name, const ExprPtr& child) {
    if (child != nullptr) {
      fields_[name] = TreeText(*child, with_positions_);
    }
    return *this;
  }
  TreeNode& List(std::string_view name, const std::vector<std::string>& items) {
    if (!items.empty()) {
      std::string& out = fields_[name];
      for (const std::string& item : items) {
        Append(&out, out.empty() ? "[" : ",", item);
      }
      out.push_back(']');
    }
    return *this;
  }
  TreeNode& Quoted(std::string_view name, const std::vector<std::string>& items) {
    std::vector<std::string> quoted;
    for (const std::string& item : items) {
      quoted.push_back(GoQuoted(item));
    }
    return List(name, quoted);
  }
  TreeNode& Raw(std::string_view name, std::string text) {
    fields_[name] = std::move(text);
    return *this;
  }
  TreeNode& Position(std::string_view name, int32_t offset) { return with_positions_ ? Integer(name, offset) : *this; }
  TreeNode& Range(PositionRange pos) {
    return with_positions_ && pos != PositionRange{} ? Raw("pos", Cat("[", pos.start, ",", pos.end, "]")) : *this;
  }
  TreeNode& At(const std::optional<TimestampMs>& timestamp, AtPreprocessor start_or_end) {
    if (start_or_end != AtPreprocessor::kNone) {
      Text("StartOrEnd", start_or_end == AtPreprocessor::kStart ? "start" : "end");
    }
    return Integer("Timestamp", timestamp.value_or(0));
  }

  std::string Finish() const {
    std::string out = Cat(type_, "{");
    std::string_view before;
    for (const auto& [name, value] : fields_) {
      Append(&out, before, name, "=", value);
      before = ",";
    }
    out.push_back('}');
    return out;
  }

 private:
  std::string_view type_;
  bool with_positions_;
  std::map<std::string_view, std::string> fields_;
};

std::string VectorSelectorText(const VectorSelector& node, bool with_positions) {
  std::vector<std::string> matchers;
  for (const Matcher& matcher : node.matchers) {
    matchers.push_back(
        Cat("[", GoQuoted(matcher.name()), ",", GoQuoted(MatchTypeText(matcher.type())), ",", GoQuoted(matcher.value()), "]"));
  }
  return TreeNode("VectorSelector", with_positions)
      .Text("Name", node.name)
      .List("LabelMatchers", matchers)
      .Integer("OriginalOffset", node.original_offset_ms)
      .Child("OriginalOffsetExpr", node.original_offset_expr)
      .At(node.timestamp, node.start_or_end)
      .Flag("BypassEmptyMatcherCheck", node.bypass_empty_matcher_check)
      .Flag("Anchored", node.anchored)
      .Flag("Smoothed", node.smoothed)
      .Range(node.pos)
      .Finish();
}

std::string MatchingText(const VectorMatching& matching) {
  TreeNode node("VectorMatching", false);
  if (matching.fill_left) {
    node.Raw("FillLHS", GoFloat(*matching.fill_left, 'g'));
  }
  if (matching.fill_right) {
    node.Raw("FillRHS", GoFloat(*matching.fill_right, 'g'));
  }
  return node.Text("Card", MatchCardinalityText(matching.card))
      .Quoted("MatchingLabels", matching.matching_labels)
      .Flag("On", matching.on)
      .Quoted("Include", matching.include)
      .Finish();
}

std::string BinaryText(const BinaryExpr& node, bool with_positions) {
  TreeNode out("BinaryExpr", with_positions);
  if (node.vector_matching) {
    out.Raw("VectorMatching", MatchingText(*node.vector_matching));
  }
  return out.Text("Op", BinaryOpText(node.op)).Child("LHS", node.lhs).Child("RHS", node.rhs).Flag("ReturnBool", node.return_bool).Finish();
}

std::string SubqueryText(const SubqueryExpr& node, bool with_positions) {
  return TreeNode("SubqueryExpr", with_positions)
      .Child("Expr", node.expr)
      .Integer("Range", node.range_ms)
      .Child("RangeExpr", node.range_expr)
      .Integer("Step", node.step_ms)
      .Child("StepExpr", node.step_expr)
      .Integer("OriginalOffset", node.original_offset_ms)
      .Child("OriginalOffsetExpr", node.original_offset_expr)
      .At(node.timestamp, node.start_or_end)
      .Position("EndPos", node.pos.end)
      .Finish();
}

std::string CallText(const Call& node, bool with_positions) {
  std::vector<std::string> args;
  for (const ExprPtr& arg : node.args) {
    args.push_back(TreeText(*arg, with_positions));
  }
  return TreeNode("Call", with_positions).Text("Func", node.function->name).List("Args", args).Range(node.pos).Finish();
}

}  // namespace

std::string TreeText(const Expr& expr, bool with_positions) {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral: {
      const auto& node = static_cast<const NumberLiteral&>(expr);
      return TreeNode("NumberLiteral", with_positions)
          .Number("Val", node.value)
          .Flag("Duration", node.is_duration)
          .Range(node.pos)
          .Finish();
    }
    case NodeKind::kStringLiteral:
      return TreeNode("StringLiteral", with_positions).Text("Val", static_cast<const StringLiteral&>(expr).value).Range(expr.pos).Finish();
    case NodeKind::kVectorSelector:
      return VectorSelectorText(static_cast<const VectorSelector&>(expr), with_positions);
    case NodeKind::kMatrixSelector: {
      const auto& node = static_cast<const MatrixSelector&>(expr);
      return TreeNode("MatrixSelector", with_positions)
          .Raw("VectorSelector", VectorSelectorText(*node.vector_selector, with_positions))
          .Integer("Range", node.range_ms)
          .Child("RangeExpr", node.range_expr)
          .Position("EndPos", node.pos.end)
          .Finish();
    }
    case NodeKind::kSubquery:
      return SubqueryText(static_cast<const SubqueryExpr&>(expr), with_positions);
    case NodeKind::kBinary:
      return BinaryText(static_cast<const BinaryExpr&>(expr), with_positions);
    case NodeKind::kUnary: {
      const auto& node = static_cast<const UnaryExpr&>(expr);
      return TreeNode("UnaryExpr", with_positions)
          .Text("Op", node.minus ? "-" : "+")
          .Child("Expr", node.expr)
          .Position("StartPos", node.pos.start)
          .Finish();
    }
    case NodeKind::kAggregate: {
      const auto& node = static_cast<const AggregateExpr&>(expr);
      return TreeNode("AggregateExpr", with_positions)
          .Text("Op", AggregateOpText(node.op))
          .Child("Expr", node.expr)
          .Child("Param", node.param)
          .Quoted("Grouping", node.grouping)
          .Flag("Without", node.without)
          .Range(node.pos)
          .Finish();
    }
    case NodeKind::kCall:
      return CallText(static_cast<const Call&>(expr), with_positions);
    case NodeKind::kParen:
      return TreeNode("ParenExpr", with_positions).Child("Expr", static_cast<const ParenExpr&>(expr).expr).Range(expr.pos).Finish();
    case NodeKind::kStepInvariant:
      return TreeNode("StepInvariantExpr", with_positions).Child("Expr", static_cast<const StepInvariantExpr&>(expr).expr).Finish();
    case NodeKind::kDuration:
      break;
  }
  const auto& node = static_cast<const DurationExpr&>(expr);
  return TreeNode("DurationExpr", with_positions)
      .Text("Op", DurationOpText(node.op))
      .Child("LHS", node.lhs)
      .Child("RHS", node.rhs)
      .Flag("Wrapped", node.wrapped)
      .Position("StartPos", node.written.start)
      .Position("EndPos", node.written.end)
      .Finish();
}

}  // namespace tocsin::promql
