#include "base/model/float_histogram.h"

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "base/model/histogram_bucket.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/infinity.h"

namespace tocsin {
namespace {

using test::kInf;

using testing::ElementsAre;

FloatHistogram Exponential(int32_t schema, std::vector<Span> spans, std::vector<double> counts) {
  FloatHistogram h;
  h.schema = schema;
  h.positive_spans = std::move(spans);
  h.positive_buckets = std::move(counts);
  for (const double count : h.positive_buckets) {
    h.count += count;
  }
  return h;
}

FloatHistogram Custom(std::vector<double> bounds, std::vector<double> counts) {
  const std::vector<Span> spans = {{0, static_cast<uint32_t>(counts.size())}};
  FloatHistogram h = Exponential(kCustomBucketsSchema, spans, std::move(counts));
  h.custom_values = std::move(bounds);
  return h;
}

std::map<int32_t, double> Populated(const FloatHistogram& h, HistogramSide side) {
  std::map<int32_t, double> counts;
  for (SideCursor cursor = CursorOf(h, side); cursor.Next();) {
    if (cursor.count() != 0) {
      counts[cursor.index()] = cursor.count();
    }
  }
  return counts;
}

TEST(HistogramBucketTest, Bounds) {
  EXPECT_EQ(BucketBound(0, 0, {}), 1);
  EXPECT_EQ(BucketBound(3, 0, {}), 8);
  EXPECT_EQ(BucketBound(-1, 0, {}), 0.5);
  EXPECT_EQ(BucketBound(1, -2, {}), 16);
  EXPECT_EQ(BucketBound(1, 1, {}), 1.414213562373095);  // as Prometheus has it, one bit below sqrt(2)
  EXPECT_EQ(BucketBound(-255, 8, {}), 0.5013556375251013);
  EXPECT_EQ(BucketBound(-1, 8, {}), 0.9972960560854698);
  EXPECT_EQ(BucketBound(1024, 0, {}), std::numeric_limits<double>::max());
  EXPECT_EQ(BucketBound(1025, 0, {}), kInf);
  EXPECT_EQ(BucketBound(64, -4, {}), std::numeric_limits<double>::max());
  EXPECT_EQ(BucketBound(1024 * 256, 8, {}), std::numeric_limits<double>::max());
  EXPECT_EQ(BucketBound(1024 * 256 + 1, 8, {}), kInf);
  EXPECT_EQ(BucketBound(std::numeric_limits<int32_t>::max(), -4, {}), kInf);
  EXPECT_EQ(BucketBound(std::numeric_limits<int32_t>::min(), -4, {}), 0);
  const std::vector<double> bounds = {1, 5};
  EXPECT_EQ(BucketBound(-1, kCustomBucketsSchema, bounds), -kInf);
  EXPECT_EQ(BucketBound(1, kCustomBucketsSchema, bounds), 5);
  EXPECT_EQ(BucketBound(2, kCustomBucketsSchema, bounds), kInf);
}

TEST(HistogramBucketTest, WalksBothWays) {
  FloatHistogram h = Exponential(0, {{-1, 2}, {2, 1}}, {1, 2, 3});
  h.negative_spans = {{0, 1}};
  h.negative_buckets = {4};
  h.zero_count = 5;
  h.zero_threshold = 0.001;
  std::vector<double> up;
  std::vector<double> down;
  VisitAscending(h, [&](const BucketRef& ref) { return up.push_back(ref.count), true; });
  VisitDescending(h, [&](const BucketRef& ref) { return down.push_back(ref.count), true; });
  EXPECT_THAT(up, ElementsAre(4, 5, 1, 2, 3));
  EXPECT_THAT(down, ElementsAre(3, 2, 1, 5, 4));
  const std::vector<HistogramBucket> all = AllBuckets(h);
  EXPECT_EQ(all[0].ToString(), "[-1,-0.5):4");
  EXPECT_EQ(all[1].ToString(), "[-0.001,0.001]:5");
  EXPECT_EQ(all[4].ToString(), "(4,8]:3");
}

TEST(HistogramTextTest, BothForms) {
  FloatHistogram h = Exponential(0, {{0, 1}, {1, 2}}, {1, 0, 2});
  h.negative_spans = {{2, 1}};
  h.negative_buckets = {1.5};
  h.zero_count = 3;
  h.zero_threshold = 0.01;
  h.sum = -4.5;
  h.count = 7.5;
  h.counter_reset_hint = CounterResetHint::kGauge;
  EXPECT_EQ(HistogramToString(h), "{count:7.5, sum:-4.5, [-4,-2):1.5, [-0.01,0.01]:3, (0.5,1]:1, (4,8]:2}");
  EXPECT_EQ(HistogramTestExpression(h),
            "{{count:7.5 sum:-4.5 z_bucket:3 z_bucket_w:0.01 counter_reset_hint:gauge buckets:[1 0 0 2] n_offset:2 n_buckets:[1.5]}}");
  EXPECT_EQ(HistogramTestExpression(Custom({1, 2.5}, {1, 0, 1})), "{{schema:-53 count:2 custom_values:[1 2.5] buckets:[1 0 1]}}");
  EXPECT_EQ(HistogramTestExpression({}), "{{}}");
  const FloatHistogram wide = Exponential(0, {{0, 1}, {kMaxExpressionGap + 1, 1}}, {1, 1});
  EXPECT_TRUE(HistogramTestExpression(wide).starts_with("{count:2"));
}

TEST(HistogramCompactTest, DropsAndJoins) {
  FloatHistogram h = Exponential(0, {{-2, 4}, {0, 2}, {1, 0}, {1, 3}}, {0, 1, 0, 2, 0, 0, 0, 3, 0});
  FloatHistogram joined = h;
  CompactHistogram(&h);
  EXPECT_THAT(h.positive_spans, ElementsAre(Span{-1, 1}, Span{1, 1}, Span{5, 1}));
  EXPECT_THAT(h.positive_buckets, ElementsAre(1, 2, 3));
  CompactHistogram(&joined, 1);
  EXPECT_THAT(joined.positive_spans, ElementsAre(Span{-1, 3}, Span{5, 1}));
  EXPECT_THAT(joined.positive_buckets, ElementsAre(1, 0, 2, 3));
  FloatHistogram empty = Exponential(0, {{3, 2}}, {0, 0});
  CompactHistogram(&empty);
  EXPECT_TRUE(empty.positive_spans.empty());
  EXPECT_TRUE(empty.positive_buckets.empty());
}

TEST(HistogramAddTest, SchemasMeetAtTheCoarser) {
  FloatHistogram fine = Exponential(1, {{0, 4}}, {1, 2, 3, 4});  // buckets 0, 1, 2, 3 of schema 1 are 0, 1, 1, 2 of schema 0
  const FloatHistogram coarse = Exponential(0, {{1, 1}}, {10});
  FloatHistogram sum = coarse;
  ASSERT_TRUE(AddHistogram(&sum, fine).ok());
  EXPECT_THAT(Populated(sum, HistogramSide::kPositive), ElementsAre(testing::Pair(0, 1), testing::Pair(1, 15), testing::Pair(2, 4)));
  ASSERT_TRUE(AddHistogram(&fine, coarse).ok());
  EXPECT_EQ(fine.schema, 0);
  EXPECT_TRUE(AlmostEqualHistograms(fine, sum, 1e-12));
  ASSERT_TRUE(SubHistogram(&fine, coarse).ok());
  EXPECT_EQ(fine.count, 10);
}

TEST(HistogramAddTest, ZeroBucketSwallowsWhatItCovers) {
  FloatHistogram h = Exponential(0, {{-2, 3}}, {1, 2, 4});  // (0.125,0.25], (0.25,0.5], (0.5,1]
  h.zero_threshold = 0.01;
  h.zero_count = 8;
  FloatHistogram other;
  other.zero_threshold = 0.3;
  other.zero_count = 16;
  other.count = 16;
  ASSERT_TRUE(AddHistogram(&h, other).ok());
  EXPECT_EQ(h.zero_threshold, 0.5);  // 0.3 lies in a populated bucket
  EXPECT_EQ(h.zero_count, 8 + 1 + 2 + 16);
  EXPECT_THAT(Populated(h, HistogramSide::kPositive), ElementsAre(testing::Pair(0, 4)));
}

TEST(HistogramAddTest, CustomBounds) {
  FloatHistogram a = Custom({1, 2, 5}, {1, 2, 3, 4});
  const FloatHistogram same = a;
  const absl::StatusOr<HistogramMerge> plain = AddHistogram(&a, same);
  EXPECT_FALSE(plain->bounds_reconciled);
  EXPECT_THAT(a.positive_buckets, ElementsAre(2, 4, 6, 8));
  const absl::StatusOr<HistogramMerge> merge = AddHistogram(&a, Custom({2, 3}, {10, 20, 30}));
  EXPECT_TRUE(merge->bounds_reconciled);
  EXPECT_THAT(a.custom_values, ElementsAre(2));
  EXPECT_THAT(a.positive_buckets, ElementsAre(16, 64));
  FloatHistogram exponential = Exponential(0, {{0, 1}}, {1});
  EXPECT_EQ(sv(AddHistogram(&exponential, a).status().message()), HistogramsIncompatibleText());
  EXPECT_EQ(exponential.count, 1);
}

TEST(HistogramAddTest, CounterResetHints) {
  const auto hint_of = [](CounterResetHint a, CounterResetHint b, bool collision) {
    FloatHistogram h;
    FloatHistogram other;
    h.counter_reset_hint = a;
    other.counter_reset_hint = b;
    EXPECT_EQ(AddHistogram(&h, other)->counter_reset_collision, collision);
    return h.counter_reset_hint;
  };
  using enum CounterResetHint;
  EXPECT_EQ(hint_of(kReset, kReset, false), kReset);
  EXPECT_EQ(hint_of(kReset, kNotReset, true), kUnknown);
  EXPECT_EQ(hint_of(kNotReset, kReset, true), kUnknown);
  EXPECT_EQ(hint_of(kUnknown, kReset, false), kUnknown);
  EXPECT_EQ(hint_of(kReset, kUnknown, false), kUnknown);
  EXPECT_EQ(hint_of(kGauge, kReset, false), kGauge);
  EXPECT_EQ(hint_of(kNotReset, kGauge, false), kGauge);
}

TEST(HistogramAddTest, CompensationKeepsWhatAddingLoses) {
  FloatHistogram total = Exponential(0, {{0, 1}}, {1e100});
  total.sum = 1e100;
  FloatHistogram low = NewCompensation(total);
  for (int i = 0; i < 10; ++i) {
    FloatHistogram one = Exponential(1, {{1, 2}}, {0.5, 0.5});
    one.sum = 1;
    ASSERT_TRUE(KahanAddHistogram(&total, &low, one).ok());
  }
  FloatHistogram minus = Exponential(0, {{0, 1}}, {-1e100});
  minus.sum = -1e100;
  ASSERT_TRUE(KahanAddHistogram(&total, &low, minus).ok());
  ApplyCompensation(&total, low);
  EXPECT_EQ(total.sum, 10);
  EXPECT_EQ(total.count, 10);
  EXPECT_THAT(Populated(total, HistogramSide::kPositive), ElementsAre(testing::Pair(1, 10)));
}

TEST(HistogramAddTest, RandomLayoutsAgainstMaps) {
  std::mt19937 random(3);
  const auto make = [&random] {
    FloatHistogram h;
    int position = static_cast<int>(random() % 7) - 3;
    for (size_t spans = random() % 4; spans > 0; --spans) {
      const Span span{h.positive_spans.empty() ? position : static_cast<int>(random() % 3), static_cast<uint32_t>(random() % 3)};
      h.positive_spans.push_back(span);
      for (uint32_t i = 0; i < span.length; ++i) {
        h.positive_buckets.push_back(static_cast<double>(random() % 4));
      }
    }
    return h;
  };
  for (int round = 0; round < 3000; ++round) {
    FloatHistogram a = make();
    const FloatHistogram b = make();
    std::map<int32_t, double> expected = Populated(a, HistogramSide::kPositive);
    for (const auto& [index, count] : Populated(b, HistogramSide::kPositive)) {
      expected[index] -= count;
    }
    std::erase_if(expected, [](const auto& entry) { return entry.second == 0; });
    FloatHistogram compensated = a;
    FloatHistogram low = NewCompensation(a);
    FloatHistogram minus_b = b;
    MulHistogram(&minus_b, -1);
    ASSERT_TRUE(SubHistogram(&a, b).ok());
    ASSERT_TRUE(KahanAddHistogram(&compensated, &low, minus_b).ok());
    EXPECT_EQ(Populated(a, HistogramSide::kPositive), expected);
    EXPECT_EQ(Populated(compensated, HistogramSide::kPositive), expected);
    CompactHistogram(&a, random() % 3);
    EXPECT_EQ(Populated(a, HistogramSide::kPositive), expected);
  }
}

TEST(HistogramScaleTest, MulAndDiv) {
  FloatHistogram h = Exponential(0, {{0, 2}}, {1, 3});
  h.sum = 5;
  MulHistogram(&h, 2);
  EXPECT_EQ(h.count, 8);
  EXPECT_EQ(h.counter_reset_hint, CounterResetHint::kUnknown);
  DivHistogram(&h, -4);
  EXPECT_EQ(h.sum, -2.5);
  EXPECT_EQ(h.counter_reset_hint, CounterResetHint::kGauge);
  DivHistogram(&h, 0);
  EXPECT_EQ(h.count, -kInf);
  EXPECT_TRUE(h.positive_buckets.empty());
  EXPECT_TRUE(HistogramHasOverflow(h));
}

TEST(HistogramReduceTest, ToCoarserSchema) {
  FloatHistogram h = Exponential(2, {{-4, 3}, {2, 3}}, {1, 2, 4, 8, 16, 32});
  ASSERT_TRUE(ReduceHistogramResolution(&h, 0).ok());
  EXPECT_EQ(h.schema, 0);
  EXPECT_THAT(Populated(h, HistogramSide::kPositive), ElementsAre(testing::Pair(-1, 1), testing::Pair(0, 6), testing::Pair(1, 56)));
  EXPECT_FALSE(ReduceHistogramResolution(&h, 0).ok());
  FloatHistogram broken = Exponential(2, {{0, 3}}, {1, 2});
  EXPECT_EQ(sv(ReduceHistogramResolution(&broken, 0).message()),
            "have 2 buckets but spans need more: histogram spans specify different number of buckets than provided");
}

TEST(HistogramResetTest, Detection) {
  const FloatHistogram before = Exponential(1, {{0, 2}, {1, 1}}, {1, 2, 3});
  FloatHistogram after = before;
  EXPECT_FALSE(DetectHistogramReset(after, before));
  after.positive_buckets[1] = 1;
  after.positive_buckets[2] = 4;
  EXPECT_TRUE(DetectHistogramReset(after, before));
  after.counter_reset_hint = CounterResetHint::kNotReset;
  EXPECT_FALSE(DetectHistogramReset(after, before));
  after = Exponential(1, {{0, 4}}, {1, 2, 0, 3});
  EXPECT_FALSE(DetectHistogramReset(after, before));
  after = Exponential(1, {{0, 2}}, {3, 3});
  EXPECT_TRUE(DetectHistogramReset(after, before)) << "a populated bucket went";
  after = Exponential(0, {{0, 3}}, {1, 2, 3});
  EXPECT_FALSE(DetectHistogramReset(after, before)) << "a coarser schema with the same observations";
  after = Exponential(2, {{0, 9}}, {9, 9, 9, 9, 9, 9, 9, 9, 9});
  EXPECT_TRUE(DetectHistogramReset(after, before)) << "a finer schema";
  after = before;
  after.zero_threshold = 0.8;
  after.zero_count = 1;
  after.count = 7;
  EXPECT_TRUE(DetectHistogramReset(after, before)) << "the zero bucket ends inside a populated bucket";
  EXPECT_TRUE(DetectHistogramReset(before, Exponential(1, {{0, 1}}, {7}))) << "fewer observations";
}

TEST(HistogramResetTest, CustomBoundsThatDiffer) {
  EXPECT_FALSE(DetectHistogramReset(Custom({2}, {3, 3}), Custom({1, 2}, {1, 2, 3})));
  EXPECT_TRUE(DetectHistogramReset(Custom({2}, {2, 4}), Custom({1, 2}, {1, 2, 3})));
  EXPECT_TRUE(DetectHistogramReset(Custom({2}, {2, 4}), Exponential(0, {{0, 1}}, {1})));
}

TEST(HistogramTrimTest, ExponentialBuckets) {
  FloatHistogram h = Exponential(0, {{1, 3}}, {2, 4, 8});  // (1,2], (2,4], (4,8]
  FloatHistogram upper = h;
  TrimHistogram(&upper, 4, true);
  EXPECT_THAT(upper.positive_buckets, ElementsAre(2, 4));
  EXPECT_EQ(upper.count, 6);
  EXPECT_DOUBLE_EQ(upper.sum, 2 * std::sqrt(2) + 4 * std::sqrt(8));
  FloatHistogram lower = h;
  TrimHistogram(&lower, std::sqrt(8), false);
  EXPECT_NEAR(lower.positive_buckets[0], 2, 1e-9);
  FloatHistogram whole = h;
  whole.sum = 77;
  TrimHistogram(&whole, 100, true);
  EXPECT_EQ(whole.sum, 77);
}

TEST(HistogramTrimTest, CustomAndZeroBuckets) {
  FloatHistogram h = Custom({5, 10}, {10, 10, 10});
  FloatHistogram upper = h;
  TrimHistogram(&upper, 7.5, true);
  EXPECT_THAT(upper.positive_buckets, ElementsAre(10, 5));
  FloatHistogram lower = h;
  TrimHistogram(&lower, 2, false);
  EXPECT_NEAR(lower.positive_buckets[0], 6, 1e-12);
  FloatHistogram zero;
  zero.zero_threshold = 1;
  zero.zero_count = 8;
  zero.count = 8;
  TrimHistogram(&zero, 0.5, true);
  EXPECT_EQ(zero.zero_count, 6);
}

TEST(HistogramValidateTest, Texts) {
  const auto text_of = [](const FloatHistogram& h) { return std::string(sv(ValidateHistogram(h).message())); };
  EXPECT_EQ(text_of(Exponential(0, {{0, 2}}, {1, 2})), "");
  EXPECT_EQ(text_of(Exponential(0, {{0, 3}}, {1, 2})),
            "positive side: spans need 3 buckets, have 2 buckets: histogram spans specify different number of buckets than provided");
  EXPECT_EQ(text_of(Exponential(0, {{0, 1}, {-1, 1}}, {1, 2})),
            "positive side: span number 2 with offset -1: histogram has a span whose offset is negative");
  EXPECT_EQ(text_of(Exponential(0, {{0, 1}}, {-1})), "observation count is  -1: histogram's observation count is negative");
  EXPECT_EQ(
      text_of(Exponential(9, {}, {})),
      "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema 9");
  EXPECT_EQ(
      text_of(Custom({2, 1}, {1})),
      "custom buckets: previous bound is 2.000000 and current is 1.000000: histogram custom bounds must be in strictly increasing order");
  EXPECT_EQ(
      text_of(Custom({1}, {1, 1, 1})),
      "custom buckets: only 1 custom bounds defined which is insufficient to cover total span length of 3: histogram custom bounds are too "
      "few");
  EXPECT_EQ(text_of(Custom({kInf}, {1})),
            "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite");
}

TEST(HistogramCompareTest, LayoutAndBits) {
  FloatHistogram a = Exponential(0, {{0, 1}, {1, 0}, {1, 1}}, {1, 2});
  FloatHistogram b = Exponential(0, {{0, 1}, {2, 1}}, {1, 2});
  EXPECT_TRUE(IdenticalHistograms(a, b));
  b.sum = -0.0;
  EXPECT_FALSE(IdenticalHistograms(a, b));
  EXPECT_TRUE(AlmostEqualHistograms(a, b, 1e-6));
  b.positive_buckets[1] = 2 + 1e-9;
  EXPECT_TRUE(AlmostEqualHistograms(a, b, 1e-6));
  b.positive_buckets[1] = 2.1;
  EXPECT_FALSE(AlmostEqualHistograms(a, b, 1e-6));
}

TEST(HistogramHostileTest, BrokenSpansDoNotHurt) {
  FloatHistogram h = Exponential(0, {{std::numeric_limits<int32_t>::max(), 4000000000u}, {std::numeric_limits<int32_t>::max(), 5}}, {1, 2});
  FloatHistogram other = Exponential(3, {{std::numeric_limits<int32_t>::min(), 2}}, {1, 2});
  ASSERT_TRUE(AddHistogram(&other, h).ok());
  EXPECT_FALSE(ValidateHistogram(h).ok());
  DetectHistogramReset(other, h);
  HistogramToString(h);
  FloatHistogram nan_zero;
  nan_zero.zero_threshold = std::nan("");
  ASSERT_TRUE(AddHistogram(&nan_zero, h).ok());
}

}  // namespace
}  // namespace tocsin
