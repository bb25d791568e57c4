// A rule whose results do not fit into the memory limit is an error of its own: what it knew stays.

#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "promql/parser.h"
#include "rules/alerting_rule.h"
#include "rules/test_store.h"

namespace tocsin::rules {
namespace {

constexpr int kResults = 1000;

TEST(RuleMemoryTest, NewAlertsWithoutRoomAreAnErrorAndKnownOnesGoOn) {
  test::TestStore store;
  const auto put = [&store](int begin, int end) {
    for (int i = begin; i < end; ++i) {
      store.Append(Labels::FromPairs({{"__name__", "m"}, {"i", std::to_string(i)}}), 0, 1);
    }
  };
  RuleDefinition definition;
  definition.alert = "A";
  definition.tree = *promql::ParseExpr("m > 0", {});
  AlertingRule rule(definition, {}, {}, /*restored=*/true);

  MemoryBudget nothing(1);
  promql::EngineOptions options;
  options.worker_threads = 1;
  options.memory_budget = &nothing;
  const auto engine = promql::NewEngine(options, store.clock());
  const auto evaluate = [&](promql::Engine& with) {
    EvaluationContext context;
    context.source = {&with, &store.head(), nullptr};
    std::vector<ResultSample> samples;
    return rule.Evaluate(context, &samples);
  };

  put(0, kResults);
  EXPECT_EQ(evaluate(*engine).message(), "query processing would exceed the memory limit (--memory.max)");
  EXPECT_EQ(rule.alert_count(), 0U);
  EXPECT_TRUE(evaluate(store.engine()).ok());
  EXPECT_EQ(rule.alert_count(), size_t{kResults});
  EXPECT_TRUE(evaluate(*engine).ok()) << "what is known takes no more";
  put(kResults, 3 * kResults);
  EXPECT_FALSE(evaluate(*engine).ok());
  EXPECT_EQ(rule.alert_count(), size_t{kResults});
}

}  // namespace
}  // namespace tocsin::rules
