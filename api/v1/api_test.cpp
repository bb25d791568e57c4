#include "api/v1/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/v1/api_fixture_test.h"
#include "base/strings.h"

namespace tocsin::api {
namespace {

using ApiTest = test::ApiFixture;

TEST_F(ApiTest, AnswersVectorsMatricesAndScalars) {
  engine_.result->value = promql::Vector{{.labels = Labels::Of({{"__name__", "up"}, {"a", "<b>"}}), .point = {.t = 1000, .value = 1e-7}}};
  EXPECT_EQ(Get("/query?query=up"),
            R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","a":"<b>"},"value":[1,"1e-07"]}]}})");
  EXPECT_EQ(engine_.last.start, 1'435'781'451'781);
  engine_.result->value = promql::Matrix{{.labels = Labels(), .points = {{.t = 1500, .value = 2}, {.t = 2000, .value = 3}}}};
  EXPECT_EQ(Get("/query_range?query=up&start=1&end=2&step=0.5"),
            R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1.500,"2"],[2,"3"]]}]}})");
  EXPECT_EQ(engine_.last.step_ms, 500);
  engine_.result->value = promql::Scalar{.t = 1900, .value = 1e-7};
  EXPECT_EQ(Get("/query?query=1"), R"({"status":"success","data":{"resultType":"scalar","result":[1.9,"0.0000001"]}})");
}

TEST_F(ApiTest, TellsWhatAQueryDid) {
  engine_.result->stats.total_queryable_samples = 5;
  engine_.result->stats.total_samples_per_step = {2, 3};
  EXPECT_THAT(Get("/query_range?query=up&start=1&end=2&step=1&stats=all"),
              testing::HasSubstr(R"("totalQueryableSamplesPerStep":[[1,2],[2,3]],"totalQueryableSamples":5)"));
  EXPECT_TRUE(engine_.last.per_step_stats);
  EXPECT_FALSE(engine_.last.profile);
  engine_.result->operators = {{.depth = 1, .description = "vector selector up", .series = 2, .samples = 3, .open_seconds = 0.5}};
  EXPECT_THAT(Get("/query?query=up&profile=true"),
              testing::HasSubstr(
                  R"("operators":[{"depth":1,"operator":"vector selector up","series":2,"samples":3,"openTime":0.5,"readTime":0}])"));
  EXPECT_TRUE(engine_.last.profile);
}

TEST_F(ApiTest, CutsAtTheLimitWithAWarning) {
  engine_.result->value = promql::Vector(3);
  const std::string body = Get("/query?query=up&limit=2&stats=some");
  EXPECT_THAT(body,
              testing::HasSubstr(R"("warnings":["results truncated due to limit","value \"some\" for parameter \"stats\" is deprecated)"));
}

TEST_F(ApiTest, RefusesBadParametersInUpstreamsWords) {
  const auto error = [this](const std::string& target) { return BadRequest(target); };
  EXPECT_EQ(
      error("/query?query=up&time=x"),
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp"})");
  EXPECT_THAT(error("/query_range?query=up&start=2&end=1&step=1"), testing::HasSubstr("end timestamp must not be before start time"));
  EXPECT_THAT(error("/query_range?query=up&start=1&end=2&step=0"), testing::HasSubstr("zero or negative query resolution step widths"));
  EXPECT_THAT(error("/query_range?query=up&start=0&end=11001&step=1"), testing::HasSubstr("exceeded maximum resolution of 11,000 points"));
  EXPECT_THAT(error("/query?query=up&limit=-1"), testing::HasSubstr(R"(invalid parameter \"limit\": limit must be non-negative)"));
  EXPECT_THAT(error("/query?query=up&limit=x"), testing::HasSubstr(R"(strconv.Atoi: parsing \"x\": invalid syntax)"));
  EXPECT_THAT(error("/series"), testing::HasSubstr("no match[] parameter provided"));
  EXPECT_THAT(error("/series?match[]={a=~\".*\"}"), testing::HasSubstr("match[] must contain at least one non-empty matcher"));
  EXPECT_THAT(error("/rules?type=x"), testing::HasSubstr(R"(invalid parameter \"type\": not supported value \"x\")"));
  EXPECT_THAT(error("/rules?group_next_token=x"), testing::HasSubstr("group_limit needs to be present"));
}

TEST_F(ApiTest, ListsSeriesNamesAndValues) {
  Append(Labels::Of({{"__name__", "up"}, {"job", "x"}}), clock_.NowMs(), 1);
  Append(Labels::Of({{"__name__", "up"}, {"job", "y"}}), clock_.NowMs(), 1);
  EXPECT_EQ(Get("/series?match[]=up&match[]={job=\"x\"}"),
            R"({"status":"success","data":[{"__name__":"up","job":"x"},{"__name__":"up","job":"y"}]})");
  EXPECT_EQ(Get("/labels"), R"({"status":"success","data":["__name__","job"]})");
  EXPECT_EQ(Get("/label/job/values?limit=1"), R"({"status":"success","data":["x"],"warnings":["results truncated due to limit"]})");
  EXPECT_EQ(Get("/label/U__jo_62_/values"), R"({"status":"success","data":["x","y"]})");
}

TEST_F(ApiTest, IsNotThereBeforeItIsReady) {
  readiness_ = Readiness::kStopping;
  const http::Response response = Ask("/labels");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(FindHeader(response.headers, "X-Prometheus-Stopping"), "true");
  EXPECT_EQ(Ask("/notifications").status, 200);
}

TEST_F(ApiTest, ListsNotifications) {
  notifications_.Add("a & b");
  EXPECT_EQ(Get("/notifications"),
            R"({"status":"success","data":[{"text":"a \u0026 b","date":"2015-07-01T20:10:51.781Z","active":true}]})");
  notifications_.Delete("a & b");
  EXPECT_EQ(Get("/notifications"), R"({"status":"success","data":[]})");
}

TEST_F(ApiTest, ShowsRulesAndAlertsPageByPage) {
  rules::RuleStatus alert{.alerting = true, .name = "A", .query = "up == 0", .duration_ms = 60'000, .state = rules::AlertState::kFiring};
  alert.alerts = {{.labels = Labels::Of({{"alertname", "A"}}), .state = rules::AlertState::kFiring, .active_at = 1000, .value = 1}};
  rules_.groups = {{.name = "g", .file = "f", .interval_ms = 15'000, .rules = {alert}}, {.name = "h", .file = "f", .rules = {alert}}};
  EXPECT_THAT(Get("/alerts"),
              testing::HasSubstr(
                  R"({"labels":{"alertname":"A"},"annotations":{},"state":"firing","activeAt":"1970-01-01T00:00:01Z","value":"1e+00"})"));
  const std::string page = Get("/rules?group_limit=1&exclude_alerts=true");
  EXPECT_THAT(page, testing::HasSubstr(R"("alerts":null)"));
  const size_t token_at = page.find(R"("groupNextToken":")") + 18;
  const std::string next = Get(Cat("/rules?group_limit=1&group_next_token=", page.substr(token_at, 64)));
  EXPECT_THAT(next, testing::HasSubstr(R"("name":"h")"));
  EXPECT_THAT(next, testing::Not(testing::HasSubstr(R"("name":"g")")));
}

}  // namespace
}  // namespace tocsin::api
