#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "rules/alerting_rule.h"
#include "rules/group.h"
#include "rules/test_store.h"
#include "tests/support/alert_scenarios.h"
#include "tests/support/corpus.h"

namespace tocsin::rules {
namespace {

using test::RecordingSink;
using test::TestStore;
using tocsin::test::AlertScenario;
using tocsin::test::ExpectedAlert;
using tocsin::test::kScenarioRoundMs;
using tocsin::test::kScenarioSampleMs;
using tocsin::test::SeenAlert;
using tocsin::test::SentAlert;

constexpr DurationMs kOffsetMs = 7 * kSecond;  // slots do not lie on samples
constexpr DurationMs kToleranceMs = kScenarioRoundMs + kOffsetMs;

/// A group played from the first sample to the last phase, with its states and notifications.
class Play {
 public:
  Play(const AlertScenario& scenario, const RuleGroupDefinition& group) : scenario_(scenario) {
    for (const auto& [labels, values] : scenario.series) {
      store_.Load(Cat("load 15s\n", labels.ToString(), " ", values, "\n"));
    }
    environment_.source = store_.source();
    environment_.appendable = &store_.head();
    environment_.clock = &store_.clock();
    environment_.sink = &sink_;
    group_ = std::make_unique<Group>(group, "file", GroupDefaults(), environment_, false);
  }

  std::vector<std::string> Problems() {
    std::vector<std::string> problems;
    constexpr TimestampMs kEnd = 260 * kScenarioSampleMs;
    for (TimestampMs ts = kOffsetMs; ts < kEnd; ts += kScenarioRoundMs) {
      store_.clock().Set(ts);
      group_->Evaluate(ts);
      for (const OutgoingAlert& alert : sink_.Take()) {
        sent_[alert.labels].push_back(SentAlert{ts, alert.resolved, alert.starts_at, alert.ends_at, alert.annotations});
      }
      const std::map<Labels, SeenAlert> seen = Seen();
      for (const ExpectedAlert& alert : scenario_.alerts) {
        const auto found = seen.find(alert.labels);
        CheckSeenAlert(alert, ts, found == seen.end() ? nullptr : &found->second, kToleranceMs, &problems);
      }
    }
    for (const ExpectedAlert& alert : scenario_.alerts) {
      CheckSentAlerts(alert, sent_[alert.labels], kToleranceMs, &problems);
      sent_.erase(alert.labels);
    }
    for (const auto& [labels, unexpected] : sent_) {
      problems.push_back(Cat("nobody expects ", labels.ToString()));
    }
    return problems;
  }

 private:
  std::map<Labels, SeenAlert> Seen() const {
    std::map<Labels, SeenAlert> seen;
    for (const RuleStatus& rule : group_->Status().rules) {
      for (const AlertStatus& alert : rule.alerts) {
        seen[alert.labels] = SeenAlert{std::string(AlertStateText(alert.state)), alert.value, alert.active_at, alert.annotations};
      }
    }
    return seen;
  }

  const AlertScenario& scenario_;
  TestStore store_;
  RecordingSink sink_;
  GroupEnvironment environment_;
  std::unique_ptr<Group> group_;
  std::map<Labels, std::vector<SentAlert>> sent_;
};

TEST(AlertGeneratorCorpusTest, EveryScenario) {
  CORPUS_OR_SKIP(rules_path, "alert-generator/rules.yaml");
  CORPUS_OR_SKIP(path, "alert-generator/scenarios.yml");
  const RuleFile rules = LoadRuleFile(rules_path, {});
  ASSERT_TRUE(rules.ok()) << rules.errors[0];
  const auto scenarios = tocsin::test::ReadAlertScenarios(path);
  ASSERT_TRUE(scenarios.ok()) << scenarios.status();
  size_t played = 0;
  for (const AlertScenario& scenario : *scenarios) {
    SCOPED_TRACE(scenario.group);
    for (const RuleGroupDefinition& group : rules.groups) {
      if (group.name == scenario.group) {
        EXPECT_THAT(Play(scenario, group).Problems(), testing::IsEmpty());
        ++played;
      }
    }
  }
  EXPECT_EQ(played, 4U);
}

}  // namespace
}  // namespace tocsin::rules
