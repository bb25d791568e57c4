#include "engine/scrape/scrape_manager.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "engine/scrape/exposition/content_type.h"
#include "engine/scrape/scrape_pool.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {
namespace {

constexpr DurationMs kGaugesEveryMs = 30 * kSecond;

}  // namespace

class ScrapeManager::Impl {
 public:
  Impl(Options options, Appendable& storage, const Clock& clock, prometheus::Registry& registry)
      : options_(std::move(options)), clock_(clock), metrics_(registry), runner_(options_, storage, clock, metrics_) {
    ScheduleGauges();
  }

  void ApplyConfig(const std::shared_ptr<const Config>& config);
  void UpdateTargets(const DiscoveredSnapshot& discovered);
  void Stop() {
    MutexLock change(change_mu_);
    runner_.Stop();
  }

  TargetsStatus targets() const;
  std::vector<std::shared_ptr<ScrapePool>> pools() const;
  std::shared_ptr<ScrapePool> pool(std::string_view name) const;
  bool first_round_done() const;

 private:
  std::shared_ptr<const PoolSettings> MakeSettings(std::shared_ptr<const ScrapeConfig> config, const PoolSettings* previous)
      REQUIRES(change_mu_);
  std::shared_ptr<FailureLog> OpenFailureLog(const std::string& path) REQUIRES(change_mu_);
  void ApplyJob(const std::shared_ptr<const ScrapeConfig>& job) REQUIRES(change_mu_);
  void Sync() REQUIRES(change_mu_);
  void ScheduleGauges();

  const Options options_;
  const Clock& clock_;
  ScrapeMetrics metrics_;
  ScrapeRunner runner_;

  Mutex change_mu_;  ///< One change at a time. Before mu_.
  std::map<std::string, std::shared_ptr<FailureLog>> failure_logs_ GUARDED_BY(change_mu_);
  DiscoveredSnapshot discovered_ GUARDED_BY(change_mu_);

  mutable Mutex mu_;
  std::map<std::string, std::shared_ptr<ScrapePool>, std::less<>> pools_ GUARDED_BY(mu_);
  mutable std::atomic<bool> first_round_done_{false};
};

std::shared_ptr<FailureLog> ScrapeManager::Impl::OpenFailureLog(const std::string& path) {
  if (path.empty()) {
    return nullptr;
  }
  std::shared_ptr<FailureLog>& log = failure_logs_[path];
  if (log == nullptr) {
    absl::StatusOr<std::shared_ptr<FailureLog>> opened = FailureLog::Open(path);
    if (!opened.ok()) {
      LogError("Cannot open the scrape failure log", {{"err", opened.status()}});
      return nullptr;
    }
    log = *std::move(opened);
  }
  return log;
}

std::shared_ptr<const PoolSettings> ScrapeManager::Impl::MakeSettings(std::shared_ptr<const ScrapeConfig> config,
                                                                      const PoolSettings* previous) {
  auto settings = std::make_shared<PoolSettings>();
  settings->client =
      previous != nullptr && previous->config->http == config->http ? previous->client : std::make_shared<HttpClient>(config->http, clock_);
  settings->failure_log = OpenFailureLog(config->scrape_failure_log_file);
  settings->accept = AcceptHeader(config->scrape_protocols, config->name_escaping_scheme);
  settings->config = std::move(config);
  return settings;
}

void ScrapeManager::Impl::ApplyJob(const std::shared_ptr<const ScrapeConfig>& job) {
  const std::shared_ptr<ScrapePool> known = pool(job->job_name);
  if (known == nullptr) {
    metrics_.pools.Increment();
    auto made = std::make_shared<ScrapePool>(MakeSettings(job, nullptr), runner_, metrics_);
    MutexLock lock(mu_);
    pools_[job->job_name] = std::move(made);
    return;
  }
  const std::shared_ptr<const PoolSettings> before = known->settings();
  std::shared_ptr<const PoolSettings> now = MakeSettings(job, before.get());
  if (*before->config == *job && before->failure_log == now->failure_log) {
    return;
  }
  const int64_t start_ns = clock_.MonotonicNs();
  known->Reload(std::move(now));
  metrics_.reload_length.Add({{"interval", IntervalText(job->scrape_interval_ms)}}, TargetQuantiles())
      .Observe(static_cast<double>(clock_.MonotonicNs() - start_ns) / 1e9);
}

void ScrapeManager::Impl::ApplyConfig(const std::shared_ptr<const Config>& config) {
  MutexLock change(change_mu_);
  const std::string seed = options_.host_name + config->global.external_labels.ToString();
  runner_.set_offset_seed(XXH3_64bits(seed.data(), seed.size()));
  failure_logs_.clear();  // They are opened anew with each configuration, so that they can be rotated.
  std::map<std::string, std::shared_ptr<ScrapePool>, std::less<>> gone;
  {
    MutexLock lock(mu_);
    gone = pools_;
  }
  for (const ScrapeConfig& job : config->scrape_configs) {
    gone.erase(job.job_name);
    // It lives as long as the configuration that holds it.
    ApplyJob(std::shared_ptr<const ScrapeConfig>(config, &job));
  }
  for (const auto& [name, pool] : gone) {
    pool->End();
    MutexLock lock(mu_);
    pools_.erase(name);
  }
  Sync();
}

