#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/v1/api_fixture_test.h"
#include "api/v1/search_score.h"

namespace tocsin::api {
namespace {

using testing::HasSubstr;

double ScoreOf(std::string term, std::string_view text, FuzzAlgorithm algorithm, double threshold = 0, bool case_sensitive = true) {
  const SearchFilter filter({.terms = {std::move(term)}, .algorithm = algorithm, .threshold = threshold, .case_sensitive = case_sensitive});
  double score = 0;
  return filter.Accepts(text, &score) ? score : -1;
}

TEST(SearchScoreTest, CountsRunsAndGapsOfSubsequences) {
  const auto score = [](std::string term, std::string_view text) { return ScoreOf(std::move(term), text, FuzzAlgorithm::kSubsequence); };
  EXPECT_EQ(score("up", "up"), 1);
  EXPECT_EQ(score("up", "up_total"), 1);  // a prefix
  EXPECT_EQ(score("pu", "up"), -1);
  EXPECT_EQ(score("x", ""), -1);
  // One run of two behind a gap of one, one character left: (4 - 1/4 - 1/8) / 4 of what is not exact.
  EXPECT_DOUBLE_EQ(score("bc", "abcd"), (4 - 0.25 - 0.125) / 4 * 0.999);
  // Two runs of one: (1 + 1 - 1/3 - 1/3) / 4, the first character at its best place.
  EXPECT_DOUBLE_EQ(score("ac", "xabc"), (2 - 0.25 - 0.25) / 4 * 0.999);
  EXPECT_DOUBLE_EQ(score("ab", "xaxab"), (4 - 3.0 / 5) / 4 * 0.999);
  EXPECT_DOUBLE_EQ(score("ä", "xäy"), (1 - 1.0 / 3 - 1.0 / 6) * 0.999);
}

TEST(SearchScoreTest, PrefersEarlySubstringsAndFallsBackToJaroWinkler) {
  const auto score = [](std::string term, std::string_view text, double threshold) {
    return ScoreOf(std::move(term), text, FuzzAlgorithm::kJaroWinkler, threshold);
  };
  EXPECT_EQ(score("http", "http_requests", 0), 1);
  EXPECT_DOUBLE_EQ(score("b", "abc", 0), 1 - 0.9 * 1 / 2);
  EXPECT_DOUBLE_EQ(score("c", "abc", 0), 1 - 0.9);
  EXPECT_EQ(score("martha", "marhta", 0), -1);
  // Winkler's own examples.
  EXPECT_NEAR(score("martha", "marhta", 0.5), 0.9611, 0.0001);
  EXPECT_NEAR(score("dwayne", "duane", 0.5), 0.84, 0.0001);
  EXPECT_NEAR(score("dixon", "dicksonx", 0.5), 0.8133, 0.0001);
  EXPECT_EQ(score("dixon", "dicksonx", 0.82), -1);
}

TEST(SearchScoreTest, FoldsLettersOfAnyScript) {
  EXPECT_EQ(ScoreOf("ÄB", "äbc", FuzzAlgorithm::kSubsequence), -1);
  EXPECT_EQ(ScoreOf("ÄB", "äbc", FuzzAlgorithm::kSubsequence, 0, false), 1);
}

class SearchTest : public test::ApiFixture {
 protected:
  SearchTest() {
    sources_.feature_switches.search = true;
    for (const char* name : {"http_requests_total", "http_seconds", "up"}) {
      Append(Labels::Of({{"__name__", name}, {"job", name}}), clock_.NowMs(), 1);
    }
  }
};

TEST_F(SearchTest, IsOffWithoutTheFeature) {
  sources_.feature_switches.search = false;
  const http::Response response = Ask("/search/metric_names");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"unavailable","error":"search API disabled"})");
}

TEST_F(SearchTest, AnswersInLinesOfJson) {
  const http::Response response = Ask("/search/metric_names");
  EXPECT_EQ(FindHeader(response.headers, "Content-Type"), "application/x-ndjson; charset=utf-8");
  EXPECT_EQ(response.body,
            "{\"results\":[{\"name\":\"http_requests_total\"},{\"name\":\"http_seconds\"},{\"name\":\"up\"}]}\n"
            "{\"status\":\"success\",\"has_more\":false}\n");
  EXPECT_EQ(Get("/search/metric_names?search[]=none"), "{\"results\":[]}\n{\"status\":\"success\",\"has_more\":false}\n");
  EXPECT_EQ(Get("/search/label_names"),
            "{\"results\":[{\"name\":\"__name__\"},{\"name\":\"job\"}]}\n{\"status\":\"success\",\"has_more\":false}\n");
  EXPECT_EQ(Get("/search/label_values?label=job&search[]=up&include_score=true"),
            "{\"results\":[{\"value\":\"up\",\"score\":1}]}\n{\"status\":\"success\",\"has_more\":false}\n");
}

