#include "api/receive/otlp_receiver.h"

#include <prometheus/registry.h>

#include "base/compress/compress.h"
#include "base/memory_share.h"
#include "base/model/float_histogram.h"
#include "base/model/sample.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/recording_store.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr TimestampMs kOtlpNow = 1'700'000'000'000;
constexpr std::string_view kTime = R"("startTimeUnixNano":"1699999990000000000","timeUnixNano":"1700000000000000000")";

class OtlpReceiverTest : public testing::Test {
 protected:
  http::Response Send(std::string body, std::string_view type = "application/json", std::string_view encoding = "") {
    OtlpReceiver receiver(options_, [this] { return config_; }, store_, clock_, metrics_);
    http::Request request;
    request.headers = {{"Content-Type", std::string(type)}, {"Content-Encoding", std::string(encoding)}};
    request.body = std::move(body);
    return receiver.Handle(request);
  }
  /// One metric, with a service "shop/cart" on "i1" in version 2.
  http::Response SendMetric(std::string_view metric) {
    return Send(
        Cat(R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}},)",
            R"({"key":"service.namespace","value":{"stringValue":"shop"}},{"key":"service.instance.id","value":{"stringValue":"i1"}},)",
            R"({"key":"service.version","value":{"intValue":"2"}}]},"scopeMetrics":[{"scope":{"name":"lib","version":"1"},"metrics":[)",
            metric, "]}]}]}"));
  }
  const test::RecordingStore::Series& SeriesOf(const std::string& labels) {
    EXPECT_TRUE(store_.series.contains(labels)) << testing::PrintToString([this] {
      std::vector<std::string> names;
      for (const auto& [name, series] : store_.series) {
        names.push_back(name);
      }
      return names;
    }());
    return store_.series[labels];
  }

  OtlpReceiverOptions options_;
  OtlpConfig config_;
  test::RecordingStore store_;
  ManualClock clock_{kOtlpNow};
  prometheus::Registry metrics_;
};

