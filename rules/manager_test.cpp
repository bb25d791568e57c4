#include "rules/manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/metrics/metric_registry.h"
#include "rules/test_full_disk.h"
#include "rules/test_store.h"

namespace tocsin::rules {
namespace {

using test::RecordingSink;
using test::TestStore;

/// A server's rules on a manual clock: it goes from slot to slot, and can be killed and started again on the same disk.
class ManagerTest : public testing::Test {
 protected:
  ManagerTest() : folder_(testing::TempDir() + "rules_manager_" + std::to_string(getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config_.interval_ms = kMinute;
    StartServer();
  }
  ~ManagerTest() override {
    manager_.reset();
    std::filesystem::remove_all(folder_);
  }

  void StartServer() {
    registry_ = std::make_shared<MetricRegistry>(store_.clock());
    ManagerOptions options;
    options.engine = &store_.engine();
    options.queryable = &store_.head();
    options.appendable = &store_.head();
    options.sink = &sink_;
    options.clock = &store_.clock();
    options.registry = registry_.get();
    options.state_folder = keeps_state_ ? folder_ + "/tocsin" : "";
    options.strict_reload = strict_;
    manager_ = Manager::Create(options);
  }

  /// SIGKILL: the disk stays as it is at this moment, whatever the process does when it ends.
  void Kill() {
    test::EndWithDiskAsItIs(folder_ + "/tocsin", [this] { manager_.reset(); });
    sink_.Take();
  }

  void Restart() {
    StartServer();
    ASSERT_TRUE(Load({"a.yml"}).ok());
  }

  void WriteFile(const std::string& name, std::string_view text) { std::ofstream(folder_ + "/" + name) << text; }

  absl::Status Load(const std::vector<std::string>& names) {
    config_.files.clear();
    for (const std::string& name : names) {
      config_.files.push_back(folder_ + "/" + name);
    }
    return manager_->Update(config_);
  }

  /// Sets the value of the metric `x` now and lets the time pass, second by second.
  void Run(DurationMs length, std::optional<double> x = std::nullopt) {
    for (DurationMs at = 0; at < length; at += kSecond) {
      store_.clock().Advance(kSecond);
      const TimestampMs now = store_.clock().NowMs();
      if (x && now % (15 * kSecond) == 0) {
        store_.Append(Labels::Of({{"__name__", "x"}, {"job", "j"}}), now, *x);
      }
      manager_->EvaluateDue();
    }
  }

  /// The sum of a metric's series.
  double Metric(const std::string& name) const {
    double sum = 0;
    for (const auto& family : registry_->Collect()) {
      for (const auto& metric : family.metric) {
        sum += family.name == name ? metric.counter.value + metric.gauge.value : 0;
      }
    }
    return sum;
  }

  RuleStatus FirstRule() const { return manager_->Status().groups.at(0).rules.at(0); }
  AlertState State() const { return FirstRule().state; }

  TestStore store_;
  RecordingSink sink_;
  const std::string folder_;
  RuleConfig config_;
  bool keeps_state_ = true;
  bool strict_ = false;
  std::shared_ptr<MetricRegistry> registry_;
  std::unique_ptr<Manager> manager_;
};

constexpr std::string_view kAlertFile = R"(
groups:
- name: g
  interval: 1m
  rules:
  - alert: High
    expr: x > 1
    for: 5m
    keep_firing_for: 3m
    labels: {severity: page}
    annotations: {summary: 'x is {{ $value }}'}
)";

constexpr std::string_view kRecordFile = R"(
groups:
- name: g
  interval: 1s
  rules: [{record: two, expr: vector(2)}]
)";

TEST_F(ManagerTest, PendingFiringResolved) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  EXPECT_EQ(State(), AlertState::kUnknown);
  Run(3 * kMinute, 0);
  EXPECT_EQ(State(), AlertState::kInactive);
  Run(2 * kMinute, 2);
  EXPECT_EQ(State(), AlertState::kPending);
  EXPECT_TRUE(sink_.Take().empty());
  Run(5 * kMinute, 3);
  EXPECT_EQ(State(), AlertState::kFiring);
  const auto sent = sink_.Take();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent[0].labels, Labels::Of({{"alertname", "High"}, {"job", "j"}, {"severity", "page"}}));
  EXPECT_EQ(sent[0].annotations, Labels::Of({{"summary", "x is 3"}}));
  EXPECT_EQ(sent[0].generator_url, "/graph?g0.expr=x+%3E+1&g0.tab=1");
  Run(6 * kMinute, 0);
  EXPECT_EQ(State(), AlertState::kInactive);
  const auto resolved = sink_.Take();
  ASSERT_FALSE(resolved.empty());
  EXPECT_TRUE(resolved.back().resolved);
  EXPECT_EQ(resolved.back().starts_at, sent[0].starts_at);
}

