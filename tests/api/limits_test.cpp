// Requests at the limits of the program: each above them gets one clear error, and the server goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"
#include "tests/api/api_server.h"

namespace tocsin::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class LimitsTest : public testing::Test {
 protected:
  LimitsTest()
      : server_({"--query.max-samples=50", "--web.max-connections=20", "--web.search.max-limit=5", "--enable-feature=search-api"}) {}

  /// The whole answer to a query in a form.
  std::string Query(const std::string& expression) const {
    return server_.Post("/api/v1/query", Cat("query=", expression, "&time=", server_.newest()));
  }
  std::string Head(const std::string& target) const {
    return server_.Raw(Cat("GET ", target, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  }
  static std::string Repeat(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) {
      out += text;
    }
    return out;
  }
  void ExpectAlive() const { EXPECT_THAT(Query("1"), HasSubstr("\"scalar\"")); }

  const ApiServer server_;
};

TEST_F(LimitsTest, OfSamples) {
  EXPECT_THAT(Query("temperature[1m]"), HasSubstr("\"success\""));
  EXPECT_EQ(
      Query("%7B__name__%3D~%22.%2B%22%7D[10m]"),
      R"({"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"})");
  ExpectAlive();
}

TEST_F(LimitsTest, OfDepth) {
  for (const auto& [open, close] : {std::pair<const char*, const char*>{"(", ")"}, {"-", ""}, {"abs(", ")"}, {"1+(", ")"}}) {
    const std::string deep = Repeat(std::string(open) == "1+(" ? "1%2B(" : open, 100'000) + "1" + Repeat(close, 100'000);
    for (const char* path : {"/api/v1/query", "/api/v1/format_query", "/api/v1/parse_query"}) {
      EXPECT_THAT(server_.Post(path, "query=" + deep), HasSubstr(R"("errorType":"bad_data")")) << path << " " << open;
    }
  }
  ExpectAlive();
}

TEST_F(LimitsTest, OfParametersAndBodies) {
  EXPECT_THAT(server_.Post("/api/v1/series", Repeat("match[]=up&", 10'001)), HasSubstr("more than 10000 parameters"));
  EXPECT_THAT(server_.Raw(Cat("POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: ", (64 << 20) + 1, "\r\n\r\n")),
              StartsWith("HTTP/1.1 413 Request Entity Too Large\r\n"));
  EXPECT_THAT(Head("/api/v1/query?query=" + std::string(300'000, '1')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Head("/api/v1/search/metric_names?limit=6"), HasSubstr("exceeds the configured maximum (5"));
  EXPECT_THAT(Head("/api/v1/status/tsdb?limit=10001"), HasSubstr("limit must not exceed 10000"));
  EXPECT_THAT(Head("/api/v1/query_range?query=1&start=0&end=11001&step=1"), HasSubstr("exceeded maximum resolution of 11,000 points"));
  ExpectAlive();
}

TEST_F(LimitsTest, OfRegularExpressions) {
  EXPECT_THAT(Query("up%7Ba%3D~%22(((a%7B1000%7D)%7B1000%7D)%7B1000%7D)%22%7D"), HasSubstr(R"("errorType":"bad_data")"));
  EXPECT_THAT(Query("up%7Ba%3D~%22(%22%7D"), HasSubstr("missing closing )"));
  ExpectAlive();
}

TEST_F(LimitsTest, OfConnections) {
  std::vector<std::unique_ptr<RawClient>> kept;
  std::string refused;
  for (int i = 0; i < 25 && refused.empty(); ++i) {
    kept.push_back(std::make_unique<RawClient>(server_.address()));
    kept.back()->Send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = kept.back()->ReadResponse();
    refused = answer.starts_with("HTTP/1.1 200") ? "" : answer;
  }
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  kept.clear();
  server_.program().WaitFor("/-/healthy", "Healthy");
}

TEST_F(LimitsTest, TextThatIsNoUtf8) {
  EXPECT_THAT(Query("%22%ff%22"), HasSubstr("invalid UTF-8"));
  EXPECT_THAT(Head("/api/v1/label/%ff/values"), HasSubstr(R"(invalid label name: \"\\xff\")"));
  EXPECT_THAT(Query("up%7Ba%3D%22%ff%fe%22%7D"), HasSubstr("\"errorType\":\"bad_data\""));
  EXPECT_THAT(server_.Get("/api/v1/query?query=1&time=%ff"), HasSubstr(R"(cannot parse \"\\xff\")"));
  ExpectAlive();
}

TEST_F(LimitsTest, PathsLeadNowhereElse) {
  for (const char* path : {"/../../../../etc/passwd", "/..%2f..%2fetc/passwd", "/user/..%2f..%2fetc/passwd", "/consoles/../prometheus.yml",
                           "/api/v1/../../etc/passwd", "/debug/pprof/", "/api/v1/%2e%2e/query", "/%2e/metrics"}) {
    EXPECT_THAT(Head(path), StartsWith("HTTP/1.1 404 Not Found\r\n")) << path;
  }
  EXPECT_THAT(Head("/api/v1/label/..%2f/values"), HasSubstr(R"({"status":"success","data":[]})"));  // a label of that name
}

}  // namespace
}  // namespace tocsin::test