TEST_F(OtlpReceiverTest, SumsGaugesAndTargetInfo) {
  const http::Response response = SendMetric(Cat(
      R"({"name":"http.requests","unit":"1","description":"Requests.","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{)",
      kTime,
      R"(,"asInt":"7","attributes":[{"key":"http.method","value":{"stringValue":"GET"}}],"exemplars":[{"timeUnixNano":"1700000000000000000",)",
      R"("asDouble":1.5,"traceId":"0af7651916cd43dd8448eb211c80319c"}]}]}},{"name":"temp","unit":"Cel","gauge":{"dataPoints":[{)", kTime,
      R"(,"asDouble":21.5},{"timeUnixNano":"1700000001000000000","flags":1}]}})"));
  EXPECT_EQ(response.status, 200) << response.body;
  const auto& requests = SeriesOf(R"({__name__="http_requests_total", http_method="GET", instance="i1", job="shop/cart"})");
  EXPECT_THAT(requests.samples, ElementsAre(Pair(kOtlpNow, 7)));
  EXPECT_THAT(requests.start_times, ElementsAre(kOtlpNow - 10'000));
  EXPECT_EQ(requests.metadata.type, "counter");
  EXPECT_EQ(requests.metadata.help, "Requests.");
  ASSERT_EQ(requests.exemplars.size(), 1u);
  EXPECT_EQ(requests.exemplars[0].labels.ToString(), R"({trace_id="0af7651916cd43dd8448eb211c80319c"})");
  const auto& temp = SeriesOf(R"({__name__="temp_celsius", instance="i1", job="shop/cart"})");
  EXPECT_EQ(temp.samples[0].second, 21.5);
  EXPECT_TRUE(IsStaleNaN(temp.samples[1].second));
  const auto& info = SeriesOf(R"({__name__="target_info", instance="i1", job="shop/cart", service_version="2"})");
  EXPECT_THAT(info.samples, ElementsAre(Pair(kOtlpNow, 1), Pair(kOtlpNow + 1000, 1)));
}

TEST_F(OtlpReceiverTest, ClassicHistogramsAndSummaries) {
  EXPECT_EQ(
      SendMetric(
          Cat(R"({"name":"lat","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{)", kTime,
              R"(,"count":"6","sum":4.5,"bucketCounts":["1","2","3"],"explicitBounds":[0.5,1]}]}},{"name":"s","summary":{"dataPoints":[{)",
              kTime, R"(,"count":"2","sum":3,"quantileValues":[{"quantile":0.5,"value":1}]}]}})"))
          .status,
      200);
  const auto value = [this](std::string_view labels) { return SeriesOf(Cat(labels, R"(, job="shop/cart"})")).samples[0].second; };
  EXPECT_EQ(value(R"({__name__="lat_seconds_sum", instance="i1")"), 4.5);
  EXPECT_EQ(value(R"({__name__="lat_seconds_count", instance="i1")"), 6);
  EXPECT_EQ(store_.series[R"({__name__="lat_seconds_bucket", instance="i1", job="shop/cart", le="0.5"})"].samples[0].second, 1);
  EXPECT_EQ(store_.series[R"({__name__="lat_seconds_bucket", instance="i1", job="shop/cart", le="1"})"].samples[0].second, 3);
  EXPECT_EQ(store_.series[R"({__name__="lat_seconds_bucket", instance="i1", job="shop/cart", le="+Inf"})"].samples[0].second, 6);
  EXPECT_EQ(store_.series[R"({__name__="s", instance="i1", job="shop/cart", quantile="0.5"})"].samples[0].second, 1);
}

TEST_F(OtlpReceiverTest, NativeHistograms) {
  config_.convert_histograms_to_nhcb = true;
  EXPECT_EQ(
      SendMetric(
          Cat(R"({"name":"lat","histogram":{"aggregationTemporality":2,"dataPoints":[{)", kTime,
              R"(,"count":"6","sum":4.5,"bucketCounts":["1","2","3"],"explicitBounds":[0.5,1]}]}},)",
              R"({"name":"exp","exponentialHistogram":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[{)",
              kTime, R"(,"count":"10","sum":1,"scale":9,"zeroCount":"1","positive":{"offset":1,"bucketCounts":["2","3","4"]}}]}})"))
          .status,
      200);
  EXPECT_EQ(HistogramTestExpression(SeriesOf(R"({__name__="lat", instance="i1", job="shop/cart"})").histograms[0].second),
            "{{schema:-53 count:6 sum:4.5 custom_values:[0.5 1] buckets:[1 2 3]}}");
  EXPECT_EQ(HistogramTestExpression(SeriesOf(R"({__name__="exp", instance="i1", job="shop/cart"})").histograms[0].second),
            "{{schema:8 count:10 sum:1 z_bucket:1 z_bucket_w:1e-128 offset:1 buckets:[2 7]}}");
}

TEST_F(OtlpReceiverTest, PromotedAttributesScopeAndCollisions) {
  config_.promote_resource_attributes = {"service.version"};
  config_.promote_scope_metadata = true;
  EXPECT_EQ(
      SendMetric(Cat(R"({"name":"g","gauge":{"dataPoints":[{)", kTime,
                     R"(,"asInt":1,"attributes":[{"key":"a.b","value":{"boolValue":true}},{"key":"a_b","value":{"doubleValue":0.5}},)",
                     R"({"key":"list","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"x"}]}}}]}]}})"))
          .status,
      200);
  EXPECT_THAT(
      store_.series.begin()->first,
      R"({__name__="g", a_b="true;0.5", instance="i1", job="shop/cart", list="[1,\"x\"]", otel_scope_name="lib", otel_scope_version="1", service_version="2"})");
}

