#include "engine/notify/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <functional>

#include "base/strings.h"
#include "base/yaml/yaml.h"
#include "engine/notify/send_loop.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using rules::OutgoingAlert;

OutgoingAlert MakeAlert(std::string_view instance, TimestampMs ends_at = kDay, bool resolved = false) {
  OutgoingAlert alert;
  alert.labels = Labels::Of({{"alertname", "A"}, {"instance", instance}});
  alert.annotations = Labels::Of({{"summary", "s"}});
  alert.starts_at = 1000;
  alert.ends_at = ends_at;
  alert.resolved = resolved;
  alert.generator_url = "http://t/graph?g0.expr=x&g0.tab=1";
  return alert;
}

/// An Alertmanager that records what it is sent, and may refuse it or be slow.
class AlertmanagerDouble {
 public:
  AlertmanagerDouble() : server_([this](const test::DoubleRequest& request) { return Answer(request); }) {}

  std::string host() const { return server_.host(); }
  void SetStatus(int status) {
    const MutexLock lock(mu_);
    status_ = status;
  }

  /// Requests get no answer until it is set to false.
  void SetSlow(bool slow) {
    const MutexLock lock(mu_);
    slow_ = slow;
    changed_.NotifyAll();
  }

  /// Each request from now on moves the clock as one that hangs until its timeout would.
  void SetHanging(ManualClock* clock, DurationMs timeout_ms) {
    const MutexLock lock(mu_);
    hangs_ = [clock, timeout_ms] { clock->Advance(timeout_ms); };
  }

  size_t requests() {
    const MutexLock lock(mu_);
    return requests_;
  }
  /// Waits until so many requests have come.
  void WaitForRequests(size_t count) {
    const MutexLock lock(mu_);
    while (requests_ < count) {
      changed_.Wait(mu_);
    }
  }
  /// Waits until so many alerts were taken, and gives the instances in their order.
  std::vector<std::string> WaitForAlerts(size_t count) {
    const MutexLock lock(mu_);
    while (taken_.size() < count) {
      changed_.Wait(mu_);
    }
    return taken_;
  }
  std::string last_body() {
    const MutexLock lock(mu_);
    return last_body_;
  }
  std::string last_target() {
    const MutexLock lock(mu_);
    return last_target_;
  }

 private:
  test::DoubleResponse Answer(const test::DoubleRequest& request) {
    const MutexLock lock(mu_);
    ++requests_;
    last_body_ = request.body;
    last_target_ = request.target;
    changed_.NotifyAll();
    while (slow_) {
      changed_.Wait(mu_);
    }
    if (hangs_ != nullptr) {
      hangs_();
    }
    if (status_ == 200) {
      const auto document = yaml::Parse(request.body);
      for (const yaml::Node* alert : document->root()->items) {
        taken_.push_back(alert->Find("labels")->Find("instance")->text);
      }
    }
    changed_.NotifyAll();
    test::DoubleResponse response;
    response.status = status_;
    return response;
  }

  Mutex mu_;
  CondVar changed_;
  int status_ GUARDED_BY(mu_) = 200;
  bool slow_ GUARDED_BY(mu_) = false;
  std::function<void()> hangs_ GUARDED_BY(mu_);
  size_t requests_ GUARDED_BY(mu_) = 0;
  std::vector<std::string> taken_ GUARDED_BY(mu_);
  std::string last_body_ GUARDED_BY(mu_);
  std::string last_target_ GUARDED_BY(mu_);
  test::HttpDouble server_;  // last: its threads end first
};

class NotifierTest : public testing::Test {
 protected:
  Config ConfigOf(std::string_view alerting) {
    LoadOptions options;
    auto config = LoadConfig(Cat("global: {external_labels: {cluster: c1}}\nalerting:\n", alerting), "prometheus.yml", options);
    EXPECT_TRUE(config.ok()) << config.status();
    return *std::move(config);
  }

  static DiscoveredSnapshot Found(const std::vector<std::string>& addresses) {
    auto group = std::make_shared<TargetGroup>();
    group->source = "0";
    for (const std::string& address : addresses) {
      group->targets.push_back(Labels::Of({{"__address__", address}}));
    }
    auto pool = std::make_shared<DiscoveredPool>();
    pool->groups = {group};
    auto pools = std::make_shared<DiscoveredPools>();
    (*pools)["config-0"] = pool;
    return pools;
  }

  std::unique_ptr<Notifier> Start(std::string_view alerting, const std::vector<std::string>& addresses, NotifierOptions options = {}) {
    auto notifier = std::make_unique<Notifier>(options, clock_, &registry_);
    notifier->ApplyConfig(ConfigOf(alerting));
    notifier->ApplyTargets(Found(addresses));
    return notifier;
  }

  /// The sum of a metric's series.
  double Metric(const std::string& name) {
    double sum = 0;
    for (const auto& family : registry_.Collect()) {
      for (const auto& metric : family.metric) {
        sum += family.name == name ? metric.counter.value + metric.gauge.value : 0;
      }
    }
    return sum;
  }

