#include "base/model/histogram_quantile.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/infinity.h"

namespace tocsin {
namespace {

using test::kInf;

FloatHistogram Positive(std::vector<double> counts) {
  FloatHistogram h;
  h.positive_spans = {{0, static_cast<uint32_t>(counts.size())}};
  for (const double count : counts) {
    h.count += count;
  }
  h.positive_buckets = std::move(counts);
  return h;
}

double Classic(double q, std::vector<ClassicBucket> buckets) { return QuantileOfBuckets(q, &buckets).value; }

TEST(ClassicQuantileTest, Interpolation) {
  const std::vector<ClassicBucket> buckets = {{kInf, 10}, {1, 2}, {2, 6}, {4, 10}};
  EXPECT_EQ(Classic(0, buckets), 0);
  EXPECT_EQ(Classic(0.1, buckets), 0.5);
  EXPECT_EQ(Classic(0.4, buckets), 1.5);
  EXPECT_EQ(Classic(1, buckets), 4);
  EXPECT_EQ(Classic(-1, buckets), -kInf);
  EXPECT_EQ(Classic(2, buckets), kInf);
  EXPECT_TRUE(std::isnan(Classic(std::nan(""), buckets)));
  EXPECT_EQ(Classic(0.9, {{1, 2}, {kInf, 10}}), 1);
  EXPECT_EQ(Classic(0.1, {{-1, 2}, {kInf, 10}}), -1);
  EXPECT_TRUE(std::isnan(Classic(0.5, {{1, 2}})));
  EXPECT_TRUE(std::isnan(Classic(0.5, {{kInf, 2}})));
  EXPECT_TRUE(std::isnan(Classic(0.5, {{1, 0}, {kInf, 0}})));
}

TEST(ClassicQuantileTest, FixesCountsThatFall) {
  std::vector<ClassicBucket> buckets = {{1, 5}, {2, 3}, {3, 10 - 1e-13}, {4, 10}, {kInf, 9}};
  const ClassicQuantile quantile = QuantileOfBuckets(0.5, &buckets);
  EXPECT_TRUE(quantile.fix.forced);
  EXPECT_TRUE(quantile.fix.small_deltas);
  EXPECT_EQ(quantile.fix.min_bound, 2);
  EXPECT_EQ(quantile.fix.max_bound, kInf);
  EXPECT_EQ(quantile.fix.max_difference, 2);
  EXPECT_NEAR(quantile.value, 1, 1e-12);
}

TEST(ClassicQuantileTest, Fractions) {
  const auto fraction = [](double lower, double upper) {
    std::vector<ClassicBucket> buckets = {{1, 2}, {2, 6}, {kInf, 10}};
    return FractionOfBuckets(lower, upper, &buckets);
  };
  EXPECT_EQ(fraction(-kInf, kInf), 1);
  EXPECT_EQ(fraction(0, 1), 0.2);
  EXPECT_EQ(fraction(0.5, 1.5), 0.3);
  EXPECT_EQ(fraction(2, 1), 0);
  EXPECT_EQ(fraction(3, kInf), 0.4);
}

TEST(NativeQuantileTest, ExponentialBuckets) {
  const FloatHistogram h = Positive({1, 2, 1});  // (0.5,1], (1,2], (2,4]
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.5, h).value, std::sqrt(2));
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.25, h).value, 1);
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(1, h).value, 4);
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0, h).value, 0.5);
  EXPECT_EQ(QuantileOfHistogram(-1, h).value, -kInf);
  EXPECT_TRUE(std::isnan(QuantileOfHistogram(0.5, Positive({})).value));
  EXPECT_DOUBLE_EQ(FractionOfHistogram(1, 2, h).value, 0.5);
  EXPECT_DOUBLE_EQ(FractionOfHistogram(-kInf, std::sqrt(2), h).value, 0.5);
  EXPECT_EQ(FractionOfHistogram(3, 3, h).value, 0);
}

TEST(NativeQuantileTest, ZeroBucketIsLinearAndOneSided) {
  FloatHistogram h = Positive({2});
  h.zero_threshold = 0.1;
  h.zero_count = 2;
  h.count = 4;
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.25, h).value, 0.05);
  h.positive_buckets.clear();
  h.positive_spans.clear();
  h.count = 2;
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.25, h).value, -0.05);
}

TEST(NativeQuantileTest, CustomBuckets) {
  FloatHistogram h = Positive({2, 2, 2});
  h.schema = kCustomBucketsSchema;
  h.custom_values = {1, 3};
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.5, h).value, 2);
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.1, h).value, 0.3);
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.99, h).value, 3);
  h.custom_values = {-3, -1};
  EXPECT_DOUBLE_EQ(QuantileOfHistogram(0.1, h).value, -3);
}

TEST(NativeQuantileTest, NaNObservations) {
  FloatHistogram h = Positive({12});
  h.count = 15;
  h.sum = std::nan("");
  EXPECT_TRUE(QuantileOfHistogram(0.81, h).nan_result);
  const NativeQuantile skewed = QuantileOfHistogram(0.8, h);
  EXPECT_TRUE(skewed.nan_skew);
  EXPECT_DOUBLE_EQ(skewed.value, 1);
  const NativeFraction fraction = FractionOfHistogram(-kInf, kInf, h);
  EXPECT_TRUE(fraction.nan_observations);
  EXPECT_DOUBLE_EQ(fraction.value, 0.8);
}

TEST(NativeQuantileTest, Variance) {
  FloatHistogram h = Positive({0, 2});
  h.sum = 2 * std::sqrt(2);
  EXPECT_NEAR(VarianceOfHistogram(h), 0, 1e-12);
}

}  // namespace
}  // namespace tocsin