TEST_F(ManagerTest, KilledWhilePendingTheRestCounts) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(kMinute, 0);
  while (State() != AlertState::kPending) {
    Run(kSecond, 2);
  }
  Run(4 * kMinute - 10 * kSecond, 2);
  ASSERT_EQ(State(), AlertState::kPending);
  const TimestampMs active_at = FirstRule().alerts.at(0).active_at;
  Kill();
  store_.clock().Advance(10 * kMinute);
  Restart();
  Run(kMinute, 2);
  ASSERT_EQ(State(), AlertState::kPending);
  EXPECT_GT(FirstRule().alerts.at(0).active_at, active_at) << "down time does not count";
  Run(kMinute, 2);
  EXPECT_EQ(State(), AlertState::kFiring) << "and what was waited before does";
}

TEST_F(ManagerTest, KilledWhileFiringNothingChanges) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(10 * kMinute, 2);
  ASSERT_EQ(State(), AlertState::kFiring);
  const auto before = sink_.Take();
  Kill();
  store_.clock().Advance(2 * kMinute);
  Restart();
  // No sample has been scraped yet: the alert is not resolved because of that.
  Run(kMinute);
  EXPECT_EQ(State(), AlertState::kFiring);
  Run(kMinute, 2);
  EXPECT_EQ(State(), AlertState::kFiring);
  for (const OutgoingAlert& alert : sink_.Take()) {
    EXPECT_FALSE(alert.resolved);
    EXPECT_EQ(alert.starts_at, before.back().starts_at);
  }
  manager_->AllowResolving();
  Run(10 * kMinute, 0);
  EXPECT_EQ(State(), AlertState::kInactive);
}

TEST_F(ManagerTest, RestoredAlertResolvesWhenAllScrapesAreIn) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(10 * kMinute, 2);
  Kill();
  store_.clock().Advance(20 * kMinute);
  Restart();
  manager_->AllowResolving();
  Run(5 * kMinute, 0);
  EXPECT_EQ(State(), AlertState::kInactive);
}

TEST_F(ManagerTest, KilledInKeepFiringFor) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(10 * kMinute, 2);
  Run(90 * kSecond, 0);
  ASSERT_TRUE(FirstRule().alerts.at(0).keep_firing_since);
  Kill();
  store_.clock().Advance(5 * kMinute);
  Restart();
  manager_->AllowResolving();
  Run(kMinute, 0);
  EXPECT_EQ(State(), AlertState::kFiring) << "down time does not count for keep_firing_for either";
  Run(3 * kMinute, 0);
  EXPECT_EQ(State(), AlertState::kInactive);
}

TEST_F(ManagerTest, KilledWithAnUnsentResolved) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(10 * kMinute, 2);
  while (State() != AlertState::kInactive) {
    Run(kSecond, 0);
  }
  Kill();  // with what is in the queue
  store_.clock().Advance(2 * kMinute);
  Restart();
  Run(kMinute, 0);
  const auto sent = sink_.Take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(sent[0].resolved);
}

TEST_F(ManagerTest, StalenessOfRemovedAndRenamedGroups) {
  WriteFile("a.yml", kRecordFile);
  WriteFile("b.yml", "groups:\n- name: other\n  interval: 1s\n  rules: [{record: two, expr: vector(2)}]\n");
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(3 * kSecond);
  EXPECT_EQ(store_.CountStaleMarkers("two"), 0U);
  ASSERT_TRUE(Load({}).ok());
  Run(3 * kSecond);
  EXPECT_EQ(store_.CountStaleMarkers("two"), 1U);
  ASSERT_TRUE(Load({"b.yml"}).ok());
  Run(3 * kSecond);
  EXPECT_EQ(store_.CountStaleMarkers("two"), 1U);
  ASSERT_TRUE(Load({}).ok());
  Run(3 * kSecond);
  EXPECT_EQ(store_.CountStaleMarkers("two"), 2U);
  ASSERT_TRUE(Load({"b.yml"}).ok());
  Run(3 * kSecond);
  manager_->Stop();
  EXPECT_EQ(store_.CountStaleMarkers("two"), 2U);
}

