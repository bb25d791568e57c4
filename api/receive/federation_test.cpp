#include "api/receive/federation.h"

#include <prometheus/registry.h>

#include "api/receive/federation_format.h"
#include "base/memory_budget.h"
#include "gtest/gtest.h"
#include "storage/appender.h"
#include "storage/head.h"

namespace tocsin {
namespace {

constexpr TimestampMs kFederationNow = 1'700'000'000'000;

class FederationTest : public testing::Test {
 protected:
  void Add(const Labels& labels, TimestampMs t, double value) {
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result = AppendResult::kOk;
    ASSERT_EQ(appender->Append(appender->GetOrCreate(labels, &result), t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }
  void AddHistogram(const Labels& labels, const FloatHistogram& h) {
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result = AppendResult::kOk;
    ASSERT_EQ(appender->AppendHistogram(appender->GetOrCreate(labels, &result), kFederationNow, h, false), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }
  http::Response Get(std::string_view query, std::string_view accept = "") {
    http::Request request;
    request.method = "GET";
    request.target = std::string("/federate?") + std::string(query);
    request.headers = {{"Accept", std::string(accept)}};
    EXPECT_TRUE(http::DecodeTarget(&request));
    return handler_.Handle(request);
  }

  ManualClock clock_{kFederationNow};
  std::unique_ptr<Head> head_ = Head::OpenMemoryOnly({}, clock_);
  prometheus::Registry metrics_;
  FederationHandler handler_{*head_, clock_, 5 * kMinute, [] { return Labels::Of({{"cluster", "c"}, {"job", "external"}}); }, metrics_};
};

TEST_F(FederationTest, Text) {
  Add(Labels::Of({{"__name__", "up"}, {"instance", "a"}, {"job", "x"}}), kFederationNow - 1000, 1);
  Add(Labels::Of({{"__name__", "up"}, {"path", "a\"\\\n"}}), kFederationNow - 2000, 0.25);
  Add(Labels::Of({{"__name__", "old"}}), kFederationNow - kHour / 2, 0.5);
  Add(Labels::Of({{"__name__", "gone"}}), kFederationNow, kStaleNaN);
  const http::Response response = Get("match[]=up&match[]={job=\"x\"}&match[]=old&match[]=gone");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FindHeader(response.headers, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  EXPECT_EQ(response.body,
            "# TYPE up untyped\n"
            "up{instance=\"a\",job=\"x\",cluster=\"c\"} 1 1699999999000\n"
            "up{path=\"a\\\"\\\\\\n\",cluster=\"c\",instance=\"\",job=\"external\"} 0.25 1699999998000\n");
}

TEST_F(FederationTest, WhatMemoryHasNoRoomForIsAnError) {
  for (int i = 0; i < 1000; ++i) {
    Add(Labels::FromPairs({{"__name__", "many"}, {"i", std::to_string(i)}}), kFederationNow, 1);
  }
  prometheus::Registry metrics;
  MemoryBudget nothing(1);
  FederationHandler handler(*head_, clock_, 5 * kMinute, [] { return Labels(); }, metrics, &nothing);
  http::Request request;
  request.method = "GET";
  for (const auto& [selector, status] : std::vector<std::pair<std::string, int>>{{"many", 422}, {"many{i=\"7\"}", 200}}) {
    request.target = "/federate?match[]=" + selector;
    ASSERT_TRUE(http::DecodeTarget(&request));
    const http::Response response = handler.Handle(request);
    EXPECT_EQ(response.status, status) << response.body;
  }
  EXPECT_EQ(nothing.refused_work(), 1U);
}

TEST_F(FederationTest, Utf8Names) {
  Add(Labels::Of({{"__name__", "http.requests"}, {"a.b", "c"}, {"instance", "i"}, {"job", "j"}}), kFederationNow, 1);
  EXPECT_EQ(Get("match[]={__name__=~\"http.*\"}").body,
            "# TYPE http_requests untyped\nhttp_requests{a_b=\"c\",instance=\"i\",job=\"j\",cluster=\"c\"} 1 1700000000000\n");
  EXPECT_EQ(Get("match[]={__name__=~\"http.*\"}", "text/plain;version=1.0.0;escaping=allow-utf-8").body,
            "# TYPE \"http.requests\" untyped\n{\"http.requests\",\"a.b\"=\"c\",instance=\"i\",job=\"j\",cluster=\"c\"} 1 1700000000000\n");
}

TEST_F(FederationTest, HistogramsByFormat) {
  FloatHistogram custom;
  custom.schema = kCustomBucketsSchema;
  custom.custom_values = {1, 2};
  custom.positive_spans = {{0, 3}};
  custom.positive_buckets = {1, 2, 3};
  custom.count = 6;
  custom.sum = 9;
  FloatHistogram exponential;
  exponential.positive_spans = {{0, 1}};
  exponential.positive_buckets = {2};
  exponential.count = 2;
  AddHistogram(Labels::Of({{"__name__", "custom"}, {"instance", "i"}, {"job", "j"}}), custom);
  AddHistogram(Labels::Of({{"__name__", "native"}}), exponential);
  EXPECT_EQ(Get("match[]={__name__=~\".%2B\"}").body,
            "# TYPE custom histogram\n"
            "custom_bucket{instance=\"i\",job=\"j\",cluster=\"c\",le=\"1\"} 1 1700000000000\n"
            "custom_bucket{instance=\"i\",job=\"j\",cluster=\"c\",le=\"2\"} 3 1700000000000\n"
            "custom_bucket{instance=\"i\",job=\"j\",cluster=\"c\",le=\"+Inf\"} 6 1700000000000\n"
            "custom_sum{instance=\"i\",job=\"j\",cluster=\"c\"} 9 1700000000000\n"
            "custom_count{instance=\"i\",job=\"j\",cluster=\"c\"} 6 1700000000000\n");
  const http::Response response =
      Get("match[]=native", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;q=0.5");
  EXPECT_TRUE(FindHeader(response.headers, "Content-Type").starts_with("application/vnd.google.protobuf;"));
  EXPECT_NE(response.body.find("native"), std::string::npos);
  EXPECT_EQ(static_cast<size_t>(response.body[0]), response.body.size() - 1) << "one family, its length in front";
}

TEST_F(FederationTest, BadSelectors) {
  EXPECT_EQ(Get("match[]=up{").status, 400);
  EXPECT_EQ(Get("").body, "");
}

}  // namespace
}  // namespace tocsin
