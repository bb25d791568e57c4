#include "base/metrics/window_summary.h"

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/metrics/metric_registry.h"

namespace tocsin {
namespace {

std::vector<double> LognormalValues(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(-7, 3);
  std::vector<double> values(count);
  std::generate(values.begin(), values.end(), [&] { return distribution(random); });
  return values;
}

TEST(QuantileSketchTest, QuantilesAreRightToHalfAPercent) {
  std::vector<double> values = LognormalValues(10'007, 1);
  QuantileSketch first;
  QuantileSketch second;
  for (size_t i = 0; i < values.size(); ++i) {
    (i % 3 == 0 ? first : second).Add(values[i]);
  }
  first.Merge(second);
  std::sort(values.begin(), values.end());
  ASSERT_EQ(first.count(), values.size());
  for (const double q : {0.0, 0.01, 0.05, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(q * static_cast<double>(values.size()))));
    const double exact = values[rank - 1];
    EXPECT_NEAR(first.Quantile(q), exact, exact * QuantileSketch::kRelativeError * (1 + 1e-9)) << q;
  }
}

TEST(QuantileSketchTest, ValuesOutsideItsRangeCountAtItsEnds) {
  QuantileSketch sketch;
  EXPECT_TRUE(std::isnan(sketch.Quantile(0.5)));
  for (const double zero : {0.0, -1.0, 1e-12, std::nan("")}) {
    sketch.Add(zero);
  }
  for (const double large : {1e9, 1e300, HUGE_VAL, 2e9}) {
    sketch.Add(large);
  }
  EXPECT_EQ(sketch.Quantile(0.5), 0);
  EXPECT_NEAR(sketch.Quantile(0.51), 1e9, 1e9 * QuantileSketch::kRelativeError);
  EXPECT_NEAR(sketch.Quantile(1), 1e9, 1e9 * QuantileSketch::kRelativeError);
  sketch.Clear();
  EXPECT_EQ(sketch.count(), 0u);
  EXPECT_TRUE(std::isnan(sketch.Quantile(1)));
}

TEST(WindowSummaryTest, QuantilesForgetAfterTenMinutesAndSumsDoNot) {
  ManualClock clock(1000);
  WindowSummary summary({0.5}, clock);
  summary.Observe(3);
  clock.Set(1000 + 8 * kMinute);
  summary.Observe(5);
  prometheus::ClientMetric::Summary collected = summary.Collect();
  EXPECT_NEAR(collected.quantile.at(0).value, 3, 0.015) << "the lower one of two";
  clock.Set(1000 + 10 * kMinute);
  collected = summary.Collect();
  EXPECT_NEAR(collected.quantile.at(0).value, 5, 0.025);
  clock.Set(1000 + 60 * kMinute);
  collected = summary.Collect();
  EXPECT_TRUE(std::isnan(collected.quantile.at(0).value));
  EXPECT_EQ(collected.sample_sum, 8);
  EXPECT_EQ(collected.sample_count, 2u);
  summary.Observe(7);
  EXPECT_NEAR(summary.Collect().quantile.at(0).value, 7, 0.035);
}

TEST(MetricRegistryTest, ServesSummariesBesideTheLibrarysMetrics) {
  ManualClock clock;
  MetricRegistry registry(clock);
  prometheus::BuildCounter().Name("requests_total").Help("Requests.").Register(registry).Add({}).Increment();
  WindowSummaryFamily& family = registry.Summaries("query_seconds", "Queries.", {0.5, 0.99});
  EXPECT_EQ(&registry.Summaries("query_seconds", "Queries.", {0.5, 0.99}), &family);
  WindowSummary& summary = family.Add({{"slice", "a"}});
  EXPECT_EQ(&family.Add({{"slice", "a"}}), &summary);
  EXPECT_NE(&family.Add({{"slice", "b"}}), &summary);
  summary.Observe(0);
  EXPECT_EQ(prometheus::TextSerializer().Serialize(registry.Collect()), R"(# HELP requests_total Requests.
# TYPE requests_total counter
requests_total 1
# HELP query_seconds Queries.
# TYPE query_seconds summary
query_seconds_count{slice="a"} 1
query_seconds_sum{slice="a"} 0
query_seconds{slice="a",quantile="0.5"} 0
query_seconds{slice="a",quantile="0.99"} 0
query_seconds_count{slice="b"} 0
query_seconds_sum{slice="b"} 0
query_seconds{slice="b",quantile="0.5"} Nan
query_seconds{slice="b",quantile="0.99"} Nan
)");
}

}  // namespace
}  // namespace tocsin
