#include "promql/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/strings.h"
#include "storage/head.h"

namespace tocsin::promql {
namespace {

constexpr TimestampMs kTestEnd = 10 * kMinute;

class EngineTest : public testing::Test {
 protected:
  EngineTest() : head_(Head::OpenMemoryOnly({.retention_ms = 0}, clock_)) {
    const auto appender = head_->OpenAppender();
    for (int series = 0; series < 200; ++series) {
      AppendResult result = AppendResult::kOk;
      const SeriesRef ref = appender->GetOrCreate(
          Labels::Of({{"__name__", series % 2 == 0 ? "a_total" : "b_total"}, {"i", Cat(series / 2)}, {"zone", Cat(series % 7)}}), &result);
      for (TimestampMs t = 0; t <= kTestEnd; t += 15 * kSecond) {
        EXPECT_EQ(appender->Append(ref, t, 0.1 * static_cast<double>((t / 1000 * (series + 1)) % 1000)), AppendResult::kOk);
      }
    }
    EXPECT_TRUE(appender->Commit().ok());
  }

  absl::StatusOr<QueryResult> Instant(Engine& engine, std::string expression) {
    return engine.Query(*head_, {.expression = std::move(expression), .start = kTestEnd, .end = kTestEnd});
  }
  absl::StatusOr<QueryResult> Range(Engine& engine, std::string expression) {
    return engine.Query(*head_, {.expression = std::move(expression), .start = kMinute, .end = kTestEnd, .step_ms = 10 * kSecond});
  }

