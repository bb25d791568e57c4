#include "promql/printer.h"

#include <algorithm>
#include <cmath>

#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "promql/parser.h"

namespace tocsin::promql {
namespace {

template <typename T>
const T& Node(const Expr& expr) {
  return static_cast<const T&>(expr);
}

}  // namespace

std::string ToString(const Expr& expr) {
  std::string out;
  ExprPrinter(&out).Print(expr);
  return out;
}

void ExprPrinter::Print(const Expr& expr) {
  const size_t before = out_->size();
  PrintNode(expr);
  if (sizes_ != nullptr) {
    (*sizes_)[&expr] = out_->size() - before;
  }
}

void ExprPrinter::PrintNode(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral:
      return PrintNumber(Node<NumberLiteral>(expr));
    case NodeKind::kStringLiteral:
      return AppendGoQuoted(Node<StringLiteral>(expr).value, out_);
    case NodeKind::kVectorSelector:
      return PrintVectorSelector(Node<VectorSelector>(expr));
    case NodeKind::kMatrixSelector:
      return PrintMatrixSelector(Node<MatrixSelector>(expr));
    case NodeKind::kSubquery:
      Print(*Node<SubqueryExpr>(expr).expr);
      return PrintSubquerySuffix(Node<SubqueryExpr>(expr));
    case NodeKind::kBinary:
      Print(*Node<BinaryExpr>(expr).lhs);
      out_->push_back(' ');
      PrintOperator(Node<BinaryExpr>(expr));
      out_->push_back(' ');
      return Print(*Node<BinaryExpr>(expr).rhs);
    case NodeKind::kUnary:
      out_->push_back(Node<UnaryExpr>(expr).minus ? '-' : '+');
      return Print(*Node<UnaryExpr>(expr).expr);
    case NodeKind::kAggregate:
      return PrintAggregate(Node<AggregateExpr>(expr));
    case NodeKind::kCall:
      Append(out_, Node<Call>(expr).function->name, "(");
      PrintList(Node<Call>(expr).args);
      return out_->push_back(')');
    case NodeKind::kParen:
      out_->push_back('(');
      Print(*Node<ParenExpr>(expr).expr);
      return out_->push_back(')');
    case NodeKind::kStepInvariant:
      return Print(*Node<StepInvariantExpr>(expr).expr);
    case NodeKind::kDuration:
      return PrintDurationExpr(Node<DurationExpr>(expr));
  }
}

void ExprPrinter::PrintList(const std::vector<ExprPtr>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) {
      out_->append(", ");
    }
    Print(*list[i]);
  }
}

void ExprPrinter::PrintLabels(const std::vector<std::string>& labels) {
  out_->push_back('(');
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) {
      out_->append(", ");
    }
    if (IsLegacyLabelName(labels[i])) {
      out_->append(labels[i]);
    } else {
      AppendGoQuoted(labels[i], out_);
    }
  }
  out_->push_back(')');
}

void ExprPrinter::PrintNumber(const NumberLiteral& node) {
  if (!node.is_duration) {
    return AppendGoFloat(node.value, 'f', -1, out_);
  }
  // Cut to whole nanoseconds and then to milliseconds, as upstream's printer does.
  const auto duration_ms = static_cast<int64_t>(std::abs(node.value) * 1e9) / 1'000'000;
  Append(out_, node.value < 0 ? "-" : "", FormatDuration(duration_ms));
}

void ExprPrinter::PrintAggregateHead(const AggregateExpr& node) {
  out_->append(AggregateOpText(node.op));
  if (node.without || !node.grouping.empty()) {
    out_->append(node.without ? " without " : " by ");
    PrintLabels(node.grouping);
    out_->push_back(' ');
  }
}

void ExprPrinter::PrintAggregate(const AggregateExpr& node) {
  PrintAggregateHead(node);
  out_->push_back('(');
  if (node.param != nullptr) {
    Print(*node.param);
    out_->append(", ");
  }
  Print(*node.expr);
  out_->push_back(')');
}

void ExprPrinter::PrintOperator(const BinaryExpr& node) {
  Append(out_, BinaryOpText(node.op), node.return_bool ? " bool" : "");
  if (node.vector_matching) {
    PrintMatching(*node.vector_matching);
  }
}

void ExprPrinter::PrintMatching(const VectorMatching& matching) {
  const bool grouped = matching.card == MatchCardinality::kManyToOne || matching.card == MatchCardinality::kOneToMany;
  if (!matching.matching_labels.empty() || matching.on || grouped) {
    out_->append(matching.on ? " on " : " ignoring ");
    PrintLabels(matching.matching_labels);
  }
  if (grouped) {
    out_->append(matching.card == MatchCardinality::kManyToOne ? " group_left " : " group_right ");
    PrintLabels(matching.include);
  }
  PrintFill(matching);
}

