#include "engine/notify/alertmanager_set.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/status.h"
#include "base/text/quote.h"
#include "engine/notify/notifier.h"

namespace tocsin {
namespace {

constexpr std::string_view kAddressLabel = "__address__";
constexpr std::string_view kSchemeLabel = "__scheme__";
constexpr std::string_view kPathLabel = "__alerts_path__";

/// "/" + prefix + "/api/v2/alerts" without empty parts.
std::string PostPath(std::string_view prefix) {
  std::string path;
  while (!prefix.empty()) {
    const size_t slash = std::min(prefix.find('/'), prefix.size());
    if (slash > 0) {
      Append(&path, "/", prefix.substr(0, slash));
    }
    prefix.remove_prefix(std::min(slash + 1, prefix.size()));
  }
  return path + "/api/v2/alerts";
}

}  // namespace

absl::StatusOr<std::vector<AlertmanagerEndpoint>> EndpointsOf(const TargetGroup& group, const AlertmanagerConfig& config) {
  std::vector<AlertmanagerEndpoint> endpoints;
  LabelsBuilder builder;
  for (const Labels& target : group.targets) {
    builder.Reset(target);
    builder.Set(kSchemeLabel, config.scheme);
    builder.Set(kPathLabel, PostPath(config.path_prefix));
    for (const Label& label : group.labels) {
      if (!target.Has(label.name)) {
        builder.Set(label.name, label.value);
      }
    }
    const Labels before = builder.Build();
    AlertmanagerEndpoint endpoint;
    endpoint.keep = Relabel(config.relabel_configs, &builder);
    const Labels labels = endpoint.keep ? builder.Build() : before;
    const std::string_view address = labels.Get(kAddressLabel);
    if (endpoint.keep && (address.empty() || address.find('/') != std::string_view::npos)) {
      return absl::InvalidArgumentError(Cat(GoQuoted(address), " is not a valid hostname"));
    }
    const std::string_view path = labels.Get(kPathLabel);
    endpoint.url = Cat(labels.Get(kSchemeLabel), "://", address, path.starts_with('/') ? "" : "/", path);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

AlertmanagerSet::AlertmanagerSet(const AlertmanagerConfig& config, const SendLoopOptions& options, const Clock& clock,
                                 NotifyMetrics& metrics)
    : config_(config), options_(options), clock_(clock), metrics_(metrics), client_(std::make_shared<HttpClient>(config.http, clock)) {}

void AlertmanagerSet::Sync(const std::vector<TargetGroupPtr>& groups) {
  std::erase_if(ending_, [](const auto& loop) { return loop->ended(); });
  std::set<std::string> seen;
  active_.clear();
  dropped_.clear();
  for (const TargetGroupPtr& group : groups) {
    const auto endpoints = EndpointsOf(*group, config_);
    if (!endpoints.ok()) {
      LogError("Creating discovered Alertmanagers failed", {{"err", endpoints.status()}});
      continue;
    }
    for (const AlertmanagerEndpoint& endpoint : *endpoints) {
      if (!endpoint.keep) {
        dropped_.push_back(endpoint.url);
      } else if (seen.insert(endpoint.url).second) {
        active_.push_back(endpoint.url);
      }
    }
  }
  for (const std::string& url : active_) {
    if (!loops_.contains(url)) {
      loops_[url] = std::make_unique<SendLoop>(url, config_.timeout_ms, options_, client_, clock_, metrics_);
    }
  }
  for (auto it = loops_.begin(); it != loops_.end();) {
    if (seen.contains(it->first)) {
      ++it;
      continue;
    }
    it->second->Stop(/*drain=*/true);
    ending_.push_back(std::move(it->second));
    it = loops_.erase(it);
  }
}

void AlertmanagerSet::Send(const std::vector<rules::OutgoingAlert>& alerts) {
  const std::vector<rules::OutgoingAlert> own =
      config_.alert_relabel_configs.empty() ? alerts : RelabelAlerts(alerts, Labels(), config_.alert_relabel_configs);
  for (auto& [url, loop] : loops_) {
    loop->Add(own);
  }
}

void AlertmanagerSet::StopAll(bool drain) {
  for (auto& [url, loop] : loops_) {
    loop->Stop(drain);
  }
}

bool AlertmanagerSet::ended() const {
  return std::all_of(loops_.begin(), loops_.end(), [](const auto& loop) { return loop.second->ended(); }) &&
         std::all_of(ending_.begin(), ending_.end(), [](const auto& loop) { return loop->ended(); });
}

}  // namespace tocsin
