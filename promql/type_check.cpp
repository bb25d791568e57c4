#include <algorithm>

#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/parser_state.h"

namespace tocsin::promql {

// The type of `expr`; everything below is checked and errors are reported in upstream's order. Also settles what depends on types:
// vector matching stays only between vectors, and is many-to-many for set operators.
ValueType ParserState::CheckType(Expr* expr) {
  switch (expr->kind) {
    case NodeKind::kAggregate:
      CheckAggregate(static_cast<AggregateExpr*>(expr));
      return ValueType::kVector;
    case NodeKind::kBinary:
      return CheckBinary(static_cast<BinaryExpr*>(expr));
    case NodeKind::kCall:
      CheckCall(static_cast<Call*>(expr));
      return static_cast<Call*>(expr)->function->return_type;
    case NodeKind::kParen:
      return CheckType(static_cast<ParenExpr*>(expr)->expr.get());
    case NodeKind::kUnary: {
      const ValueType type = CheckType(static_cast<UnaryExpr*>(expr)->expr.get());
      if (type != ValueType::kScalar && type != ValueType::kVector) {
        tokens_.Report(expr->pos, Cat("unary expression only allowed on expressions of type scalar or instant vector, got ",
                                      GoQuoted(DocumentedType(type))));
      }
      return type;
    }
    case NodeKind::kSubquery: {
      const ValueType type = CheckType(static_cast<SubqueryExpr*>(expr)->expr.get());
      if (type != ValueType::kVector) {
        tokens_.Report(expr->pos, Cat("subquery is only allowed on instant vector, got ", ValueTypeText(type), " instead"));
      }
      return ValueType::kMatrix;
    }
    case NodeKind::kMatrixSelector:
      CheckSelector(*static_cast<MatrixSelector*>(expr)->vector_selector);
      return ValueType::kMatrix;
    case NodeKind::kVectorSelector:
      CheckSelector(*static_cast<VectorSelector*>(expr));
      return ValueType::kVector;
    default:
      return TypeOf(*expr);
  }
}

void ParserState::ExpectType(Expr* expr, ValueType want, std::string_view context) {
  const ValueType type = CheckType(expr);
  if (type != want) {
    tokens_.Report(expr->pos, Cat("expected type ", DocumentedType(want), " in ", context, ", got ", DocumentedType(type)));
  }
}

void ParserState::CheckAggregate(AggregateExpr* node) {
  ExpectType(node->expr.get(), ValueType::kVector, "aggregation expression");
  if (node->param != nullptr) {
    const ValueType want = node->op == AggregateOp::kCountValues ? ValueType::kString : ValueType::kScalar;
    ExpectType(node->param.get(), want, "aggregation parameter");
  }
}

// From the operator's first byte to the last one in front of the right side, as upstream counts it.
PositionRange ParserState::OperatorRange(const BinaryExpr& node) const {
  const std::string_view text = tokens_.text();
  const auto is_space = [text](int32_t i) { return IsSpaceRune(static_cast<unsigned char>(text[static_cast<size_t>(i)])); };
  PositionRange range{node.lhs->pos.end, node.rhs->pos.start - 1};
  while (range.start < range.end && is_space(range.start)) {
    ++range.start;
  }
  while (range.end > range.start && is_space(range.end)) {
    --range.end;
  }
  return range;
}

ValueType ParserState::CheckBinary(BinaryExpr* node) {
  const ValueType lhs = CheckType(node->lhs.get());
  const ValueType rhs = CheckType(node->rhs.get());
  const bool scalars = lhs == ValueType::kScalar && rhs == ValueType::kScalar;
  if (node->return_bool && !IsComparison(node->op)) {
    tokens_.Report(OperatorRange(*node), "bool modifier can only be used on comparison operators");
  }
  if (IsComparison(node->op) && !node->return_bool && scalars) {
    tokens_.Report(OperatorRange(*node), "comparisons between scalars must use BOOL modifier");
  }
  VectorMatching& matching = *node->vector_matching;
  if (IsSetOperator(node->op) && matching.card == MatchCardinality::kOneToOne) {
    matching.card = MatchCardinality::kManyToMany;
  }
  for (const std::string& label : matching.matching_labels) {
    for (const std::string& included : matching.include) {
      if (matching.on && label == included) {
        tokens_.Report(OperatorRange(*node), Cat("label ", GoQuoted(label), " must not occur in ON and GROUP clause at once"));
      }
    }
  }
  const auto is_number_or_vector = [](ValueType type) { return type == ValueType::kScalar || type == ValueType::kVector; };
  if (!is_number_or_vector(lhs)) {
    tokens_.Report(node->lhs->pos, "binary expression must contain only scalar and instant vector types");
  }
  if (!is_number_or_vector(rhs)) {
    tokens_.Report(node->rhs->pos, "binary expression must contain only scalar and instant vector types");
  }
  CheckMatching(node, lhs, rhs);
  if ((lhs == ValueType::kScalar || rhs == ValueType::kScalar) && IsSetOperator(node->op)) {
    tokens_.Report(node->pos, Cat("set operator ", GoQuoted(BinaryOpText(node->op)), " not allowed in binary scalar expression"));
  }
  return scalars ? ValueType::kScalar : ValueType::kVector;
}

void ParserState::CheckMatching(BinaryExpr* node, ValueType lhs, ValueType rhs) {
  const VectorMatching& matching = *node->vector_matching;
  const bool fills = matching.fill_left || matching.fill_right;
  if (lhs != ValueType::kVector || rhs != ValueType::kVector) {
    if (!matching.matching_labels.empty()) {
      tokens_.Report(node->pos, "vector matching only allowed between instant vectors");
    }
    if (fills) {
      tokens_.Report(node->pos, "filling in missing series only allowed between instant vectors");
    }
    node->vector_matching.reset();
    return;
  }
  if (!IsSetOperator(node->op)) {
    return;
  }
  if (matching.card == MatchCardinality::kOneToMany || matching.card == MatchCardinality::kManyToOne) {
    tokens_.Report(node->pos, Cat("no grouping allowed for ", GoQuoted(BinaryOpText(node->op)), " operation"));
    tokens_.Report(node->pos, "set operations must always be many-to-many");
  }
  if (fills) {
    tokens_.Report(node->pos, "filling in missing series not allowed for set operators");
  }
}

void ParserState::CheckArgumentCount(const Call& node) {
  const Function& function = *node.function;
  const auto declared = static_cast<int>(function.arg_types.size());
  const auto given = static_cast<int>(node.args.size());
  const auto report = [&](std::string_view bound, int wanted) {
    tokens_.Report(node.pos, Cat("expected ", bound, wanted, " argument(s) in call to ", GoQuoted(function.name), ", got ", given));
  };
  if (function.variadic == 0) {
    if (declared != given) {
      report("", declared);
    }
    return;
  }
  const int least = declared - 1;
  if (given < least) {
    report("at least ", least);
  } else if (function.variadic > 0 && given > least + function.variadic) {
    report("at most ", least + function.variadic);
  }
}

void ParserState::CheckCall(Call* node) {
  const Function& function = *node->function;
  CheckArgumentCount(*node);
  if (function.name == "info" && node->args.size() > 1) {
    CheckInfoSelector(node);
  }
  for (size_t i = 0; i < node->args.size(); ++i) {
    if (i >= function.arg_types.size() && function.variadic == 0) {
      break;
    }
    const ValueType want = function.arg_types[std::min(i, function.arg_types.size() - 1)];
    ExpectType(node->args[i].get(), want, Cat("call to function ", GoQuoted(function.name)));
  }
}

// The second argument of info() selects labels, not a metric, and may match anything.
void ParserState::CheckInfoSelector(Call* node) {
  Expr* selector = node->args[1].get();
  if (const ValueType type = TypeOf(*selector); type != ValueType::kVector) {
    tokens_.Report(node->pos,
                   Cat("expected type ", DocumentedType(ValueType::kVector), " in call to function \"info\", got ", DocumentedType(type)));
  }
  if (selector->kind != NodeKind::kVectorSelector) {
    tokens_.Report(selector->pos, "expected label selectors only");
  } else if (!static_cast<VectorSelector*>(selector)->name.empty()) {
    tokens_.Report(selector->pos, "expected label selectors only, got vector selector instead");
  } else {
    static_cast<VectorSelector*>(selector)->bypass_empty_matcher_check = true;
  }
}

void ParserState::CheckSelector(const VectorSelector& node) {
  if (!node.name.empty()) {
    // The last matcher is the name in front of the braces.
    for (size_t i = 0; i + 1 < node.matchers.size(); ++i) {
      if (node.matchers[i].name() == kMetricName) {
        tokens_.Report(node.pos,
                       Cat("metric name must not be set twice: ", GoQuoted(node.name), " or ", GoQuoted(node.matchers[i].value())));
      }
    }
    return;
  }
  const auto selects = [](const Matcher& matcher) { return !matcher.Matches(""); };
  if (!node.bypass_empty_matcher_check && std::none_of(node.matchers.begin(), node.matchers.end(), selects)) {
    tokens_.Report(node.pos, "vector selector must contain at least one non-empty matcher");
  }
}

}  // namespace tocsin::promql