TEST_F(ManagerTest, ARuleThatMovesToAnotherGroupDoesNotEnd) {
  WriteFile("a.yml", kRecordFile);
  WriteFile("b.yml", "groups:\n- name: other\n  interval: 1s\n  rules: [{record: two, expr: vector(2)}]\n");
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(3 * kSecond);
  ASSERT_TRUE(Load({"b.yml"}).ok());
  Run(5 * kSecond);
  EXPECT_EQ(store_.CountStaleMarkers("two"), 0U);
}

TEST_F(ManagerTest, AChangedGroupKeepsTheStateOfItsRules) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(10 * kMinute, 2);
  ASSERT_EQ(State(), AlertState::kFiring);
  const TimestampMs active_at = FirstRule().alerts.at(0).active_at;
  std::string changed(kAlertFile);
  changed.replace(changed.find("x > 1"), 5, "x > 0");
  WriteFile("a.yml", changed);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  EXPECT_EQ(State(), AlertState::kFiring);
  Run(2 * kMinute, 2);
  EXPECT_EQ(State(), AlertState::kFiring);
  EXPECT_EQ(FirstRule().alerts.at(0).active_at, active_at);
  EXPECT_EQ(FirstRule().query, "x > 0");
}

TEST_F(ManagerTest, ABadFileIsLeftOutAlone) {
  WriteFile("a.yml", kRecordFile);
  WriteFile("bad.yml", "groups:\n- name: b\n  rules: [{record: r, expr: 'sum('}]\n");
  const absl::Status status = Load({"a.yml", "bad.yml"});
  EXPECT_THAT(std::string(Message(status)), testing::HasSubstr("could not parse expression"));
  EXPECT_EQ(manager_->Status().groups.size(), 1U);
  ASSERT_EQ(manager_->Status().failed_files.size(), 1U);
  EXPECT_FALSE(manager_->Status().failed_files[0].last_good_in_use);

  WriteFile("bad.yml", "groups:\n- name: b\n  rules: [{record: r, expr: vector(1)}]\n");
  EXPECT_TRUE(Load({"a.yml", "bad.yml"}).ok());
  EXPECT_TRUE(manager_->Status().failed_files.empty());
  WriteFile("bad.yml", "groups: [");
  EXPECT_FALSE(Load({"a.yml", "bad.yml"}).ok());
  EXPECT_EQ(manager_->Status().groups.size(), 2U) << "the last good version goes on";

  manager_.reset();
  StartServer();
  EXPECT_FALSE(Load({"a.yml", "bad.yml"}).ok());
  EXPECT_EQ(manager_->Status().groups.size(), 2U) << "after a restart too";
  EXPECT_TRUE(manager_->Status().failed_files.at(0).last_good_in_use);
}

