#include "promql/plan/plan.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "promql/parser.h"

namespace tocsin::promql {
namespace {

ExprPtr PlanOrFail(std::string_view text) {
  const LanguageFeatures features{.experimental_functions = true};
  auto expr = ParseExpr(text, features);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
  EXPECT_TRUE(Plan({.start = 100'000, .end = 700'000, .step = 60'000}, &*expr).ok()) << text;
  return *std::move(expr);
}

TEST(PlanTest, ScalarsBetweenNumbersAreFolded) {
  const ExprPtr expr = PlanOrFail("(1 + 2) * -(3 ^ 2)");
  ASSERT_EQ(expr->kind, NodeKind::kNumberLiteral);
  EXPECT_EQ(static_cast<const NumberLiteral&>(*expr).value, -27);
}

TEST(PlanTest, QueryTimesBecomeNumbers) {
  const ExprPtr expr = PlanOrFail("start() + end() + range() + step()");
  ASSERT_EQ(expr->kind, NodeKind::kNumberLiteral);
  EXPECT_EQ(static_cast<const NumberLiteral&>(*expr).value, 100 + 700 + 600 + 60);
}

TEST(PlanTest, TheLargestInvariantPartsAreWrapped) {
  EXPECT_EQ(PlanOrFail("sum(rate(m[5m] @ end()))")->kind, NodeKind::kStepInvariant);
  const ExprPtr sum = PlanOrFail("sum(m) / sum(m @ 10)");
  ASSERT_EQ(sum->kind, NodeKind::kBinary);
  EXPECT_EQ(static_cast<const BinaryExpr&>(*sum).lhs->kind, NodeKind::kAggregate);
  EXPECT_EQ(static_cast<const BinaryExpr&>(*sum).rhs->kind, NodeKind::kStepInvariant);
  EXPECT_EQ(PlanOrFail("predict_linear(m[5m] @ 10, 60)")->kind, NodeKind::kCall);
  EXPECT_EQ(PlanOrFail("timestamp(m @ 10)")->kind, NodeKind::kStepInvariant);
  EXPECT_EQ(PlanOrFail("timestamp(abs(m @ 10))")->kind, NodeKind::kCall);
}

TEST(PlanTest, DurationExpressionsBecomeDurations) {
  const ExprPtr expr = PlanOrFail("rate(m[step() * 2 + 1m] offset (5m / 2))");
  const auto& matrix = static_cast<const MatrixSelector&>(*static_cast<const Call&>(*expr).args[0]);
  EXPECT_EQ(matrix.range_ms, 180'000);
  EXPECT_EQ(matrix.vector_selector->original_offset_ms, 150'000);
}

TEST(PlanTest, BadDurationsAreErrors) {
  auto expr = ParseExpr("m[5m - step() * 5]", {});
  ASSERT_TRUE(expr.ok());
  const absl::Status status = Plan({.start = 0, .end = 60'000, .step = 60'000}, &*expr);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(Message(status).find("duration must be greater than 0"), std::string_view::npos) << status;
}

}  // namespace
}  // namespace tocsin::promql
