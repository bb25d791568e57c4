#include "engine/discover/discovery_manager.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "engine/discover/create_discoverer.h"
#include "engine/discover/discovery_metrics.h"

namespace tocsin {
namespace {

// The first step of the growing time between updates that keep coming.
constexpr DurationMs kFirstDelayMs = 100;

}  // namespace

struct DiscoveryManager::Impl {
  // One running discoverer, and where it leaves its groups.
  struct Provider : TargetSink {
    explicit Provider(Impl& owner) : impl(owner) {}

    void Update(std::vector<TargetGroupPtr> groups) override { impl.OnGroups(*this, std::move(groups)); }

    Impl& impl;
    SdConfig config;
    std::unique_ptr<Discoverer> discoverer;
    StopToken stop;
    std::thread thread;
    // Under the mutex of impl:
    std::set<std::string> pools;
    std::map<std::string, TargetGroupPtr> groups;  // by source
    bool answered = false;
  };
  using ProviderPtr = std::unique_ptr<Provider>;

  Impl(Options opts, const Clock& a_clock, prometheus::Registry& registry, OnUpdate callback)
      : options(std::move(opts)), clock(a_clock), metrics(registry, options.name), on_update(std::move(callback)) {
    sender = std::thread([this] { SendLoop(); });
  }

  void OnGroups(Provider& provider, std::vector<TargetGroupPtr> groups);
  void Apply(const std::map<std::string, std::vector<SdConfig>>& wanted);
  Provider* FindOrStart(const SdConfig& config, const std::string& pool, std::vector<Provider*>* started) REQUIRES(mu);
  std::vector<ProviderPtr> TakeUnwanted() REQUIRES(mu);
  static void StopAndJoin(std::vector<ProviderPtr> providers);
  void RebuildPools() REQUIRES(mu);
  std::shared_ptr<const DiscoveredPool> BuildPool(const std::string& name) REQUIRES(mu);
  void SendLoop();
  void Stop();

  const Options options;
  const Clock& clock;
  DiscoveryMetrics metrics;
  const OnUpdate on_update;
  StopToken stop;