TEST_F(ManagerTest, StrictReloadTakesAllOrNothing) {
  strict_ = true;
  StartServer();
  WriteFile("a.yml", kRecordFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  WriteFile("a.yml", "groups: []");
  WriteFile("bad.yml", "groups: [");
  EXPECT_FALSE(Load({"a.yml", "bad.yml"}).ok());
  EXPECT_EQ(manager_->Status().groups.size(), 1U);
}

TEST_F(ManagerTest, SkippedSlotsAreCounted) {
  WriteFile("a.yml", kRecordFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(2 * kSecond);
  store_.clock().Advance(10 * kSecond);
  manager_->EvaluateDue();
  EXPECT_EQ(Metric("prometheus_rule_group_iterations_missed_total"), 9);
  EXPECT_EQ(Metric("prometheus_rule_group_iterations_total"), 12);
}

TEST_F(ManagerTest, AResultThatCannotBeStoredIsNoFailedEvaluation) {
  WriteFile("a.yml", kRecordFile);
  store_.Append(Labels::Of({{"__name__", "two"}}), store_.clock().NowMs() + kHour, 3);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(2 * kSecond);
  EXPECT_EQ(FirstRule().health, RuleHealth::kErr);
  EXPECT_EQ(FirstRule().last_error, "out of order sample");
  EXPECT_EQ(Metric("prometheus_rule_evaluations_total"), 2);
  EXPECT_EQ(Metric("prometheus_rule_evaluation_failures_total"), 0);
}

TEST_F(ManagerTest, ALimitThatIsExceededEndsAlertsForGood) {
  WriteFile("a.yml", R"(
groups:
- name: g
  interval: 1m
  limit: 1
  rules:
  - {alert: High, expr: x > 1}
)");
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(2 * kMinute, 2);
  ASSERT_EQ(State(), AlertState::kFiring);
  const Labels other = Labels::Of({{"__name__", "x"}, {"job", "k"}});
  store_.Append(other, store_.clock().NowMs(), 5);
  Run(kMinute, 2);
  EXPECT_EQ(FirstRule().last_error, "exceeded limit of 1 with 2 alerts");
  EXPECT_TRUE(FirstRule().alerts.empty());
  Kill();
  Restart();
  Run(kMinute);
  EXPECT_TRUE(FirstRule().alerts.empty());
  EXPECT_TRUE(sink_.Take().empty()) << "a restart does not bring them back";
}

TEST_F(ManagerTest, AClockThatIsSetBackChangesNothing) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(15 * kMinute, 2);
  ASSERT_EQ(State(), AlertState::kFiring);
  const TimestampMs starts_at = sink_.Take().back().starts_at;
  store_.clock().Advance(-12 * kMinute);  // to before it began to fire
  Run(3 * kMinute);
  EXPECT_EQ(State(), AlertState::kFiring);
  const auto sent = sink_.Take();
  ASSERT_GE(sent.size(), 2U) << "others' clocks have not gone back: they need a new word";
  for (const OutgoingAlert& alert : sent) {
    EXPECT_FALSE(alert.resolved);
    EXPECT_EQ(alert.starts_at, starts_at);
  }
}

TEST_F(ManagerTest, AFullDiskCostsNoAlert) {
  WriteFile("a.yml", kAlertFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(2 * kMinute, 2);
  ASSERT_EQ(State(), AlertState::kPending);
  {
    const test::FullDisk full(folder_ + "/tocsin/alerts.journal");
    for (DurationMs passed = 0; passed < 8 * kMinute; passed += 15 * kSecond) {
      for (const std::string_view job : {"k", "l", "m", "n"}) {
        store_.Append(Labels::Of({{"__name__", "x"}, {"job", job}}), store_.clock().NowMs(), 2);
      }
      Run(15 * kSecond, 2);
    }
  }
  EXPECT_EQ(State(), AlertState::kFiring);
  EXPECT_FALSE(sink_.Take().empty()) << "people are told";
  EXPECT_GT(Metric("tocsin_rule_state_not_durable_total"), 0);
  // There is room again: the state is on disk with the next evaluation.
  Run(kMinute, 2);
  Kill();
  Restart();
  Run(kMinute);
  EXPECT_EQ(State(), AlertState::kFiring);
  EXPECT_EQ(FirstRule().alerts.size(), 5U);
}

TEST_F(ManagerTest, RulesWithoutInputAreNamed) {
  WriteFile("a.yml", "groups:\n- name: g\n  rules: [{alert: A, expr: http_request_total > 1}]\n");
  store_.Append(Labels::Of({{"__name__", "http_requests_total"}}), store_.clock().NowMs(), 1);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  Run(2 * kMinute);
  const RuleStatus rule = FirstRule();
  EXPECT_TRUE(rule.no_input);
  ASSERT_EQ(rule.selectors.size(), 1U);
  EXPECT_EQ(rule.selectors[0].selector, "http_request_total");
  EXPECT_THAT(rule.selectors[0].did_you_mean, testing::ElementsAre("http_requests_total"));
  store_.Append(Labels::Of({{"__name__", "http_request_totals"}}), store_.clock().NowMs(), 1);
  Run(2 * kMinute);
  EXPECT_THAT(FirstRule().selectors[0].did_you_mean, testing::ElementsAre("http_request_totals", "http_requests_total"));

  store_.Append(Labels::Of({{"__name__", "http_request_total"}}), store_.clock().NowMs(), 1);
  Run(2 * kMinute);
  EXPECT_FALSE(FirstRule().no_input) << "series that come later are noticed";
}

TEST_F(ManagerTest, ThreadsEvaluateByTheClock) {
  WriteFile("a.yml", kRecordFile);
  ASSERT_TRUE(Load({"a.yml"}).ok());
  manager_->Start();
  store_.clock().Advance(5 * kSecond);
  while (store_.Read("two").empty()) {
    std::this_thread::yield();
  }
  ASSERT_TRUE(Load({}).ok());
  manager_->Stop();
  EXPECT_FALSE(store_.Read("two").empty());
}

}  // namespace
}  // namespace tocsin::rules
