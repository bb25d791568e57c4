#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/ascii.h"
#include "api/v1/api_fixture_test.h"
#include "api/v1/openapi_table.h"
#include "base/yaml/yaml.h"

namespace tocsin::api {
namespace {

using testing::HasSubstr;
using OpenApiTest = test::ApiFixture;

/// "GET /api/v1/query" for each method of each path.
std::set<std::string> DescribedPaths() {
  std::set<std::string> paths;
  for (const EndpointSpec& endpoint : EndpointTable()) {
    std::string_view methods = endpoint.methods;
    while (!methods.empty()) {
      const std::string_view method = methods.substr(0, methods.find(' '));
      methods.remove_prefix(std::min(method.size() + 1, methods.size()));
      paths.insert(Cat(absl::AsciiStrToUpper(av(method)), " /api/v1", endpoint.path));
    }
  }
  return paths;
}

TEST_F(OpenApiTest, DescribesWhatTheRouterAnswers) {
  std::set<std::string> described = DescribedPaths();
  // What receives samples is bound by the program; OPTIONS is for browsers.
  for (const char* elsewhere : {"POST /api/v1/write", "POST /api/v1/read", "POST /api/v1/otlp/v1/metrics"}) {
    EXPECT_EQ(described.erase(elsewhere), 1u) << elsewhere;
  }
  std::set<std::string> answered;
  for (const std::string& path : router_.Routes()) {
    if (!path.starts_with("OPTIONS ")) {
      answered.insert(path);
    }
  }
  EXPECT_EQ(described, answered);
}

TEST_F(OpenApiTest, HasAllPathsOfTheInventory) { EXPECT_EQ(EndpointTable().size(), 38u); }

TEST_F(OpenApiTest, IsYamlInTwoVersions) {
  for (const char* version : {"", "?openapi_version=3.2"}) {
    const http::Response response = Ask(Cat("/openapi.yaml", version));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(FindHeader(response.headers, "Content-Type"), "application/yaml; charset=utf-8");
    EXPECT_TRUE(yaml::Parse(response.body).ok()) << response.body;
    EXPECT_THAT(response.body, HasSubstr("url: 'http://example.org/prefix/api/v1'"));
    EXPECT_THAT(response.body, HasSubstr("  /label/{name}/values:\n"));
  }
  EXPECT_THAT(Get("/openapi.yaml"), HasSubstr("openapi: 3.1.0\n"));
  EXPECT_THAT(Get("/openapi.yaml"), testing::Not(HasSubstr("/notifications/live")));
  EXPECT_THAT(Get("/openapi.yaml?openapi_version=3.2.0"), HasSubstr("openapi: 3.2.0\n"));
  EXPECT_THAT(Get("/openapi.yaml?openapi_version=3.2.0"), HasSubstr("/notifications/live"));
}

TEST_F(OpenApiTest, ShowsTheOwnMetricsAsProtobufsJson) {
  prometheus::MetricFamily gauge{.name = "b", .help = "B.", .type = prometheus::MetricType::Gauge, .metric = {}};
  prometheus::ClientMetric metric;
  metric.label = {{"x", "y"}};
  metric.gauge.value = std::numeric_limits<double>::infinity();
  gauge.metric = {metric};
  prometheus::MetricFamily histogram{.name = "a", .help = "A.", .type = prometheus::MetricType::Histogram, .metric = {}};
  prometheus::ClientMetric buckets;
  buckets.histogram = {.sample_count = 3, .sample_sum = 1.5, .bucket = {{1, 0.5}, {3, std::numeric_limits<double>::infinity()}}};
  histogram.metric = {buckets};
  self_metrics_ = {gauge, histogram};
  EXPECT_EQ(Get("/status/self_metrics"),
            R"({"status":"success","data":[{"name":"a","help":"A.","type":"HISTOGRAM","metric":[{"histogram":{"sampleCount":"3",)"
            R"("sampleSum":1.5,"bucket":[{"cumulativeCount":"1","upperBound":0.5}]}}]},)"
            R"({"name":"b","help":"B.","type":"GAUGE","metric":[{"label":[{"name":"x","value":"y"}],"gauge":{"value":"Infinity"}}]}]})");
  EXPECT_THAT(Get("/status/self_metrics?metric_name_pattern=b|c"), testing::Not(HasSubstr("\"a\"")));
  EXPECT_EQ(Get("/status/self_metrics?metric_name_pattern=c"), R"({"status":"success","data":[]})");
  EXPECT_THAT(BadRequest("/status/self_metrics?metric_name_pattern=("), HasSubstr("invalid metric_name_pattern: error parsing regexp"));
}

}  // namespace
}  // namespace tocsin::api
