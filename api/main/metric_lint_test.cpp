#include "api/main/metric_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"

namespace tocsin {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto families = ReadTextFamilies(text);
  return families.ok() ? "" : std::string(Message(families.status()));
}

std::vector<std::string> Lints(std::string_view text) {
  std::vector<std::string> lines;
  for (const LintProblem& problem : LintFamilies(*ReadTextFamilies(text))) {
    lines.push_back(problem.metric + " " + problem.text);
  }
  return lines;
}

TEST(TextFamiliesTest, GathersTheLinesOfHistogramsAndSummaries) {
  const auto families = ReadTextFamilies(
      "# TYPE h histogram\nh_bucket{le=\"1\",a=\"b\"} 2\nh_bucket{a=\"b\",le=\"+Inf\"} 3\nh_sum{a=\"b\"} 4.5\nh_count{a=\"b\"} 3\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 7 1000\ns_sum 1\n# HELP empty no samples\n");
  ASSERT_TRUE(families.ok()) << families.status();
  ASSERT_EQ(families->size(), 2u);
  const TextMetric& histogram = families->at("h").metrics.at(0);
  EXPECT_EQ(histogram.parts.size(), 2u);
  EXPECT_EQ(histogram.sum, 4.5);
  EXPECT_EQ(histogram.count, 3);
  EXPECT_EQ(families->at("h").metrics.size(), 1u);
  EXPECT_EQ(families->at("s").metrics.at(0).parts.at(0), std::pair(0.5, 7.0));
  EXPECT_EQ(families->at("s").metrics.at(0).timestamp, 1000);
}

TEST(TextFamiliesTest, TellsTheLineOfAnErrorInPromtoolsWords) {
  const auto at = [](int line, const std::string& what) { return Cat("text format parsing error in line ", line, ": ", what); };
  EXPECT_EQ(ErrorOf("a 1\na b\n"), at(2, "expected float as value, got \"b\""));
  EXPECT_EQ(ErrorOf("a 1"), at(1, "unexpected end of input stream"));
  EXPECT_EQ(ErrorOf("# TYPE a foo\n"), at(1, "unknown metric type \"foo\""));
  EXPECT_EQ(ErrorOf("a 1\n# TYPE a gauge\n"), at(2, "second TYPE line for metric name \"a\", or TYPE reported after samples"));
  EXPECT_EQ(ErrorOf("a{b=x} 1\n"), at(1, "expected '\"' at start of label value, found 'x'"));
  EXPECT_EQ(ErrorOf("a{b=\"x} 1\n"), at(1, "label value \"x} 1\" contains unescaped new-line"));
  EXPECT_EQ(ErrorOf("a{b=\"1\",b=\"2\"} 1\n"), at(1, "duplicate label names for metric \"a\""));
  EXPECT_EQ(ErrorOf("a 1 x\n"), at(1, "expected integer as timestamp, got \"x\""));
  EXPECT_EQ(ErrorOf("1a 2\n"), at(1, "invalid metric name"));
}

TEST(MetricLintTest, NamesWhatBreaksTheRules) {
  EXPECT_THAT(
      Lints("# HELP up Good.\n# TYPE up gauge\nup 1\n# HELP a_seconds_total Good.\n# TYPE a_seconds_total counter\na_seconds_total 1\n"),
      testing::IsEmpty());
  EXPECT_THAT(
      Lints("# TYPE a_gauge gauge\na_gauge{xY=\"1\"} 1\n# HELP b_ms x\n# TYPE b_ms counter\nb_ms 1\n# HELP e:x x\n# TYPE e:x gauge\n"
            "e:x 1\ne:x 2\n# TYPE f_milliseconds summary\nf_milliseconds{quantile=\"0.5\"} 1\n"),
      testing::ElementsAre("a_gauge label names should be written in 'snake_case' not 'camelCase'",
                           "a_gauge metric name should not include type 'gauge'", "a_gauge no help text",
                           "b_ms counter metrics should have \"_total\" suffix", "b_ms metric names should not contain abbreviated units",
                           "e:x metric names should not contain ':'", "e:x metric not unique", "f_milliseconds no help text",
                           "f_milliseconds use base unit \"seconds\" instead of \"milliseconds\""));
}

}  // namespace
}  // namespace tocsin
