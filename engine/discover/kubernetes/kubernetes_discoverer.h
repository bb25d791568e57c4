#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/discover/create_discoverer.h"
#include "engine/discover/kubernetes/api_client.h"
#include "engine/discover/kubernetes/object_feed.h"
#include "engine/discover/kubernetes/target_builder.h"

namespace tocsin {

/// `kubernetes_sd_configs`. For each resource that the role needs, a reflector on its own thread keeps a map of objects; the thread of
/// Run() builds the target groups of those that changed, once all lists have arrived.
class KubernetesDiscoverer : public Discoverer {
 public:
  KubernetesDiscoverer(KubernetesSdConfig config, const DiscovererContext& context);

  void Run(TargetSink& sink, const StopToken& stop) override;

 private:
  using MarkDirty = std::function<std::set<std::string>(const std::string& key)>;

  std::unique_ptr<KubernetesApiClient> Connect(const StopToken& stop, std::string* own_namespace);
  void AddFeeds(const std::string& own_namespace);
  void AddRoleFeeds(const std::string& name_space);
  void AddAttachedFeeds(const std::string& name_space);
  template <typename T>
  void AddFeed(const std::string& resource, const std::string& name_space, KubernetesObjects::ByKey<T>& objects,
               T (*read)(const JsonValue&), MarkDirty mark);
  void StartReflectors(KubernetesApiClient& client, const StopToken& stop, std::vector<std::thread>* threads);
  void PublishLoop(TargetSink& sink, const StopToken& stop);

  // What a reflector needs, in the order of construction.
  struct Feed {
    std::string path;
    KubernetesSelector selector;
    std::unique_ptr<ResourceListener> listener;
    std::unique_ptr<Reflector> reflector;
  };

  const KubernetesSdConfig config_;
  const Clock& clock_;
  DiscoveryMetrics& metrics_;
  const std::string pool_;

  Mutex mu_;
  CondVar changed_;
  KubernetesObjects objects_;  // guarded by mu_, also within the feeds
  const KubernetesTargetBuilder builder_;
  std::map<std::string, int64_t> dirty_ GUARDED_BY(mu_);  // since when, monotonic ns
  const DiscoveryMetrics::WorkQueue queue_;
  std::set<size_t> synced_ GUARDED_BY(mu_);  // indices of feeds
  std::vector<Feed> feeds_;
};

}  // namespace tocsin