  ManualClock clock_{kTestEnd};
  std::unique_ptr<Head> head_;
};

std::string Text(const QueryResult& result) {
  std::string text;
  if (const auto* matrix = std::get_if<Matrix>(&result.value); matrix != nullptr) {
    for (const MatrixSeries& series : *matrix) {
      Append(&text, series.labels.ToString());
      for (const Point& point : series.points) {
        text.append(reinterpret_cast<const char*>(&point.value), sizeof(point.value));
      }
    }
  }
  return text;
}

TEST_F(EngineTest, OneAndFourWorkersGiveTheSameBits) {
  const auto one = NewEngine({.worker_threads = 1}, clock_);
  const auto four = NewEngine({.worker_threads = 4}, clock_);
  for (const char* expression :
       {"rate(a_total[2m])", "sum(rate(a_total[2m]))", "sum by (zone) (avg_over_time({__name__=~\"a_total|b_total\"}[1m30s]))",
        "a_total / on (i) b_total", "topk(3, a_total)", "quantile by (zone) (0.3, b_total)", "stddev(a_total)",
        "max_over_time(sum(rate(a_total[1m]))[3m:20s])"}) {
    const auto a = Range(*one, expression);
    const auto b = Range(*four, expression);
    ASSERT_TRUE(a.ok()) << expression << ": " << a.status();
    ASSERT_TRUE(b.ok()) << expression << ": " << b.status();
    EXPECT_FALSE(Text(*a).empty()) << expression;
    EXPECT_EQ(Text(*a), Text(*b)) << expression;
    EXPECT_EQ(a->stats.total_queryable_samples, b->stats.total_queryable_samples) << expression;
  }
}

TEST_F(EngineTest, SamplesInMemoryAreLimited) {
  const auto enough = NewEngine({.max_samples = 6000}, clock_);
  const auto too_few = NewEngine({.max_samples = 5000}, clock_);
  ASSERT_TRUE(Range(*enough, "a_total").ok());
  const auto result = Range(*too_few, "a_total");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(QueryErrorType(result.status()), "execution");
  EXPECT_EQ(Message(result.status()), "query processing would load too many samples into memory in query execution");
}

TEST_F(EngineTest, ACancelledQueryEndsWithItsError) {
  const auto engine = NewEngine({}, clock_);
  StopToken cancel;
  cancel.Stop();
  const auto result = engine->Query(*head_, {.expression = "a_total", .start = 0, .end = 0, .cancel = &cancel});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(QueryErrorType(result.status()), "canceled");
  EXPECT_EQ(Message(result.status()), "query was canceled in expression evaluation");
}

/// A clock that moves on each time somebody looks.
class ImpatientClock : public ManualClock {
 public:
  int64_t MonotonicNs() const override { return looks_.fetch_add(1) * 1'000'000'000; }

 private:
  mutable std::atomic<int64_t> looks_{1};
};

TEST_F(EngineTest, AQueryThatTakesTooLongEndsWithItsError) {
  const ImpatientClock clock;
  const auto engine = NewEngine({.timeout_ms = 4 * kSecond, .worker_threads = 1}, clock);
  const auto result = Range(*engine, "rate(a_total[1m])");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(QueryErrorType(result.status()), "timeout");
  EXPECT_EQ(Message(result.status()), "query timed out in expression evaluation");
}

TEST_F(EngineTest, BadExpressionsAreBadData) {
  const auto engine = NewEngine({}, clock_);
  for (const char* expression : {"sum(", "a_total[1m]", "\"text\""}) {
    const auto result = Range(*engine, expression);
    ASSERT_FALSE(result.ok()) << expression;
    EXPECT_EQ(QueryErrorType(result.status()), "bad_data") << expression;
  }
  EXPECT_EQ(Message(Range(*engine, "a_total[1m]").status()),
            "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector");
}

TEST_F(EngineTest, NamesGoAtOnceOrAtTheEnd) {
  const auto at_once = NewEngine({}, clock_);
  const auto delayed = NewEngine({.features = {.delayed_name_removal = true}}, clock_);
  const std::string colliding = "abs(label_replace({i=\"3\"}, \"zone\", \"\", \"\", \"\"))";
  for (Engine* engine : {at_once.get(), delayed.get()}) {
    const auto result = Instant(*engine, colliding);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(Message(result.status()), "vector cannot contain metrics with the same labelset");
  }
  EXPECT_FALSE(Instant(*at_once, Cat("count(", colliding, ")")).ok());
  EXPECT_TRUE(Instant(*delayed, Cat("count(", colliding, ")")).ok());
  const char* by_name = "sum by (__name__) (rate({__name__=~\"a_total|b_total\"}[5m]))";
  EXPECT_EQ(std::get<Vector>(Instant(*at_once, by_name)->value).size(), 1u);
  EXPECT_FALSE(Instant(*delayed, by_name).ok());  // both groups lose their name at the end
}

TEST_F(EngineTest, StatsCountWindowsInFull) {
  const auto engine = NewEngine({.features = {.per_step_stats = true}}, clock_);
  const auto result = engine->Query(
      *head_,
      {.expression = "rate(a_total{i=\"1\"}[1m])", .start = kMinute, .end = 3 * kMinute, .step_ms = kMinute, .per_step_stats = true});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stats.total_queryable_samples, 12);
  EXPECT_EQ(result->stats.samples_read, 12);
  EXPECT_EQ(result->stats.total_samples_per_step, (std::vector<int64_t>{4, 4, 4}));
}

TEST_F(EngineTest, ExplainShowsThePlanAndSharedParts) {
  const auto engine = NewEngine({}, clock_);
  const auto plan = engine->Explain({.expression = "sum(rate(a_total[1m])) / sum(rate(a_total[1m])) + (2 * 3)", .start = 0, .end = 0});
  ASSERT_TRUE(plan.ok());
  EXPECT_NE(plan->find("vector + scalar"), std::string::npos) << *plan;
  EXPECT_NE(plan->find("  6\n"), std::string::npos) << *plan;
  EXPECT_NE(plan->find("shared"), std::string::npos) << *plan;
  EXPECT_NE(plan->find("rate over a_total[1m]"), std::string::npos) << *plan;
}

TEST_F(EngineTest, ProfileTellsOfEachOperator) {
  const auto engine = NewEngine({}, clock_);
  const auto result =
      engine->Query(*head_, {.expression = "sum(rate(a_total[1m]))", .start = 0, .end = kTestEnd, .step_ms = kMinute, .profile = true});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->operators.size(), 2u);
  EXPECT_EQ(result->operators[0].series, 1);
  EXPECT_EQ(result->operators[1].depth, 1);
  EXPECT_EQ(result->operators[1].series, 100);
}

TEST_F(EngineTest, TheQueryLogHearsOfQueriesThatBegan) {
  const auto engine = NewEngine({}, clock_);
  std::vector<std::string> seen;
  engine->SetQueryLog(
      [&](const QueryLogEntry& entry) { seen.push_back(Cat(entry.request.expression, " ", entry.status.ok() ? "ok" : "bad")); });
  (void)Instant(*engine, "a_total");
  (void)Instant(*engine, "sum(");
  engine->SetQueryLog(nullptr);
  (void)Instant(*engine, "b_total");
  EXPECT_EQ(seen, (std::vector<std::string>{"a_total ok"}));
}

TEST_F(EngineTest, ManyThreadsMayAsk) {
  const auto engine = NewEngine({.max_concurrency = 2, .worker_threads = 3}, clock_);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { good += Range(*engine, "sum by (zone) (rate(a_total[2m]))").ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(good, 6);
}

}  // namespace
}  // namespace tocsin::promql
