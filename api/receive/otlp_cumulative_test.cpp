#include "api/receive/otlp_cumulative.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using wire::OtlpKind;
using wire::OtlpPoint;
using wire::OtlpTemporality;

constexpr TimestampMs kCumulativeNow = 1'700'000'000'000;

class OtlpCumulativeTest : public testing::Test {
 protected:
  /// The points that come out of a request with one metric.
  std::vector<OtlpPoint> Send(OtlpKind kind, std::vector<OtlpPoint> points, const std::string& name = "m") {
    wire::OtlpMetric metric;
    metric.name = name;
    metric.kind = kind;
    metric.temporality = OtlpTemporality::kDelta;
    metric.points = std::move(points);
    wire::OtlpScope scope;
    scope.metrics = {std::move(metric)};
    std::vector<wire::OtlpResource> resources(1);
    resources[0].scopes = {std::move(scope)};
    left_out_ = cumulative_.Convert(&resources, now_);
    const wire::OtlpMetric& out = resources[0].scopes[0].metrics[0];
    EXPECT_EQ(out.temporality, OtlpTemporality::kCumulative);
    return out.points;
  }

  static OtlpPoint At(uint64_t start_ns, uint64_t time_ns, double value = 0) {
    OtlpPoint point;
    point.start_ns = start_ns;
    point.time_ns = time_ns;
    point.value = value;
    return point;
  }

  OtlpCumulative cumulative_;
  TimestampMs now_ = kCumulativeNow;
  size_t left_out_ = 0;
};

TEST_F(OtlpCumulativeTest, SumsAddUpByStream) {
  OtlpPoint other = At(1, 2, 100);
  other.attributes = {{"a", "b"}};
  EXPECT_EQ(Send(OtlpKind::kSum, {At(1, 2, 5), other}).size(), 2u);
  const std::vector<OtlpPoint> next = Send(OtlpKind::kSum, {At(2, 3, 7)});
  EXPECT_EQ(next[0].value, 12);
  EXPECT_EQ(next[0].start_ns, 1u) << "of the stream";
  EXPECT_EQ(next[0].time_ns, 3u);
  EXPECT_EQ(Send(OtlpKind::kSum, {At(2, 4, 1)}, "n")[0].value, 1) << "another metric";
  EXPECT_EQ(cumulative_.streams(), 3u);
}

TEST_F(OtlpCumulativeTest, PointsOutOfOrderAreLeftOut) {
  Send(OtlpKind::kSum, {At(5, 10, 1)});
  EXPECT_TRUE(Send(OtlpKind::kSum, {At(5, 10, 1), At(4, 20, 1)}).empty());
  EXPECT_EQ(left_out_, 2u);
  EXPECT_EQ(Send(OtlpKind::kSum, {At(10, 11, 1)})[0].value, 2);
}

TEST_F(OtlpCumulativeTest, StreamsAreForgotten) {
  Send(OtlpKind::kSum, {At(1, 2, 5)});
  now_ += OtlpCumulative::kStaleMs + 1;
  EXPECT_EQ(Send(OtlpKind::kSum, {At(2, 3, 7)})[0].value, 7);
  OtlpPoint stale = At(3, 4);
  stale.no_recorded_value = true;
  EXPECT_TRUE(Send(OtlpKind::kSum, {stale})[0].no_recorded_value);
  EXPECT_EQ(cumulative_.streams(), 0u);
}

TEST_F(OtlpCumulativeTest, HistogramsAddBuckets) {
  OtlpPoint point = At(1, 2);
  point.count = 3;
  point.sum = 1.5;
  point.bounds = {1};
  point.bucket_counts = {2, 1};
  Send(OtlpKind::kHistogram, {point});
  point.time_ns = 3;
  const OtlpPoint total = Send(OtlpKind::kHistogram, {point})[0];
  EXPECT_EQ(total.count, 6u);
  EXPECT_EQ(total.sum, 3);
  EXPECT_THAT(total.bucket_counts, ElementsAre(4, 2));
  point.time_ns = 4;
  point.bounds = {2};
  EXPECT_THAT(Send(OtlpKind::kHistogram, {point})[0].bucket_counts, ElementsAre(2, 1)) << "other bounds: begun anew";
}

TEST_F(OtlpCumulativeTest, ExponentialHistogramsMeetAtTheLowerScale) {
  OtlpPoint fine = At(1, 2);
  fine.scale = 1;
  fine.positive = {-2, {1, 2, 3, 4}};  // buckets -2 .. 1: by pairs -1 and 0 of scale 0
  fine.count = 10;
  Send(OtlpKind::kExponentialHistogram, {fine});
  OtlpPoint coarse = At(2, 3);
  coarse.positive = {1, {5}};
  coarse.zero_count = 1;
  coarse.count = 6;
  const OtlpPoint total = Send(OtlpKind::kExponentialHistogram, {coarse})[0];
  EXPECT_EQ(total.scale, 0);
  EXPECT_EQ(total.positive.offset, -1);
  EXPECT_THAT(total.positive.counts, ElementsAre(3, 7, 5));
  EXPECT_EQ(total.zero_count, 1u);
  EXPECT_EQ(total.count, 16u);

  OtlpPoint far = At(3, 4);
  far.positive = {1'000'000, {1}};
  const OtlpPoint wide = Send(OtlpKind::kExponentialHistogram, {far})[0];
  EXPECT_LE(wide.positive.counts.size(), OtlpCumulative::kBucketsMax);
  uint64_t sum = 0;
  for (const uint64_t count : wide.positive.counts) {
    sum += count;
  }
  EXPECT_EQ(sum, 16u);
}

TEST_F(OtlpCumulativeTest, StreamsHaveALimit) {
  std::vector<OtlpPoint> points(OtlpCumulative::kStreamsMax + 1, At(1, 2, 1));
  for (size_t i = 0; i < points.size(); ++i) {
    points[i].attributes = {{"i", std::to_string(i)}};
  }
  EXPECT_EQ(Send(OtlpKind::kSum, std::move(points)).size(), OtlpCumulative::kStreamsMax);
  EXPECT_EQ(left_out_, 1u);
}

}  // namespace
}  // namespace tocsin