void ExprPrinter::PrintFill(const VectorMatching& matching) {
  const auto print = [this](std::string_view name, double value) { Append(out_, " ", name, " (", GoFloat(value, 'g'), ")"); };
  if (matching.fill_left && matching.fill_right && *matching.fill_left == *matching.fill_right) {
    return print("fill", *matching.fill_left);
  }
  if (matching.fill_left) {
    print("fill_left", *matching.fill_left);
  }
  if (matching.fill_right) {
    print("fill_right", *matching.fill_right);
  }
}

void ExprPrinter::PrintDurationExpr(const DurationExpr& node) {
  if (node.wrapped) {
    out_->push_back('(');
  }
  const std::string_view op = DurationOpText(node.op);
  switch (node.op) {
    case DurationOp::kStep:
    case DurationOp::kRange:
      Append(out_, op, "()");
      break;
    case DurationOp::kMin:
    case DurationOp::kMax:
      Append(out_, op, "(");
      Print(*node.lhs);
      out_->append(", ");
      Print(*node.rhs);
      out_->push_back(')');
      break;
    case DurationOp::kNegate:
      out_->append(op);
      Print(*node.rhs);
      break;
    case DurationOp::kPlus:  // not printed: it may only stand around a number in parentheses
      Print(*node.rhs);
      break;
    default:
      Print(*node.lhs);
      Append(out_, " ", op, " ");
      Print(*node.rhs);
      break;
  }
  if (node.wrapped) {
    out_->push_back(')');
  }
}

void ExprPrinter::PrintNameAndMatchers(const VectorSelector& node) {
  out_->append(node.name);
  std::vector<std::string> texts;
  for (const Matcher& matcher : node.matchers) {
    const bool is_the_name = matcher.name() == kMetricName && matcher.type() == MatchType::kEqual && matcher.value() == node.name;
    if (!is_the_name || matcher.value().empty()) {
      texts.push_back(matcher.ToString());
    }
  }
  if (texts.empty()) {
    return;
  }
  std::sort(texts.begin(), texts.end());
  char before = '{';
  for (const std::string& text : texts) {
    out_->push_back(before);
    out_->append(text);
    before = ',';
  }
  out_->push_back('}');
}

void ExprPrinter::PrintExtension(const VectorSelector& node) {
  if (node.anchored) {
    out_->append(" anchored");
  } else if (node.smoothed) {
    out_->append(" smoothed");
  }
}

void ExprPrinter::PrintVectorSelector(const VectorSelector& node) {
  PrintNameAndMatchers(node);
  PrintAt(node);
  PrintExtension(node);
  PrintOffset(node);
}

void ExprPrinter::PrintMatrixSelector(const MatrixSelector& node) {
  PrintNameAndMatchers(*node.vector_selector);
  out_->push_back('[');
  PrintRange(node.range_ms, node.range_expr);
  out_->push_back(']');
  PrintExtension(*node.vector_selector);
  PrintAt(*node.vector_selector);
  PrintOffset(*node.vector_selector);
}

void ExprPrinter::PrintSubquerySuffix(const SubqueryExpr& node) {
  out_->push_back('[');
  PrintRange(node.range_ms, node.range_expr);
  out_->push_back(':');
  if (node.step_ms != 0) {
    out_->append(FormatDuration(node.step_ms));
  } else if (node.step_expr != nullptr) {
    Print(*node.step_expr);
  }
  out_->push_back(']');
  PrintAt(node);
  PrintOffset(node);
}

void ExprPrinter::PrintRange(DurationMs range_ms, const ExprPtr& range_expr) {
  if (range_expr != nullptr) {
    Print(*range_expr);
  } else {
    out_->append(FormatDuration(range_ms));
  }
}

template <typename Selector>
void ExprPrinter::PrintAt(const Selector& node) {
  if (node.timestamp) {
    Append(out_, " @ ", GoFloat(static_cast<double>(*node.timestamp) / 1000, 'f', 3));
  } else if (node.start_or_end != AtPreprocessor::kNone) {
    out_->append(node.start_or_end == AtPreprocessor::kStart ? " @ start()" : " @ end()");
  }
}

template <typename Selector>
void ExprPrinter::PrintOffset(const Selector& node) {
  if (node.original_offset_expr != nullptr) {
    out_->append(" offset ");
    Print(*node.original_offset_expr);
  } else if (node.original_offset_ms != 0) {
    Append(out_, " offset ", FormatDuration(node.original_offset_ms));
  }
}

}  // namespace tocsin::promql