  ManualClock clock_{kMinute};
  prometheus::Registry registry_;
};

constexpr std::string_view kPlain = "  alertmanagers: [{path_prefix: /am, static_configs: [{targets: [x]}]}]\n";

TEST_F(NotifierTest, PostsVersionTwoToEveryAlertmanager) {
  AlertmanagerDouble first;
  AlertmanagerDouble second;
  const auto notifier = Start(kPlain, {first.host(), second.host()});
  EXPECT_THAT(notifier->Status().active, testing::UnorderedElementsAre(Cat("http://", first.host(), "/am/api/v2/alerts"),
                                                                       Cat("http://", second.host(), "/am/api/v2/alerts")));
  notifier->Send({MakeAlert("a")});
  EXPECT_THAT(first.WaitForAlerts(1), testing::ElementsAre("a"));
  EXPECT_THAT(second.WaitForAlerts(1), testing::ElementsAre("a"));
  EXPECT_EQ(first.last_target(), "/am/api/v2/alerts");
  EXPECT_EQ(first.last_body(),
            R"([{"annotations":{"summary":"s"},"endsAt":"1970-01-02T00:00:00.000Z","startsAt":"1970-01-01T00:00:01.000Z",)"
            R"("generatorURL":"http://t/graph?g0.expr=x\u0026g0.tab=1","labels":{"alertname":"A","cluster":"c1","instance":"a"}}])");
}

TEST_F(NotifierTest, RelabelsAlertsAndAlertmanagers) {
  AlertmanagerDouble server;
  const auto notifier = Start(
      "  alert_relabel_configs: [{source_labels: [instance], regex: drop, action: drop}]\n"
      "  alertmanagers:\n"
      "  - static_configs: [{targets: [x]}]\n"
      "    relabel_configs: [{source_labels: [__address__], regex: 'gone:.*', action: drop}]\n"
      "    alert_relabel_configs: [{target_label: instance, replacement: renamed}]\n",
      {server.host(), "gone:1"});
  EXPECT_THAT(notifier->Status().dropped, testing::ElementsAre("http://gone:1/api/v2/alerts"));
  notifier->Send({MakeAlert("drop"), MakeAlert("b")});
  EXPECT_THAT(server.WaitForAlerts(1), testing::ElementsAre("renamed"));
}

TEST_F(NotifierTest, BatchesKeepTheOrder) {
  AlertmanagerDouble server;
  NotifierOptions options;
  options.batch_size = 2;
  const auto notifier = Start(kPlain, {server.host()}, options);
  notifier->Send({MakeAlert("1"), MakeAlert("2"), MakeAlert("3"), MakeAlert("4"), MakeAlert("5")});
  EXPECT_THAT(server.WaitForAlerts(5), testing::ElementsAre("1", "2", "3", "4", "5"));
  server.WaitForRequests(3);
}

TEST_F(NotifierTest, AFailedBatchIsTriedAgainWhileItIsTrue) {
  AlertmanagerDouble server;
  server.SetStatus(503);
  const auto notifier = Start(kPlain, {server.host()});
  notifier->Send({MakeAlert("stale", kMinute + 100), MakeAlert("true"), MakeAlert("resolved", kMinute, true)});
  server.WaitForRequests(1);
  // More words on one alert: only the last is worth a try.
  notifier->Send({MakeAlert("true", 2 * kDay)});
  server.SetStatus(200);
  clock_.AwaitWaiters(1);
  clock_.Advance(SendLoop::kFirstPauseMs);
  EXPECT_THAT(server.WaitForAlerts(2), testing::ElementsAre("resolved", "true"));
}

TEST_F(NotifierTest, AfterTwoMinutesWithoutAlertmanagerOnlyTheTruthIsTold) {
  AlertmanagerDouble down;
  AlertmanagerDouble up;
  down.SetStatus(503);
  const auto notifier = Start(kPlain, {down.host(), up.host()});
  const TimestampMs begin = clock_.NowMs();
  // Every minute the rules tell what fires; after one minute "a" has ended, and "c" is never told again.
  notifier->Send({MakeAlert("a", begin + 4 * kMinute), MakeAlert("b", begin + 4 * kMinute), MakeAlert("c", begin + kMinute)});
  size_t tries = 1;
  bool told_again = false;
  while (clock_.NowMs() < begin + 2 * kMinute) {
    down.WaitForRequests(tries++);
    clock_.AwaitWaiters(1);
    if (!told_again && clock_.NowMs() >= begin + kMinute) {
      told_again = true;
      notifier->Send({MakeAlert("a", begin + kMinute, true), MakeAlert("b", begin + 5 * kMinute)});
    }
    clock_.Advance(SendLoop::kLongestPauseMs);
  }
  EXPECT_THAT(up.WaitForAlerts(5), testing::ElementsAre("a", "b", "c", "a", "b")) << "the other one hears of all in time";
  down.WaitForRequests(tries);
  clock_.AwaitWaiters(1);
  down.SetStatus(200);
  clock_.Advance(SendLoop::kLongestPauseMs);
  EXPECT_THAT(down.WaitForAlerts(2), testing::ElementsAre("a", "b"));
  EXPECT_THAT(down.last_body(), testing::HasSubstr(R"("endsAt":"1970-01-01T00:02:00.000Z")")) << "that a has ended";
  EXPECT_THAT(down.last_body(), testing::HasSubstr(R"("endsAt":"1970-01-01T00:06:00.000Z")")) << "the newer word on b";
}

TEST_F(NotifierTest, WhatHasWaitedTooLongIsNotSent) {
  AlertmanagerDouble server;
  server.SetSlow(true);
  const auto notifier = Start(kPlain, {server.host()});
  notifier->Send({MakeAlert("first")});
  server.WaitForRequests(1);
  notifier->Send({MakeAlert("over", kMinute + 100), MakeAlert("long over", kMinute, true), MakeAlert("true")});
  clock_.Advance(SendLoop::kResolvedTriesMs + kSecond);
  server.SetSlow(false);
  EXPECT_THAT(server.WaitForAlerts(2), testing::ElementsAre("first", "true"));
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), 2);
}

