#include "base/model/convert_nhcb.h"

#include <cmath>

#include "base/model/float_histogram.h"
#include "base/model/integer_histogram.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/infinity.h"

namespace tocsin {
namespace {

using test::kInf;
using testing::ElementsAre;

TEST(NhcbBuilderTest, AnyOrderAndMissingParts) {
  NhcbBuilder builder;
  EXPECT_TRUE(builder.SetBucket(2, 3).ok());
  EXPECT_TRUE(builder.SetBucket(1, 1).ok());
  EXPECT_TRUE(builder.SetBucket(1, 9).ok()) << "given twice: ignored";
  EXPECT_TRUE(builder.SetCount(5).ok());
  EXPECT_TRUE(builder.SetSum(7.5).ok());
  absl::StatusOr<NhcbBuilder::Result> result = builder.Build();
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->integers);
  EXPECT_THAT(result->histogram.custom_values, ElementsAre(1, 2));
  EXPECT_THAT(result->histogram.positive_buckets, ElementsAre(1, 2, 2));
  EXPECT_EQ(result->histogram.sum, 7.5);

  builder.Reset();
  EXPECT_TRUE(builder.empty());
  EXPECT_TRUE(builder.SetBucket(kInf, 2.5).ok());
  result = builder.Build();
  EXPECT_FALSE(result->integers);
  EXPECT_EQ(result->histogram.count, 2.5);
  EXPECT_TRUE(result->histogram.custom_values.empty());
}

TEST(NhcbBuilderTest, Errors) {
  NhcbBuilder builder;
  EXPECT_TRUE(builder.SetBucket(1, 5).ok());
  EXPECT_EQ(tocsin::Message(builder.SetBucket(2, 4)), "count is not cumulative: 4 < 5");
  EXPECT_EQ(tocsin::Message(builder.SetSum(1)), "count is not cumulative: 4 < 5") << "the first error stays";
  builder.Reset();
  EXPECT_TRUE(builder.SetBucket(2, 4).ok());
  EXPECT_EQ(tocsin::Message(builder.SetBucket(1, 5)), "count is not cumulative: 5 > 4");
  builder.Reset();
  EXPECT_EQ(tocsin::Message(builder.SetBucket(std::nan(""), 5)), "bucket boundary must not be NaN");
  builder.Reset();
  EXPECT_EQ(tocsin::Message(builder.SetBucket(1, -5)), "bucket count must be non-negative: le=1, count=-5");
  builder.Reset();
  EXPECT_EQ(tocsin::Message(builder.SetCount(-5)), "count must be non-negative: count=-5");
  builder.Reset();
  EXPECT_TRUE(builder.SetBucket(kInf, 4).ok());
  EXPECT_TRUE(builder.SetCount(3).ok());
  EXPECT_EQ(tocsin::Message(builder.Build().status()), "count mismatch: count=3 != le=+Inf count=4");
}

TEST(NhcbTest, BackToClassic) {
  FloatHistogram h;
  h.schema = kCustomBucketsSchema;
  h.custom_values = {0.5, 1};
  h.positive_spans = {{0, 1}, {1, 1}};
  h.positive_buckets = {1, 2};
  h.count = 3;
  h.sum = 4;
  std::string text;
  ASSERT_TRUE(NhcbToClassic(h, Labels::Of({{"__name__", "x"}, {"a", "b"}}), [&text](const Labels& labels, double value) {
                Append(&text, labels.ToString(), " ", value, "\n");
              }).ok());
  EXPECT_EQ(text,
            "{__name__=\"x_bucket\", a=\"b\", le=\"0.5\"} 1\n{__name__=\"x_bucket\", a=\"b\", le=\"1.0\"} 1\n"
            "{__name__=\"x_bucket\", a=\"b\", le=\"+Inf\"} 3\n{__name__=\"x_count\", a=\"b\"} 3\n{__name__=\"x_sum\", a=\"b\"} 4\n");
  EXPECT_FALSE(NhcbToClassic(h, Labels(), [](const Labels&, double) {}).ok());
}

TEST(NhcbTest, Names) {
  EXPECT_EQ(SplitClassicName("x_bucket").base, "x");
  EXPECT_EQ(SplitClassicName("x_sum").suffix, ClassicSuffix::kSum);
  EXPECT_EQ(SplitClassicName("x_count").suffix, ClassicSuffix::kCount);
  EXPECT_EQ(SplitClassicName("x_total").base, "x_total");
  EXPECT_EQ(OpenMetricsFloat(2), "2.0");
  EXPECT_EQ(OpenMetricsFloat(1e6), "1e+06");
  EXPECT_EQ(OpenMetricsFloat(kInf), "+Inf");
}

TEST(IntegerHistogramTest, ConvertsAndValidates) {
  IntegerHistogram h;
  h.positive_spans = {{0, 3}};
  h.positive_deltas = {2, 1, -3};
  h.count = 6;
  h.zero_count = 1;
  FloatHistogram f;
  ToFloatHistogram(h, &f);
  EXPECT_THAT(f.positive_buckets, ElementsAre(2, 3, 0));
  EXPECT_TRUE(ValidateIntegerHistogram(h).ok());
  h.count = 99;
  EXPECT_EQ(
      tocsin::Message(ValidateIntegerHistogram(h)),
      "6 observations found in buckets, but the Count field is 99: histogram's observation count should equal the number of observations "
      "found in the buckets (in absence of NaN)");
  h.sum = std::nan("");
  EXPECT_TRUE(ValidateIntegerHistogram(h).ok());
  h.count = 5;
  EXPECT_FALSE(ValidateIntegerHistogram(h).ok());
  h.positive_deltas = {1, -2, 5};
  EXPECT_EQ(tocsin::Message(ValidateIntegerHistogram(h)),
            "positive side: bucket number 2 has observation count of -1: histogram has a bucket whose observation count is negative");
}

}  // namespace
}  // namespace tocsin
