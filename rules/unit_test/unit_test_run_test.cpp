#include "rules/unit_test/unit_test_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/strings.h"

namespace tocsin::rules {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kRules = R"(
groups:
- name: g
  rules:
  - alert: A
    expr: up == 0
    labels: {severity: page}
    annotations: {summary: 'down {{ $labels.instance }}'}
)";

constexpr std::string_view kTest = R"(
rule_files: [r.yml]
evaluation_interval: 1m
tests:
- name: two are down
  input_series:
  - {series: 'up{instance="a"}', values: '0x10'}
  - {series: 'up{instance="b"}', values: '0x10'}
  alert_rule_test:
  - eval_time: 1m
    alertname: A
    exp_alerts:
    - exp_labels: {severity: page, instance: a, job: "<j>"}
      exp_annotations: {summary: up a}
- name: none is down
  alert_rule_test:
  - eval_time: 1m
    alertname: A
    exp_alerts: [{exp_labels: {severity: page}}]
)";

class UnitTestRunTest : public testing::Test {
 protected:
  UnitTestRunTest() : folder_(testing::TempDir() + "unit_test_run_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/r.yml") << kRules;
    std::ofstream(folder_ + "/t.yml") << kTest;
  }
  ~UnitTestRunTest() override { std::filesystem::remove_all(folder_); }

  UnitTestReport Run(const UnitTestOptions& options) const { return RunUnitTests({folder_ + "/t.yml"}, options, ManualClock()); }

  const std::string folder_;
};

/// Upstream's text; its colours written as [31m, [32m, [33m and [0m.
TEST_F(UnitTestRunTest, DiffsHavePromtoolsForm) {
  UnitTestOptions options;
  options.diff = true;
  std::string err = Run(options).output.err();
  for (const std::string_view code : {"\x1b[0;31m", "\x1b[0;32m", "\x1b[0;33m", "\x1b[0m"}) {
    for (size_t at = err.find(code); at != std::string::npos; at = err.find(code)) {
      err.replace(at, code.size(), code == "\x1b[0m" ? "[0m" : Cat("[", code.substr(4)));
    }
  }
  EXPECT_THAT(err, HasSubstr(R"(    name: two are down,
    alertname: A, time: 1m, 
        diff: [
                {
                    "Annotations": {
                        "summary": [33m"up a" => "down a"[0m
                    },
                    "Labels": {
                        "alertname": "A",
                        "instance": "a",
                        [31m"job": "<j>"[0m,
                        "severity": "page"
                    }
                },
                [32m{[0m
                    [32m"Annotations": {[0m
                        [32m"summary": "down b"[0m
                    [32m},[0m
                    [32m"Labels": {[0m
                        [32m"alertname": "A",[0m
                        [32m"instance": "b",[0m
                        [32m"severity": "page"[0m
                    [32m}[0m
                [32m}[0m
            ]
    name: none is down,
    alertname: A, time: 1m, 
        diff: [
                {
                    "Annotations": {},
                    "Labels": {
                        [31m"alertname": "A"[0m,
                        [31m"severity": "page"[0m
                    }
                }
            ]
)"));
}

TEST_F(UnitTestRunTest, RunsTheGroupsOfThatName) {
  UnitTestOptions options;
  options.run = {"^none", "nothing of the kind"};
  const UnitTestReport report = Run(options);
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_THAT(report.output.err(), HasSubstr("name: none is down"));
  EXPECT_THAT(report.output.err(), Not(HasSubstr("two are down")));
  EXPECT_THAT(report.output.err(), HasSubstr(Cat(R"(run again: tocsin test rules --run '^none\ is\ down$' )", folder_, "/t.yml")));
  options.run = {"nothing of the kind"};
  EXPECT_EQ(Run(options).exit_code, 0);
}

TEST_F(UnitTestRunTest, JunitEscapesWhatMarkupMeans) {
  const std::string junit = Run({}).junit;
  EXPECT_THAT(junit, HasSubstr("tests=\"2\" failures=\"2\""));
  EXPECT_THAT(junit, HasSubstr("<testcase name=\"two are down\"><failure>"));
  EXPECT_THAT(junit, HasSubstr("job=&#34;&lt;j&gt;&#34;"));
}

}  // namespace
}  // namespace tocsin::rules
