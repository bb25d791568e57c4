// The requests of grafana.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/reader.h"
#include "base/strings.h"
#include "tests/api/api_server.h"

namespace tocsin::test {
namespace {

using testing::HasSubstr;

class GrafanaTest : public testing::Test {
 protected:
  JsonValue Data(const std::string& body) {
    const auto answer = document_.Parse(body);
    EXPECT_TRUE(answer.ok()) << body;
    EXPECT_EQ((*answer)["status"].text(), "success") << body;
    return (*answer)["data"];
  }

  const ApiServer server_;
  JsonDocument document_;
};

TEST_F(GrafanaTest, SavesAndTests) {
  EXPECT_EQ(server_.Post("/api/v1/query", "query=1%2B1&time=4"), R"({"status":"success","data":{"resultType":"scalar","result":[4,"2"]}})");
  const JsonValue build = Data(server_.Get("/api/v1/status/buildinfo"));
  EXPECT_FALSE(build["version"].text().empty());
  EXPECT_TRUE(build["features"].is_null());  // with features it would be taken for a Mimir
}

TEST_F(GrafanaTest, DrawsPanelsOnTheGridOfTheStep) {
  const int64_t step = 30;
  const int64_t start = server_.oldest() / step * step;
  const int64_t end = server_.newest() / step * step;
  const JsonValue data = Data(server_.Post(
      "/api/v1/query_range", Cat("query=temperature%7Broom%3D%22a%22%7D&start=", start, "&end=", end, "&step=30&timeout=60s")));
  EXPECT_EQ(data["resultType"].text(), "matrix");
  const std::vector<JsonValue> points = data["result"].items().at(0)["values"].items();
  ASSERT_EQ(points.size(), static_cast<size_t>((end - start) / step + 1));
  for (size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i].items()[0].integer(), start + static_cast<int64_t>(i) * step);
    EXPECT_EQ(points[i].items()[1].text(), std::to_string(20 + 2 * i));
  }
}

TEST_F(GrafanaTest, AsksAtAnInstant) {
  EXPECT_THAT(server_.Post("/api/v1/query", Cat("query=sum(seldon_model_infer_total)&time=", server_.newest(), ".5&timeout=60s")),
              HasSubstr(Cat("\"value\":[", server_.newest(), ".500,\"240\"]")));
  EXPECT_EQ(server_.Post("/api/v1/query_exemplars", Cat("query=temperature&start=", server_.oldest(), "&end=", server_.newest())),
            R"({"status":"success","data":[]})");
}

TEST_F(GrafanaTest, FillsTheQueryBuilder) {
  const std::string range = Cat("limit=40000&start=", server_.oldest(), "&end=", server_.newest());
  EXPECT_EQ(server_.Post("/api/v1/labels", range), R"({"status":"success","data":["__name__","job","model","namespace","room"]})");
  EXPECT_EQ(server_.Post("/api/v1/labels", Cat(range, "&match%5B%5D=temperature")),
            R"({"status":"success","data":["__name__","job","room"]})");
  EXPECT_EQ(server_.Get(Cat("/api/v1/label/__name__/values?", range, "&match[]=%7Bjob%3D%22pushed%22%7D")),
            R"({"status":"success","data":["seldon_model_aggregate_infer_total","seldon_model_infer_total","temperature"]})");
  EXPECT_EQ(server_.Get(Cat("/api/v1/label/model/values?", range)), R"({"status":"success","data":["iris","wine"]})");
  EXPECT_EQ(server_.Get(Cat("/api/v1/label/U__mo_64_el/values?", range)), R"({"status":"success","data":["iris","wine"]})");
  EXPECT_EQ(Data(server_.Post("/api/v1/series", Cat(range, "&match%5B%5D=%7B__name__%21%3D%22%22%7D"))).items().size(), 4u);
  EXPECT_EQ(server_.Get("/api/v1/metadata?limit=40000"), R"({"status":"success","data":{}})");
}

TEST_F(GrafanaTest, AsksWithGetAfterARefusedPost) {
  const std::string refused =
      server_.Raw("POST /api/v1/label/model/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(refused, testing::StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(refused, HasSubstr("Allow: GET\r\n"));
}

TEST_F(GrafanaTest, ListsRulesAndAlerts) {
  EXPECT_EQ(server_.Get("/api/v1/rules"), R"({"status":"success","data":{"groups":[]}})");
  EXPECT_EQ(server_.Get("/api/v1/alerts"), R"({"status":"success","data":{"alerts":[]}})");
}

TEST_F(GrafanaTest, ShowsErrorsAndNotices) {
  EXPECT_THAT(server_.Post("/api/v1/query", "query=sum("),
              HasSubstr(R"({"status":"error","errorType":"bad_data","error":"invalid parameter)"));
  EXPECT_THAT(server_.Post("/api/v1/query", Cat("query=rate(temperature%5B5m%5D)&time=", server_.newest())),
              HasSubstr("\"infos\":[\"PromQL info:"));
}

}  // namespace
}  // namespace tocsin::test