  Mutex apply_mu;  // one ApplyConfig or Stop at a time; taken before mu
  Mutex mu;
  CondVar changed;
  bool stopping GUARDED_BY(mu) = false;
  std::vector<ProviderPtr> providers GUARDED_BY(mu);
  std::map<std::string, std::vector<SdConfig>> pools GUARDED_BY(mu);
  std::set<std::string> dirty GUARDED_BY(mu);  // pools
  bool unsent GUARDED_BY(mu) = false;          // the snapshot has something that on_update has not been given
  uint64_t last_version GUARDED_BY(mu) = 0;
  DiscoveredSnapshot snapshot GUARDED_BY(mu) = std::make_shared<const DiscoveredPools>();
  std::thread sender;
};

void DiscoveryManager::Impl::OnGroups(Provider& provider, std::vector<TargetGroupPtr> groups) {
  metrics.CountReceived();
  MutexLock lock(mu);
  bool news = !provider.answered;
  provider.answered = true;
  for (TargetGroupPtr& group : groups) {
    const auto it = provider.groups.find(group->source);
    if (group->targets.empty()) {
      if (it != provider.groups.end()) {
        provider.groups.erase(it);
        news = true;
      }
    } else if (it == provider.groups.end() || !(*it->second == *group)) {
      provider.groups.insert_or_assign(group->source, std::move(group));
      news = true;
    }
  }
  if (news) {
    dirty.insert(provider.pools.begin(), provider.pools.end());
    changed.NotifyAll();
  }
}

DiscoveryManager::Impl::Provider* DiscoveryManager::Impl::FindOrStart(const SdConfig& config, const std::string& pool,
                                                                      std::vector<Provider*>* started) {
  for (const ProviderPtr& provider : providers) {
    if (provider->config == config) {
      return provider.get();
    }
  }
  auto provider = std::make_unique<Provider>(*this);
  provider->config = config;
  provider->discoverer = CreateDiscoverer(config, {clock, metrics, pool});
  if (provider->discoverer == nullptr) {
    return nullptr;
  }
  started->push_back(provider.get());
  return providers.emplace_back(std::move(provider)).get();
}

std::vector<DiscoveryManager::Impl::ProviderPtr> DiscoveryManager::Impl::TakeUnwanted() {
  std::vector<ProviderPtr> unwanted;
  std::vector<ProviderPtr> kept;
  for (ProviderPtr& provider : providers) {
    (provider->pools.empty() ? unwanted : kept).push_back(std::move(provider));
  }
  providers = std::move(kept);
  return unwanted;
}

void DiscoveryManager::Impl::StopAndJoin(std::vector<ProviderPtr> old) {
  for (const ProviderPtr& provider : old) {
    provider->stop.Stop();
  }
  for (const ProviderPtr& provider : old) {
    if (provider->thread.joinable()) {
      provider->thread.join();
    }
  }
}

void DiscoveryManager::Impl::Apply(const std::map<std::string, std::vector<SdConfig>>& wanted) {
  MutexLock apply_lock(apply_mu);
  std::vector<ProviderPtr> unwanted;
  std::vector<Provider*> started;
  {
    MutexLock lock(mu);
    if (stopping) {
      return;
    }
    for (const ProviderPtr& provider : providers) {
      provider->pools.clear();
    }
    for (const auto& [pool, configs] : wanted) {
      const auto before = pools.find(pool);
      if (before == pools.end() || before->second != configs) {
        dirty.insert(pool);
      }
      for (const SdConfig& config : configs) {
        if (Provider* provider = FindOrStart(config, pool, &started)) {
          provider->pools.insert(pool);
        }
      }
    }
    for (const auto& [pool, configs] : pools) {
      if (!wanted.contains(pool)) {
        metrics.ForgetPool(pool);
      }
    }
    pools = wanted;
    unsent = true;
    unwanted = TakeUnwanted();
    RebuildPools();
    changed.NotifyAll();
  }
  metrics.SetFailedConfigs(0);
  for (Provider* provider : started) {
    provider->thread = std::thread([provider] { provider->discoverer->Run(*provider, provider->stop); });
  }
  StopAndJoin(std::move(unwanted));
}

std::shared_ptr<const DiscoveredPool> DiscoveryManager::Impl::BuildPool(const std::string& name) {
  auto pool = std::make_shared<DiscoveredPool>();
  pool->version = ++last_version;
  pool->answered = true;
  size_t targets = 0;
  for (const ProviderPtr& provider : providers) {
    if (!provider->pools.contains(name)) {
      continue;
    }
    pool->answered = pool->answered && provider->answered;
    for (const auto& [source, group] : provider->groups) {
      pool->groups.push_back(group);
      targets += group->targets.size();
    }
  }
  for (const SdConfig& config : pools[name]) {
    if (const auto* foreign = std::get_if<ForeignSdConfig>(&config)) {
      pool->unsupported.push_back(foreign->mechanism);
    }
  }
  metrics.SetDiscoveredTargets(name, static_cast<double>(targets));
  metrics.SetUnsupported(name, static_cast<double>(pool->unsupported.size()));
  return pool;
}

void DiscoveryManager::Impl::RebuildPools() {
  auto next = std::make_shared<DiscoveredPools>();
  for (const auto& [name, configs] : pools) {
    const auto before = snapshot->find(name);
    (*next)[name] = before == snapshot->end() || dirty.contains(name) ? BuildPool(name) : before->second;
  }
  dirty.clear();
  snapshot = std::move(next);
}

// Sends at once after a quiet time; while news keep coming, after growing delays.
void DiscoveryManager::Impl::SendLoop() {
  DurationMs delay = 0;
  TimestampMs last_sent = kMinTimestamp;
  for (;;) {
    {
      MutexLock lock(mu);
      while (!stopping && dirty.empty() && !unsent) {
        changed.Wait(mu);
      }
      if (stopping) {
        return;
      }
    }
    const TimestampMs now = clock.NowMs();
    const bool quiet = last_sent == kMinTimestamp || now < last_sent || now - last_sent >= options.update_interval_ms;
    delay = quiet ? 0 : std::min(std::max(kFirstDelayMs, 2 * delay), options.update_interval_ms);
    if (now < last_sent + delay && !quiet) {
      metrics.CountDelayed();
      clock.WaitUntil(last_sent + delay, stop);
    }
    DiscoveredSnapshot to_send;
    {
      MutexLock lock(mu);
      if (stopping) {
        return;
      }
      RebuildPools();
      unsent = false;
      to_send = snapshot;
    }
    last_sent = clock.NowMs();
    metrics.CountSent();
    for (const auto& [name, pool] : *to_send) {
      metrics.SetUpdated(name, static_cast<double>(last_sent) / 1000);
    }
    on_update(to_send);
  }
}

void DiscoveryManager::Impl::Stop() {
  MutexLock apply_lock(apply_mu);
  std::vector<ProviderPtr> old;
  {
    MutexLock lock(mu);
    stopping = true;
    old = std::move(providers);
    providers.clear();
    changed.NotifyAll();
  }
  stop.Stop();
  StopAndJoin(std::move(old));
  if (sender.joinable()) {
    sender.join();
  }
}

DiscoveryManager::DiscoveryManager(Options options, const Clock& clock, prometheus::Registry& registry, OnUpdate on_update)
    : impl_(std::make_unique<Impl>(std::move(options), clock, registry, std::move(on_update))) {}

DiscoveryManager::~DiscoveryManager() { Stop(); }

void DiscoveryManager::ApplyConfig(const std::map<std::string, std::vector<SdConfig>>& pools) { impl_->Apply(pools); }

DiscoveredSnapshot DiscoveryManager::snapshot() const {
  MutexLock lock(impl_->mu);
  return impl_->snapshot;
}

DiscoveredSnapshot DiscoveryManager::FreshSnapshot() {
  MutexLock lock(impl_->mu);
  impl_->unsent = impl_->unsent || !impl_->dirty.empty();
  impl_->RebuildPools();
  return impl_->snapshot;
}

void DiscoveryManager::Stop() { impl_->Stop(); }

}  // namespace tocsin
