#include "api/v1/selectors_of.h"

namespace tocsin::api {
namespace {

void Collect(const promql::Expr* expr, MatcherSets* out) {
  if (expr == nullptr) {
    return;
  }
  switch (expr->kind) {
    case promql::NodeKind::kVectorSelector:
      out->push_back(static_cast<const promql::VectorSelector*>(expr)->matchers);
      break;
    case promql::NodeKind::kMatrixSelector:
      Collect(static_cast<const promql::MatrixSelector*>(expr)->vector_selector.get(), out);
      break;
    case promql::NodeKind::kSubquery:
      Collect(static_cast<const promql::SubqueryExpr*>(expr)->expr.get(), out);
      break;
    case promql::NodeKind::kBinary:
      Collect(static_cast<const promql::BinaryExpr*>(expr)->lhs.get(), out);
      Collect(static_cast<const promql::BinaryExpr*>(expr)->rhs.get(), out);
      break;
    case promql::NodeKind::kUnary:
      Collect(static_cast<const promql::UnaryExpr*>(expr)->expr.get(), out);
      break;
    case promql::NodeKind::kAggregate:
      Collect(static_cast<const promql::AggregateExpr*>(expr)->expr.get(), out);
      Collect(static_cast<const promql::AggregateExpr*>(expr)->param.get(), out);
      break;
    case promql::NodeKind::kCall:
      for (const promql::ExprPtr& arg : static_cast<const promql::Call*>(expr)->args) {
        Collect(arg.get(), out);
      }
      break;
    case promql::NodeKind::kParen:
      Collect(static_cast<const promql::ParenExpr*>(expr)->expr.get(), out);
      break;
    case promql::NodeKind::kStepInvariant:
      Collect(static_cast<const promql::StepInvariantExpr*>(expr)->expr.get(), out);
      break;
    case promql::NodeKind::kNumberLiteral:
    case promql::NodeKind::kStringLiteral:
    case promql::NodeKind::kDuration:
      break;
  }
}

}  // namespace

MatcherSets SelectorsOf(const promql::Expr& expr) {
  MatcherSets out;
  Collect(&expr, &out);
  return out;
}

}  // namespace tocsin::api