void ScrapeManager::Impl::UpdateTargets(const DiscoveredSnapshot& discovered) {
  MutexLock change(change_mu_);
  discovered_ = discovered;
  Sync();
}

/// Gives each pool what discovery has for it, where that is new.
void ScrapeManager::Impl::Sync() {
  if (discovered_ == nullptr) {
    return;
  }
  size_t targets = 0;
  for (const std::shared_ptr<ScrapePool>& pool : pools()) {
    const std::string& name = pool->settings()->config->job_name;
    const auto found = discovered_->find(name);
    if (found != discovered_->end() && found->second->version != pool->discovered_version()) {
      const int64_t start_ns = clock_.MonotonicNs();
      pool->Sync(found->second);
      const double seconds = static_cast<double>(clock_.MonotonicNs() - start_ns) / 1e9;
      metrics_.sync_length.Add({{"scrape_job", name}}, TargetQuantiles()).Observe(seconds);
      metrics_.sync_length_histogram.Add({{"scrape_job", name}}, TargetBounds()).Observe(seconds);
    }
    targets += pool->target_count();
  }
  runner_.SetTargetCount(targets);
}

/// The sizes of what targets tell of their metrics change slowly: they are counted now and then.
void ScrapeManager::Impl::ScheduleGauges() {
  runner_.RunAt(clock_.NowMs() + kGaugesEveryMs, [this] {
    for (const std::shared_ptr<ScrapePool>& pool : pools()) {
      pool->SetMetadataGauges();
    }
    ScheduleGauges();
  });
}

std::vector<std::shared_ptr<ScrapePool>> ScrapeManager::Impl::pools() const {
  std::vector<std::shared_ptr<ScrapePool>> list;
  MutexLock lock(mu_);
  for (const auto& [name, pool] : pools_) {
    list.push_back(pool);
  }
  return list;
}

std::shared_ptr<ScrapePool> ScrapeManager::Impl::pool(std::string_view name) const {
  MutexLock lock(mu_);
  const auto found = pools_.find(name);
  return found == pools_.end() ? nullptr : found->second;
}

TargetsStatus ScrapeManager::Impl::targets() const {
  TargetsStatus status;
  for (const std::shared_ptr<ScrapePool>& pool : pools()) {
    const size_t first = status.active.size();
    pool->AddStatus(options_, &status);
    std::sort(status.active.begin() + static_cast<ptrdiff_t>(first), status.active.end(),
              [](const ActiveTarget& a, const ActiveTarget& b) { return a.scrape_url < b.scrape_url; });
  }
  return status;
}

bool ScrapeManager::Impl::first_round_done() const {
  if (!first_round_done_) {
    const std::vector<std::shared_ptr<ScrapePool>> all = pools();
    first_round_done_ = std::all_of(all.begin(), all.end(), [](const auto& pool) { return pool->first_round_done(); });
  }
  return first_round_done_;
}

ScrapeManager::ScrapeManager(Options options, Appendable& storage, const Clock& clock, prometheus::Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), storage, clock, registry)) {}
ScrapeManager::~ScrapeManager() { Stop(); }

void ScrapeManager::ApplyConfig(std::shared_ptr<const Config> config) { impl_->ApplyConfig(config); }
void ScrapeManager::UpdateTargets(const DiscoveredSnapshot& discovered) { impl_->UpdateTargets(discovered); }
void ScrapeManager::Stop() { impl_->Stop(); }
TargetsStatus ScrapeManager::targets() const { return impl_->targets(); }
bool ScrapeManager::first_round_done() const { return impl_->first_round_done(); }

std::vector<std::string> ScrapeManager::pool_names() const {
  std::vector<std::string> names;
  for (const std::shared_ptr<ScrapePool>& pool : impl_->pools()) {
    names.push_back(pool->settings()->config->job_name);
  }
  return names;
}

std::shared_ptr<const ScrapeConfig> ScrapeManager::pool_config(std::string_view name) const {
  const std::shared_ptr<ScrapePool> pool = impl_->pool(name);
  return pool == nullptr ? nullptr : pool->settings()->config;
}

void ScrapeManager::VisitMetadata(const std::function<void(const TargetMetadata&)>& visit) const {
  for (const std::shared_ptr<ScrapePool>& pool : impl_->pools()) {
    for (const ScrapeTargetPtr& target : pool->targets()) {
      TargetMetadata metadata;
      metadata.scrape_pool = pool->settings()->config->job_name;
      metadata.labels = target->target()->public_labels;
      metadata.families = target->state()->metadata().List();
      visit(metadata);
    }
  }
}

}  // namespace tocsin
