#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <fstream>
#include <map>
#include <random>

#include "base/log.h"
#include "base/strings.h"
#include "engine/discover/discovery_manager.h"
#include "engine/discover/testing/discovered_targets.h"
#include "tests/doubles/fake_kubernetes.h"

namespace tocsin {
namespace {

constexpr int kStormPods = 2000;
constexpr int kStormSteps = 3000;

struct StormPod {
  int address = 0;  // 0: none yet
  int revision = 0;
};

std::string StormPodJson(int index, const StormPod& pod) {
  const std::string ip = pod.address == 0 ? "" : Cat("10.", pod.address / 65536, ".", pod.address / 256 % 256, ".", pod.address % 256);
  return Cat(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"pod-)", index, R"(","namespace":"ns-)", index % 7,
             R"(","labels":{"revision":")", pod.revision,
             R"("}},"spec":{"containers":[{"name":"c","ports":[{"name":"metrics","containerPort":6000}]}]},"status":{"podIP":")", ip,
             R"("}})");
}

// "address revision" of every target.
std::multiset<std::string> Expected(const std::map<int, StormPod>& pods) {
  std::multiset<std::string> targets;
  for (const auto& [index, pod] : pods) {
    if (pod.address != 0) {
      targets.insert(Cat("10.", pod.address / 65536, ".", pod.address / 256 % 256, ".", pod.address % 256, ":6000 ", pod.revision));
    }
  }
  return targets;
}

std::multiset<std::string> Found(const DiscoveredPools& pools) {
  std::multiset<std::string> targets;
  if (const auto it = pools.find("job"); it != pools.end()) {
    for (const TargetGroupPtr& group : it->second->groups) {
      targets.insert(Cat(group->targets[0].Get("__address__"), " ", group->labels.Get("__meta_kubernetes_pod_label_revision")));
    }
  }
  return targets;
}

class KubernetesStormTest : public testing::Test {
 protected:
  KubernetesStormTest() {
    std::ofstream(token_file_) << "token-0";
    fake_->SetToken("token-0");
    for (int i = 0; i < kStormPods; ++i) {
      Put(i, {i + 1, 0});
    }
    KubernetesSdConfig config;
    config.api_server = fake_->url();
    AuthorizationOptions bearer;
    bearer.credentials_file = token_file_;
    config.http.authorization = std::make_shared<const AuthorizationOptions>(bearer);
    manager_.ApplyConfig({{"job", {config}}});
  }
  ~KubernetesStormTest() override { manager_.Stop(); }

  void Put(int index, const StormPod& pod) {
    pods_[index] = pod;
    ASSERT_TRUE(fake_->Apply(StormPodJson(index, pod)).ok());
  }

  void Step() {
    const int index = static_cast<int>(random_() % (kStormPods + 200));
    const uint64_t action = random_() % 100;
    const auto pod = pods_.find(index);
    if (action < 45 && pod != pods_.end()) {
      Put(index, {pod->second.address, pod->second.revision + 1});
    } else if (action < 70 && pod != pods_.end()) {
      pods_.erase(pod);
      EXPECT_TRUE(fake_->Delete("Pod", Cat("ns-", index % 7), Cat("pod-", index)));
    } else if (action < 96) {
      Put(index, {static_cast<int>(random_() % 100'000), 0});
    } else if (action == 96) {
      fake_->CloseWatches();
    } else if (action == 97) {
      fake_->SendBookmarks();
    } else if (action == 98 && random_() % 20 == 0) {
      fake_->Expire();
      ++expected_lists_;
      fake_->TruncateNext(1);
      ++expected_lists_;
    } else if (action == 99 && random_() % 20 == 0) {
      const std::string token = Cat("token-", ++tokens_);
      fake_->SetToken(token);
      fake_->CloseWatches();
      std::ofstream(token_file_) << token;
    }
  }

  const std::string token_file_ = testing::TempDir() + "kubernetes_storm_token";
  std::mt19937_64 random_{20260817};
  std::map<int, StormPod> pods_;
  int tokens_ = 0;
  int expected_lists_ = 1;
  std::unique_ptr<test::FakeKubernetes> fake_ = *test::FakeKubernetes::Start();
  SystemClock clock_;
  prometheus::Registry registry_;
  test::SnapshotWaiter waiter_;
  DiscoveryManager manager_{{"scrape", 100}, clock_, registry_, waiter_.callback()};
};

TEST_F(KubernetesStormTest, TargetsAreThoseOfTheObjectsAfterEachStorm) {
  waiter_.WaitFor([this](const DiscoveredPools& pools) { return Found(pools) == Expected(pods_); });
  for (int storm = 0; storm < 3; ++storm) {
    for (int i = 0; i < kStormSteps / 3; ++i) {
      Step();
    }
    waiter_.WaitFor([this](const DiscoveredPools& pools) { return Found(pools) == Expected(pods_); });
  }
  // No storm of lists: one at the start, and those that expired versions and broken answers made necessary.
  const test::FakeKubernetes::Counts counts = fake_->counts();
  EXPECT_LE(counts.lists.at("pods"), expected_lists_);
  RecordProperty("lists", counts.lists.at("pods"));
  RecordProperty("watches", counts.watches.at("pods"));
}

}  // namespace
}  // namespace tocsin