TEST_F(SearchTest, CutsIntoBatchesAndTellsThatThereIsMore) {
  EXPECT_EQ(Get("/search/metric_names?batch_size=1&limit=2"),
            "{\"results\":[{\"name\":\"http_requests_total\"}]}\n{\"results\":[{\"name\":\"http_seconds\"}]}\n"
            "{\"status\":\"success\",\"has_more\":true}\n");
  EXPECT_EQ(Get("/search/metric_names?limit=1&sort_by=alpha&sort_dir=dsc"),
            "{\"results\":[{\"name\":\"up\"}]}\n{\"status\":\"success\",\"has_more\":true}\n");
  EXPECT_THAT(Get("/search/metric_names?search[]=seconds&search[]=up&sort_by=score&limit=1"), HasSubstr(R"([{"name":"up"}])"));
}

TEST_F(SearchTest, KeepsToTheSelectorsAndTheTime) {
  EXPECT_THAT(Get("/search/metric_names?match[]={job=\"up\"}&match[]=http_seconds"),
              HasSubstr(R"([{"name":"http_seconds"},{"name":"up"}])"));
  EXPECT_THAT(Get("/search/metric_names?start=0&end=1"), HasSubstr(R"("results":[])"));
}

TEST_F(SearchTest, AddsTheMetadataOfTargets) {
  metadata_ = {{.scrape_pool = "a", .labels = {}, .families = {{.family = "up", .type = "gauge", .help = "Up?", .unit = ""}}}};
  EXPECT_THAT(Get("/search/metric_names?search[]=up&include_metadata=true"), HasSubstr(R"([{"name":"up","type":"gauge","help":"Up?"}])"));
}

TEST_F(SearchTest, RefusesBadParameters) {
  const auto error = [this](const std::string& parameters) { return BadRequest("/search/metric_names?" + parameters); };
  EXPECT_THAT(error("start=2&end=1"), HasSubstr("end timestamp must not be before start timestamp"));
  EXPECT_THAT(error("start=x"), HasSubstr("invalid time value for 'start'"));
  EXPECT_THAT(error("limit=0"), HasSubstr(R"(invalid limit \"0\": must be a positive integer)"));
  EXPECT_THAT(error("limit=1001"), HasSubstr("limit 1001 exceeds the configured maximum (1000, see --web.search.max-limit)"));
  EXPECT_THAT(error("batch_size=-1"), HasSubstr(R"(invalid batch_size \"-1\")"));
  EXPECT_THAT(error("fuzz_threshold=101"), HasSubstr(R"(invalid fuzz_threshold \"101\": must be 0-100)"));
  EXPECT_THAT(error("fuzz_alg=x"), HasSubstr(R"(unsupported fuzz_alg \"x\": must be one of [subsequence jarowinkler])"));
  EXPECT_THAT(error("case_sensitive=x"), HasSubstr(R"(invalid case_sensitive \"x\": must be boolean)"));
  EXPECT_THAT(error("include_score=x"), HasSubstr(R"(invalid include_score \"x\": must be boolean)"));
  EXPECT_THAT(error("include_metadata=x"), HasSubstr(R"(invalid include_metadata \"x\": must be boolean)"));
  EXPECT_THAT(error("sort_dir=asc"), HasSubstr("sort_dir is only valid when sort_by is set"));
  EXPECT_THAT(error("sort_by=score"), HasSubstr("sort_by=score requires search[] to be set"));
  EXPECT_THAT(error("sort_by=score&sort_dir=asc&search[]=x"), HasSubstr("sort_dir is not supported for sort_by=score"));
  EXPECT_THAT(error("sort_by=x"), HasSubstr(R"(invalid sort_by \"x\" for metric_names: must be \"alpha\" or \"score\")"));
  EXPECT_THAT(error("sort_by=alpha&sort_dir=x"), HasSubstr(R"(invalid sort_dir \"x\")"));
  EXPECT_THAT(BadRequest("/search/label_values"), HasSubstr(R"(missing required parameter \"label\")"));
  std::string many = "search[]=a";
  for (int i = 0; i < 31; ++i) {
    many += "&search[]=a";
  }
  EXPECT_EQ(Ask("/search/metric_names?" + many).status, 200);
  EXPECT_THAT(error(many + "&search[]=a"), HasSubstr("too many search[] terms: got 33, maximum is 32"));
}

}  // namespace
}  // namespace tocsin::api