TEST_F(NotifierTest, WhatIsRefusedIsNotTriedAgain) {
  AlertmanagerDouble server;
  server.SetStatus(400);
  const auto notifier = Start(kPlain, {server.host()});
  notifier->Send({MakeAlert("a")});
  server.WaitForRequests(1);
  server.SetStatus(200);
  notifier->Send({MakeAlert("b")});
  EXPECT_THAT(server.WaitForAlerts(1), testing::ElementsAre("b"));
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), 1);
  EXPECT_EQ(Metric("prometheus_notifications_errors_total"), 1);
}

TEST_F(NotifierTest, AFullQueueDropsTheOldest) {
  NotifierOptions options;
  options.queue_capacity = 3;
  options.drain_on_shutdown = false;
  // Nobody listens on port 1: up to three alerts are on their way, three wait.
  const auto notifier = Start(kPlain, {"127.0.0.1:1"}, options);
  for (int i = 0; i < 20; ++i) {
    notifier->Send({MakeAlert(std::to_string(i))});
  }
  EXPECT_GE(Metric("prometheus_notifications_dropped_total"), 14);
  EXPECT_LE(Metric("prometheus_notifications_queue_length"), 3);
}

TEST_F(NotifierTest, DrainsAtTheEnd) {
  AlertmanagerDouble server;
  NotifierOptions options;
  options.batch_size = 1;
  auto notifier = Start(kPlain, {server.host()}, options);
  notifier->Send({MakeAlert("1"), MakeAlert("2"), MakeAlert("3")});
  notifier->Stop();
  EXPECT_THAT(server.WaitForAlerts(0), testing::ElementsAre("1", "2", "3"));
}

TEST_F(NotifierTest, DrainingAtTheEndHasOneTimeoutForAllBatches) {
  AlertmanagerDouble server;
  server.SetStatus(503);
  NotifierOptions options;
  options.batch_size = 1;
  auto notifier = Start(kPlain, {server.host()}, options);
  notifier->Send({MakeAlert("1"), MakeAlert("2"), MakeAlert("3"), MakeAlert("4"), MakeAlert("5")});
  clock_.AwaitWaiters(1);
  server.SetHanging(&clock_, 10 * kSecond);
  notifier->Stop();
  EXPECT_EQ(server.requests(), 2U) << "the failed one, and the one in which the time ran out";
}

TEST_F(NotifierTest, AnUnchangedConfigurationKeepsItsLoops) {
  AlertmanagerDouble server;
  server.SetStatus(503);
  const auto notifier = Start(kPlain, {server.host()});
  notifier->Send({MakeAlert("a")});
  server.WaitForRequests(1);
  notifier->ApplyConfig(ConfigOf(kPlain));
  EXPECT_EQ(notifier->Status().active.size(), 1U);
  server.SetStatus(200);
  clock_.AwaitWaiters(1);
  clock_.Advance(SendLoop::kFirstPauseMs);
  EXPECT_THAT(server.WaitForAlerts(1), testing::ElementsAre("a"));
}

TEST_F(NotifierTest, ASlowAlertmanagerDoesNotHoldUpTheOther) {
  test::HttpDouble slow([](const test::DoubleRequest&) {
    test::DoubleResponse response;
    response.hang = true;
    return response;
  });
  AlertmanagerDouble quick;
  NotifierOptions options;
  options.drain_on_shutdown = false;
  const auto notifier = Start(kPlain, {slow.host(), quick.host()}, options);
  for (int i = 0; i < 3; ++i) {
    notifier->Send({MakeAlert(std::to_string(i))});
  }
  EXPECT_THAT(quick.WaitForAlerts(3), testing::ElementsAre("0", "1", "2"));
}

}  // namespace
}  // namespace tocsin
