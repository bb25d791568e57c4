#include <gtest/gtest.h>

#include <map>

#include "base/text/float_text.h"
#include "base/yaml/yaml.h"
#include "rules/alerting_rule.h"
#include "rules/group.h"
#include "rules/test_store.h"
#include "tests/support/corpus.h"

namespace tocsin::rules {
namespace {

using test::RecordingSink;
using test::TestStore;

constexpr DurationMs kSampleMs = 15 * kSecond;
constexpr DurationMs kRoundMs = 30 * kSecond;
constexpr DurationMs kOffsetMs = 7 * kSecond;  // slots do not lie on samples
constexpr DurationMs kToleranceMs = kRoundMs + kOffsetMs;

/// What was sent of one alert, and when.
struct SentAlert {
  TimestampMs at;
  OutgoingAlert alert;
};

/// One alert of a scenario: its labels and the mapping that has its phases and notifications.
struct ExpectedCourse {
  Labels labels;
  const yaml::Node* node;
};

Labels ReadLabels(const yaml::Node& node) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& entry : node.entries) {
    pairs.emplace_back(entry.key->text, entry.value->text);
  }
  return Labels::FromPairs(std::move(pairs));
}

TimestampMs SampleTime(const yaml::Node& node, std::string_view key, TimestampMs otherwise = 0) {
  const yaml::Node* found = node.Find(key);
  return found == nullptr ? otherwise : std::stoll(found->text) * kSampleMs;
}

/// A group played from the first sample to the last phase, with its states and notifications.
class Scenario {
 public:
  Scenario(const yaml::Node& test, const RuleGroupDefinition& group) : test_(test) {
    for (const yaml::Node* series : test.Find("series")->items) {
      LabelsBuilder builder(ReadLabels(*series->Find("labels")));
      builder.Set(kMetricName, "alert_generator_test_suite");
      store_.Load(Cat("load 15s\n", builder.Build().ToString(), " ", series->Find("values")->text, "\n"));
    }
    environment_.source = store_.source();
    environment_.appendable = &store_.head();
    environment_.clock = &store_.clock();
    environment_.sink = &sink_;
    group_ = std::make_unique<Group>(group, "file", GroupDefaults(), environment_, false);
  }

  void Play() {
    constexpr TimestampMs kEnd = 260 * kSampleMs;
    for (TimestampMs ts = kOffsetMs; ts < kEnd; ts += kRoundMs) {
      store_.clock().Set(ts);
      group_->Evaluate(ts);
      for (OutgoingAlert& alert : sink_.Take()) {
        const Labels labels = alert.labels;
        sent_[labels].push_back(SentAlert{ts, std::move(alert)});
      }
      for (const ExpectedCourse& course : Courses()) {
        CheckState(course, ts);
      }
    }
    for (const ExpectedCourse& course : Courses()) {
      CheckNotifications(course);
      sent_.erase(course.labels);
    }
    EXPECT_TRUE(sent_.empty()) << "of alerts that nobody expects, " << sent_.begin()->first.ToString();
  }

 private:
  std::vector<ExpectedCourse> Courses() const {
    if (const yaml::Node* alert = test_.Find("alert")) {
      return {ExpectedCourse{ReadLabels(*alert), &test_}};
    }
    std::vector<ExpectedCourse> courses;
    for (const yaml::Node* alert : test_.Find("alerts")->items) {
      courses.push_back(ExpectedCourse{ReadLabels(*alert->Find("labels")), alert});
    }
    return courses;
  }

  const AlertStatus* FindAlert(const std::vector<RuleStatus>& rules, const Labels& labels) const {
    for (const RuleStatus& rule : rules) {
      for (const AlertStatus& alert : rule.alerts) {
        if (alert.labels == labels) {
          return &alert;
        }
      }
    }
    return nullptr;
  }

