#include <gtest/gtest.h>

#include <limits>

#include "promql/functions/float_function.h"
#include "promql/functions/quantile.h"
#include "promql/operators/selecting_aggregate.h"
#include "promql/operators/sort.h"
#include "promql/operators/top_heap.h"

namespace tocsin::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(NaturalLessTest, NumbersCompareAsNumbers) {
  EXPECT_TRUE(NaturalLess("node2", "node10"));
  EXPECT_FALSE(NaturalLess("node10", "node2"));
  EXPECT_TRUE(NaturalLess("a", "b"));
  EXPECT_TRUE(NaturalLess("", "a"));
  EXPECT_FALSE(NaturalLess("a", ""));
  EXPECT_TRUE(NaturalLess("v1.9.0", "v1.10.0"));
}

TEST(TopHeapTest, KeepsTheBestAndPrefersNumbersToNaN) {
  TopHeap heap(/*largest=*/true);
  const double values[] = {kNaN, 3, 1, 4, kNaN, 5};
  for (size_t i = 0; i < 6; ++i) {
    heap.Offer(3, {values[i], i});
  }
  double sum = 0;
  for (const RankedSample& sample : heap.samples()) {
    sum += sample.value;
  }
  EXPECT_EQ(sum, 12);
}

TEST(QuantileOfTest, InterpolatesAndKnowsTheEdges) {
  std::vector<double> values = {4, 1, 3, 2};
  EXPECT_EQ(QuantileOf(0.5, &values), 2.5);
  EXPECT_EQ(QuantileOf(-1, &values), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(QuantileOf(2, &values), std::numeric_limits<double>::infinity());
  values = {};
  EXPECT_NE(QuantileOf(0.5, &values), QuantileOf(0.5, &values));
}

TEST(SamplingOffsetTest, LiesBetweenZeroAndOneAndDependsOnTheLabels) {
  const double a = SamplingOffset(Labels::Of({{"a", "1"}}));
  const double b = SamplingOffset(Labels::Of({{"a", "2"}}));
  EXPECT_GE(a, 0);
  EXPECT_LT(a, 1);
  EXPECT_NE(a, b);
  EXPECT_EQ(SamplingOffset(Labels::Of({{"a", std::string(300, 'x')}})), SamplingOffset(Labels::Of({{"a", std::string(300, 'x')}})));
}

TEST(CalendarFunctionTest, FollowsTheGregorianCalendarBeforeAndAfterTheEpoch) {
  EXPECT_EQ(FindCalendarFunction("year")(-1), 1969);
  EXPECT_EQ(FindCalendarFunction("month")(-1), 12);
  EXPECT_EQ(FindCalendarFunction("day_of_week")(-1), 3);
  EXPECT_EQ(FindCalendarFunction("day_of_year")(1'709'164'800), 60);  // 2024-02-29
  EXPECT_EQ(FindCalendarFunction("days_in_month")(1'709'164'800), 29);
  EXPECT_EQ(FindCalendarFunction("hour")(-1), 23);
  EXPECT_EQ(FindCalendarFunction("minute")(-1), 59);
}

}  // namespace
}  // namespace tocsin::promql