TEST_F(OtlpReceiverTest, WhatIsLeftOutIsTold) {
  const http::Response response = SendMetric(Cat(R"({"name":"d","sum":{"aggregationTemporality":1,"dataPoints":[{)", kTime,
                                                 R"(,"asInt":1}]}},{"name":"g","gauge":{"dataPoints":[{)", kTime, R"(,"asInt":1}]}})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "invalid temporality and type combination for metric \"d\"\n");
  EXPECT_TRUE(store_.series.contains(R"({__name__="g", instance="i1", job="shop/cart"})"));
  const std::string late = R"({"name":"late","gauge":{"dataPoints":[{"timeUnixNano":"1700000601000000000","asInt":1}]}})";
  EXPECT_THAT(SendMetric(late).body, HasSubstr("out of bounds: timestamp is too far in the future for series"));
}

TEST_F(OtlpReceiverTest, FormsOfTheBody) {
  EXPECT_EQ(Send("", "application/x-protobuf").status, 200);
  EXPECT_EQ(Send("\x0a\x05", "application/x-protobuf").status, 400);
  EXPECT_EQ(Send("{", "application/json").status, 400);
  EXPECT_EQ(Send("{}", "text/plain").status, 400);
  EXPECT_EQ(Send("{}", "application/json", "deflate").status, 400);
  std::string packed;
  GzipEncode("{}", &packed);
  EXPECT_EQ(Send(packed, "application/json", "gzip").status, 200);
  std::string bomb;
  GzipEncode(std::string(kOtlpBodyBytesMax + 1, ' '), &bomb);
  EXPECT_EQ(Send(bomb, "application/json", "gzip").status, 413);
}

TEST_F(OtlpReceiverTest, DeltasAddUpWhereAskedFor) {
  const std::string metric = R"({"name":"d","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[)"
                             R"({"startTimeUnixNano":"1699999990000000000","timeUnixNano":"1699999999000000000","asInt":1},)"
                             R"({"startTimeUnixNano":"1699999999000000000","timeUnixNano":"1700000000000000000","asInt":2}]}})";
  EXPECT_EQ(SendMetric(metric).status, 400) << "deltas are refused";
  store_.series.clear();
  options_.delta_to_cumulative = true;
  EXPECT_EQ(SendMetric(metric).body, "");
  EXPECT_THAT(SeriesOf("{__name__=\"d_total\", instance=\"i1\", job=\"shop/cart\"}").samples,
              ElementsAre(Pair(kOtlpNow - 1000, 1), Pair(kOtlpNow, 3)));
}

TEST_F(OtlpReceiverTest, ARequestWithoutRoomInMemoryIsToComeAgain) {
  const std::string body = R"({"resourceMetrics":[]})";
  std::string packed;
  GzipEncode(body, &packed);
  MemoryShare little(static_cast<int64_t>(body.size()) + 1);  // for its text, not for what that becomes
  options_.bodies = &little;
  EXPECT_EQ(Send(body).status, 429);
  const http::Response refused = Send(packed, "application/json", "gzip");
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(FindHeader(refused.headers, "Retry-After").empty());
  EXPECT_EQ(little.refused(), 2U);
  EXPECT_EQ(little.free_bytes(), little.bytes_max()) << "nothing is kept";
  MemoryShare less(static_cast<int64_t>(body.size()) - 1);
  options_.bodies = &less;
  EXPECT_EQ(Send(packed, "application/json", "gzip").status, 429);
  MemoryShare enough(5 * static_cast<int64_t>(body.size()));
  options_.bodies = &enough;
  EXPECT_EQ(Send(body).status, 200);
  EXPECT_EQ(Send(packed, "application/json", "gzip").status, 200);
}

TEST_F(OtlpReceiverTest, MemoryAndLog) {
  const std::string metric = Cat(R"({"name":"g","gauge":{"dataPoints":[{)", kTime, R"(,"asInt":1}]}})");
  store_.series_max = 1;
  EXPECT_EQ(SendMetric(metric).status, 429);
  EXPECT_EQ(store_.series.size(), 1u);
  store_.commit_fails = true;
  EXPECT_EQ(SendMetric(metric).status, 503);
}

}  // namespace
}  // namespace tocsin