  void CheckState(const ExpectedCourse& course, TimestampMs ts) const {
    const GroupStatus status = group_->Status();
    const AlertStatus* alert = FindAlert(status.rules, course.labels);
    for (const yaml::Node* phase : course.node->Find("phases")->items) {
      // Near a boundary either side is right.
      if (ts < SampleTime(*phase, "from") + kToleranceMs || ts >= SampleTime(*phase, "to") - kToleranceMs) {
        continue;
      }
      SCOPED_TRACE(Cat(course.labels.ToString(), " at sample ", ts / kSampleMs));
      const std::string& state = phase->Find("state")->text;
      EXPECT_EQ(alert == nullptr ? "inactive" : AlertStateText(alert->state), state);
      if (alert == nullptr || state == "inactive") {
        continue;
      }
      if (const yaml::Node* value = phase->Find("value")) {
        EXPECT_EQ(alert->value, *ParseGoFloatOrError(value->text));
      }
      EXPECT_NEAR(static_cast<double>(alert->active_at), static_cast<double>(SampleTime(*phase, "active_at")), kToleranceMs);
      if (const yaml::Node* annotations = phase->Find("annotations")) {
        EXPECT_EQ(alert->annotations, ReadLabels(*annotations));
      }
    }
  }

  static TimestampMs WindowEnd(const yaml::Node& window) {
    if (const yaml::Node* length = window.Find("for")) {
      return SampleTime(window, "from") + ParseDuration(length->text).value();
    }
    return SampleTime(window, "to");
  }

  void CheckNotifications(const ExpectedCourse& course) const {
    SCOPED_TRACE(course.labels.ToString());
    const auto found = sent_.find(course.labels);
    const std::vector<SentAlert> sent = found == sent_.end() ? std::vector<SentAlert>() : found->second;
    const yaml::Node* windows = course.node->Find("notifications");
    std::map<const yaml::Node*, std::vector<TimestampMs>> by_window;
    for (const SentAlert& one : sent) {
      const yaml::Node* window = nullptr;
      for (const yaml::Node* candidate : windows->items) {
        const bool right_kind = (candidate->Find("kind")->text == "resolved") == one.alert.resolved;
        if (right_kind && one.at >= SampleTime(*candidate, "from") && one.at <= WindowEnd(*candidate) + kToleranceMs) {
          window = candidate;
        }
      }
      ASSERT_NE(window, nullptr) << "unexpected, at sample " << one.at / kSampleMs << (one.alert.resolved ? " resolved" : " firing");
      by_window[window].push_back(one.at);
      EXPECT_NEAR(static_cast<double>(one.alert.starts_at), static_cast<double>(SampleTime(*window, "starts_at")), kToleranceMs);
      const TimestampMs ends_at = one.alert.resolved ? SampleTime(*window, "ends_at") : one.at + 4 * kMinute;
      EXPECT_NEAR(static_cast<double>(one.alert.ends_at), static_cast<double>(ends_at), kToleranceMs);
    }
    for (const yaml::Node* window : windows->items) {
      const std::vector<TimestampMs>& times = by_window[window];
      ASSERT_FALSE(times.empty());
      EXPECT_LE(times.front(), SampleTime(*window, "from") + kToleranceMs);
      EXPECT_GE(times.back(), WindowEnd(*window) - kMinute - 2 * kRoundMs);
      for (size_t i = 1; i < times.size(); ++i) {
        EXPECT_LE(times[i] - times[i - 1], kMinute + kRoundMs) << "told again each minute";
      }
    }
  }

  const yaml::Node& test_;
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
  const auto document = yaml::Parse(tocsin::test::ReadFileOrFail(path));
  ASSERT_TRUE(document.ok());
  size_t played = 0;
  for (const yaml::Node* test : document->root()->Find("cases")->items) {
    SCOPED_TRACE(test->Find("group")->text);
    for (const RuleGroupDefinition& group : rules.groups) {
      if (group.name == test->Find("group")->text) {
        Scenario(*test, group).Play();
        ++played;
      }
    }
  }
  EXPECT_EQ(played, 4U);
}

}  // namespace
}  // namespace tocsin::rules
