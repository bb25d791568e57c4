#include "engine/scrape/scrape_pool.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/log.h"
#include "base/strings.h"
#include "engine/relabel/relabel.h"

namespace tocsin {

ScrapePool::ScrapePool(std::shared_ptr<const PoolSettings> settings, ScrapeRunner& runner, ScrapeMetrics& metrics)
    : job_(settings->config->job_name), runner_(runner), metrics_(metrics), settings_(std::move(settings)) {
  metrics_.target_limit.Add({{"scrape_job", job_}}).Set(static_cast<double>(settings_->config->limits.targets));
}

std::shared_ptr<const PoolSettings> ScrapePool::settings() const {
  MutexLock lock(mu_);
  return settings_;
}

uint64_t ScrapePool::discovered_version() const {
  MutexLock lock(mu_);
  return discovered_ == nullptr ? 0 : discovered_->version;
}

size_t ScrapePool::target_count() const {
  MutexLock lock(mu_);
  return targets_.size();
}

std::vector<ScrapeTargetPtr> ScrapePool::targets() const {
  std::vector<ScrapeTargetPtr> list;
  MutexLock lock(mu_);
  for (const auto& [key, target] : targets_) {
    list.push_back(target);
  }
  return list;
}

ScrapePool::Made ScrapePool::MakeTargets(const DiscoveredPool& discovered, const ScrapeConfig& config) const {
  Made made;
  for (const TargetGroupPtr& group : discovered.groups) {
    for (size_t i = 0; i < group->targets.size(); ++i) {
      absl::StatusOr<std::optional<Target>> target = MakeTarget(group, i, config);
      if (!target.ok()) {
        ++made.failures;
        LogError("Creating target failed",
                 {{"scrape_pool", job_}, {"err", Cat("instance ", i, " in group ", group->source, ": ", Message(target.status()))}});
      } else if (!target->has_value()) {
        ++made.dropped_count;
        if (config.limits.keep_dropped_targets == 0 || made.dropped.size() < config.limits.keep_dropped_targets) {
          made.dropped.push_back({group, i});
        }
      } else {
        std::string key = (*target)->Key();
        made.targets.emplace(std::move(key), std::make_shared<const Target>(**std::move(target)));
      }
    }
  }
  return made;
}

/// Distinct names and values in the labels of the targets.
size_t ScrapePool::CountSymbols(const Made& made) {
  absl::flat_hash_set<std::string_view> symbols;
  for (const auto& [key, target] : made.targets) {
    for (const Label label : target->labels) {
      symbols.insert(label.name);
      symbols.insert(label.value);
    }
  }
  return symbols.size();
}

void ScrapePool::Sync(std::shared_ptr<const DiscoveredPool> discovered) {
  std::shared_ptr<const PoolSettings> settings;
  {
    MutexLock lock(mu_);
    discovered_ = discovered;
    settings = settings_;
  }
  Made made = MakeTargets(*discovered, *settings->config);
  metrics_.sync_failed.Add({{"scrape_job", job_}}).Increment(static_cast<double>(made.failures));
  metrics_.symbols.Add({{"scrape_job", job_}}).Set(static_cast<double>(CountSymbols(made)));
  Replace(std::move(made));
  metrics_.pool_syncs.Add({{"scrape_job", job_}}).Increment();
}

void ScrapePool::Reload(std::shared_ptr<const PoolSettings> settings) {
  std::shared_ptr<const DiscoveredPool> discovered;
  {
    MutexLock lock(mu_);
    settings_ = settings;
    discovered = discovered_;
  }
  metrics_.pool_reloads.Increment();
  metrics_.target_limit.Add({{"scrape_job", job_}}).Set(static_cast<double>(settings->config->limits.targets));
  if (discovered != nullptr) {
    Replace(MakeTargets(*discovered, *settings->config));
  }
}

void ScrapePool::Replace(Made made) {
  std::vector<ScrapeTargetPtr> gone;
  std::vector<ScrapeTargetPtr> fresh;
  {
    MutexLock lock(mu_);
    std::erase_if(targets_, [&](const auto& entry) {
      if (made.targets.contains(entry.first)) {
        return false;
      }
      gone.push_back(entry.second);
      return true;
    });
  }
  // Before the new ones begin: a target whose labels changed only in ways its series do not show takes over its old state.
  for (const ScrapeTargetPtr& target : gone) {
    runner_.End(target);
  }
  {
    MutexLock lock(mu_);
    for (auto& [key, target] : made.targets) {
      ScrapeTargetPtr& entry = targets_[key];
      if (entry != nullptr) {
        entry->Refresh(target, settings_);
        continue;
      }
      std::shared_ptr<ScrapeState> state = runner_.Adopt(*target);
      entry = std::make_shared<ScrapeTarget>(target, settings_, state != nullptr ? std::move(state) : std::make_shared<ScrapeState>());
      fresh.push_back(entry);
    }
    dropped_ = std::move(made.dropped);
    dropped_count_ = made.dropped_count;
    CheckTargetLimit();
    metrics_.pool_targets.Add({{"scrape_job", job_}}).Set(static_cast<double>(targets_.size()));
  }
  for (const ScrapeTargetPtr& target : fresh) {
    runner_.Begin(target);
  }
}

void ScrapePool::CheckTargetLimit() {
  const uint64_t limit = settings_->config->limits.targets;
  std::string error;
  if (limit > 0 && targets_.size() > limit) {
    metrics_.exceeded_target_limit.Increment();
    error = Cat("target_limit exceeded (number of targets: ", targets_.size(), ", limit: ", limit, ")");
  }
  for (const auto& [key, target] : targets_) {
    target->ForceError(error);
  }
}

void ScrapePool::End() {
  for (const ScrapeTargetPtr& target : targets()) {
    runner_.Drop(target);
  }
  const auto forget = [this](auto& family, auto... arguments) { family.Remove(&family.Add({{"scrape_job", job_}}, arguments...)); };
  forget(metrics_.target_limit);
  forget(metrics_.pool_targets);
  forget(metrics_.pool_syncs);
  forget(metrics_.sync_failed);
  forget(metrics_.symbols);
  forget(metrics_.sync_length, TargetQuantiles());
  forget(metrics_.sync_length_histogram, TargetBounds());
  forget(metrics_.metadata_entries);
  forget(metrics_.metadata_bytes);
}

void ScrapePool::AddStatus(const ScrapeManager::Options& options, TargetsStatus* status) const {
  std::vector<DroppedRef> dropped;
  std::shared_ptr<const ScrapeConfig> config;
  {
    MutexLock lock(mu_);
    dropped = dropped_;
    config = settings_->config;
    status->dropped_counts[job_] = dropped_count_;
  }
  for (const ScrapeTargetPtr& target : targets()) {
    const std::shared_ptr<const Target> definition = target->target();
    ScrapeTarget::Status last = target->status();
    ActiveTarget active;
    active.discovered_labels = DiscoveredLabels(*definition->group, definition->index, *config);
    active.labels = definition->public_labels;
    active.scrape_pool = job_;
    active.scrape_url = definition->url;
    active.global_url = GlobalUrl(definition->url, options);
    active.last_error = std::move(last.last_error);
    active.last_scrape = last.last_scrape;
    active.last_scrape_duration_seconds = last.last_duration_seconds;
    active.health = last.health;
    active.scrape_interval_ms = definition->interval_ms;
    active.scrape_timeout_ms = definition->timeout_ms;
    active.refused_series = last.refused;
    status->active.push_back(std::move(active));
  }
  for (const DroppedRef& ref : dropped) {
    DroppedTarget one;
    one.discovered_labels = DiscoveredLabels(*ref.group, ref.index, *config);
    one.scrape_pool = job_;
    const std::vector<RelabelStep> steps = TraceRelabel(config->relabel_configs, one.discovered_labels);
    if (!steps.empty() && !steps.back().keep) {
      one.rule_index = steps.size() - 1;
      one.dropped_by = DescribeRelabel(*steps.back().rule);
    }
    status->dropped.push_back(std::move(one));
  }
}

void ScrapePool::SetMetadataGauges() const {
  size_t entries = 0;
  size_t bytes = 0;
  for (const ScrapeTargetPtr& target : targets()) {
    entries += target->state()->metadata().size();
    bytes += target->state()->metadata().TextBytes();
  }
  metrics_.metadata_entries.Add({{"scrape_job", job_}}).Set(static_cast<double>(entries));
  metrics_.metadata_bytes.Add({{"scrape_job", job_}}).Set(static_cast<double>(bytes));
}

bool ScrapePool::first_round_done() const {
  {
    MutexLock lock(mu_);
    if (discovered_ == nullptr || !discovered_->answered) {
      return false;
    }
  }
  const std::vector<ScrapeTargetPtr> all = targets();
  return std::all_of(all.begin(), all.end(), [](const ScrapeTargetPtr& target) { return target->status().last_scrape != 0; });
}

}  // namespace tocsin
