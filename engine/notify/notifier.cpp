#include "engine/notify/notifier.h"

#include "base/log.h"
#include "base/strings.h"

namespace tocsin {
namespace {

std::string PoolName(size_t index) { return Cat("config-", index); }

}  // namespace

std::vector<rules::OutgoingAlert> RelabelAlerts(const std::vector<rules::OutgoingAlert>& alerts, const Labels& external_labels,
                                                const std::vector<RelabelConfig>& relabel_configs) {
  std::vector<rules::OutgoingAlert> out;
  out.reserve(alerts.size());
  LabelsBuilder builder;
  for (const rules::OutgoingAlert& alert : alerts) {
    builder.Reset(alert.labels);
    for (const Label& label : external_labels) {
      if (!alert.labels.Has(label.name)) {
        builder.Set(label.name, label.value);
      }
    }
    if (!Relabel(relabel_configs, &builder)) {
      continue;
    }
    out.push_back(alert);
    out.back().labels = builder.Build();
  }
  return out;
}

Notifier::Notifier(const NotifierOptions& options, const Clock& clock, prometheus::Registry* registry)
    : options_(options), clock_(clock), metrics_(registry, options.queue_capacity) {}

Notifier::~Notifier() { Stop(); }

std::map<std::string, std::vector<SdConfig>> Notifier::AlertmanagerPools(const Config& config) {
  std::map<std::string, std::vector<SdConfig>> pools;
  for (size_t i = 0; i < config.alerting.alertmanagers.size(); ++i) {
    pools.emplace(PoolName(i), config.alerting.alertmanagers[i].discovery);
  }
  return pools;
}

void Notifier::ApplyConfig(const Config& config) {
  std::map<std::string, std::unique_ptr<AlertmanagerSet>> gone;
  const MutexLock lock(mu_);
  if (stopped_) {
    return;
  }
  std::erase_if(ending_, [](const auto& set) { return set->ended(); });
  external_labels_ = config.global.external_labels;
  relabel_configs_ = config.alerting.alert_relabel_configs;
  gone.swap(sets_);
  for (size_t i = 0; i < config.alerting.alertmanagers.size(); ++i) {
    const AlertmanagerConfig& wanted = config.alerting.alertmanagers[i];
    auto same = gone.begin();
    while (same != gone.end() && !(same->second->config() == wanted)) {
      ++same;
    }
    if (same != gone.end()) {
      sets_[PoolName(i)] = std::move(same->second);
      gone.erase(same);
    } else {
      sets_[PoolName(i)] =
          std::make_unique<AlertmanagerSet>(wanted, SendLoopOptions{options_.queue_capacity, options_.batch_size}, clock_, metrics_);
    }
  }
  for (auto& [name, set] : gone) {
    set->StopAll(options_.drain_on_shutdown);
    ending_.push_back(std::move(set));
  }
}

void Notifier::ApplyTargets(const DiscoveredSnapshot& found) {
  const MutexLock lock(mu_);
  if (stopped_) {
    return;
  }
  size_t active = 0;
  for (auto& [name, set] : sets_) {
    const auto pool = found->find(name);
    if (pool != found->end()) {
      set->Sync(pool->second->groups);
    }
    active += set->active().size();
  }
  metrics_.SetDiscovered(active);
}

void Notifier::Send(std::vector<rules::OutgoingAlert> alerts) {
  const MutexLock lock(mu_);
  if (stopped_) {
    return;
  }
  alerts = RelabelAlerts(alerts, external_labels_, relabel_configs_);
  if (alerts.empty()) {
    return;
  }
  for (auto& [name, set] : sets_) {
    set->Send(alerts);
  }
}

void Notifier::Stop() {
  std::map<std::string, std::unique_ptr<AlertmanagerSet>> sets;
  std::vector<std::unique_ptr<AlertmanagerSet>> ending;
  {
    const MutexLock lock(mu_);
    stopped_ = true;
    sets.swap(sets_);
    ending.swap(ending_);
  }
  for (auto& [name, set] : sets) {
    set->StopAll(options_.drain_on_shutdown);
  }
  // Their destructors wait for the loops.
}

AlertmanagersStatus Notifier::Status() const {
  AlertmanagersStatus status;
  const MutexLock lock(mu_);
  for (const auto& [name, set] : sets_) {
    status.active.insert(status.active.end(), set->active().begin(), set->active().end());
    status.dropped.insert(status.dropped.end(), set->dropped().begin(), set->dropped().end());
  }
  return status;
}

}  // namespace tocsin
