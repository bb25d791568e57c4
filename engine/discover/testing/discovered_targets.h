#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>

#include "base/mutex.h"
#include "engine/discover/discovery_manager.h"

namespace tocsin::test {

/// The addresses of all targets of a pool.
inline std::multiset<std::string> AddressesOf(const DiscoveredPools& pools, const std::string& pool) {
  std::multiset<std::string> addresses;
  const auto it = pools.find(pool);
  if (it != pools.end()) {
    for (const TargetGroupPtr& group : it->second->groups) {
      for (const Labels& target : group->targets) {
        addresses.emplace(target.Get("__address__"));
      }
    }
  }
  return addresses;
}

/// Takes the updates of a manager and lets a test wait for the picture that it expects.
/// Threads: safe.
class SnapshotWaiter {
 public:
  using Condition = std::function<bool(const DiscoveredPools& pools)>;

  DiscoveryManager::OnUpdate callback() {
    return [this](const DiscoveredSnapshot& snapshot) {
      MutexLock lock(mu_);
      last_ = snapshot;
      changed_.NotifyAll();
    };
  }

  /// The first snapshot that meets the condition; the test fails when none does for a long time.
  DiscoveredSnapshot WaitFor(const Condition& condition) {
    MutexLock lock(mu_);
    for (int looks = 0; last_ == nullptr || !condition(*last_); ++looks) {
      if (looks == kLooksMax) {
        ADD_FAILURE() << "the expected targets did not come";
        return std::make_shared<const DiscoveredPools>();
      }
      changed_.WaitFor(mu_, std::chrono::milliseconds(100));
    }
    return last_;
  }

 private:
  static constexpr int kLooksMax = 600;

  Mutex mu_;
  CondVar changed_;
  DiscoveredSnapshot last_ GUARDED_BY(mu_);
};

}  // namespace tocsin::test
