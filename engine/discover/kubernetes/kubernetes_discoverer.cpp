#include "engine/discover/kubernetes/kubernetes_discoverer.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/summary.h>

#include <chrono>

#include "base/log.h"
#include "engine/config/config.h"

namespace tocsin {
namespace {

constexpr DurationMs kConnectWaitMs = 5 * kSecond;
// How soon a stopped discoverer ends.
constexpr std::chrono::milliseconds kStopLook{250};

std::string_view ApiPrefix(std::string_view resource) {
  return resource == "endpointslices" ? "/apis/discovery.k8s.io/v1"
         : resource == "ingresses"    ? "/apis/networking.k8s.io/v1"
         : resource == "replicasets"  ? "/apis/apps/v1"
         : resource == "jobs"         ? "/apis/batch/v1"
                                      : "/api/v1";
}

// The role whose selectors and event counts a resource has; "" for those that have none.
std::string_view RoleOfResource(std::string_view resource) {
  return resource == "pods"             ? "pod"
         : resource == "nodes"          ? "node"
         : resource == "services"       ? "service"
         : resource == "endpoints"      ? "endpoints"
         : resource == "endpointslices" ? "endpointslice"
         : resource == "ingresses"      ? "ingress"
                                        : "";
}

std::string_view EventName(ObjectChange change) {
  return change == ObjectChange::kAdded ? "add" : change == ObjectChange::kUpdated ? "update" : "delete";
}

std::set<std::string> Itself(const std::string& key) { return {key}; }

}  // namespace

KubernetesDiscoverer::KubernetesDiscoverer(KubernetesSdConfig config, const DiscovererContext& context)
    : config_(std::move(config)),
      clock_(context.clock),
      metrics_(context.metrics),
      pool_(context.pool),
      builder_(config_, objects_),
      queue_(metrics_.KubernetesWorkQueue(ToString(config_.role))) {}

void KubernetesDiscoverer::Run(TargetSink& sink, const StopToken& stop) {
  std::string own_namespace;
  const std::unique_ptr<KubernetesApiClient> client = Connect(stop, &own_namespace);
  if (client == nullptr) {
    return;
  }
  AddFeeds(own_namespace);
  std::vector<std::thread> threads;
  StartReflectors(*client, stop, &threads);
  PublishLoop(sink, stop);
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// Until the credentials can be read: a service account may be mounted late, a kubeconfig be written later.
std::unique_ptr<KubernetesApiClient> KubernetesDiscoverer::Connect(const StopToken& stop, std::string* own_namespace) {
  const auto resolve = [this] { return ResolveKubernetesAccess(config_, ReadEnvironment, kServiceAccountFolder); };
  while (!stop.stopped()) {
    absl::StatusOr<KubernetesAccess> access = resolve();
    if (access.ok()) {
      *own_namespace = access->own_namespace;
      return std::make_unique<KubernetesApiClient>(*std::move(access), resolve, clock_, metrics_);
    }
    LogError("Cannot create service discovery", {{"type", "kubernetes"}, {"config", pool_}, {"err", access.status()}});
    metrics_.CountKubernetesFailure();
    clock_.WaitUntil(clock_.NowMs() + kConnectWaitMs, stop);
  }
  return nullptr;
}

template <typename T>
void KubernetesDiscoverer::AddFeed(const std::string& resource, const std::string& name_space, KubernetesObjects::ByKey<T>& objects,
                                   T (*read)(const JsonValue&), MarkDirty mark) {
  const size_t index = feeds_.size();
  Feed& feed = feeds_.emplace_back();
  feed.path = Cat(ApiPrefix(resource), name_space.empty() ? "" : Cat("/namespaces/", name_space), "/", resource);
  const std::string_view role = RoleOfResource(resource);
  for (const KubernetesSelector& selector : config_.selectors) {
    if (ToString(selector.role) == role) {
      feed.selector = selector;
    }
  }
  const auto on_change = [this, role, mark = std::move(mark)](const std::string& key, ObjectChange change) NO_THREAD_SAFETY_ANALYSIS {
    if (!role.empty()) {
      metrics_.CountKubernetesEvent(role, EventName(change));
    }
    for (const std::string& affected : mark(key)) {
      const bool added = dirty_.try_emplace(affected, clock_.MonotonicNs()).second;
      queue_.depth.Increment(added ? 1 : 0);
      queue_.items.Increment(added ? 1 : 0);
    }
    changed_.NotifyAll();
  };
  const auto on_synced = [this, index]() NO_THREAD_SAFETY_ANALYSIS {
    synced_.insert(index);
    changed_.NotifyAll();
  };
  feed.listener = std::make_unique<ObjectFeed<T>>(mu_, objects, name_space, read, on_change, on_synced);
}

void KubernetesDiscoverer::AddFeeds(const std::string& own_namespace) {
  std::vector<std::string> namespaces = config_.namespaces;
  if (config_.own_namespace && !own_namespace.empty()) {
    namespaces.push_back(own_namespace);
  }
  if (namespaces.empty()) {
    namespaces.emplace_back();  // all
  }
  const bool role_is_node = config_.role == KubernetesRole::kNode;
  const bool attaches_nodes = config_.role != KubernetesRole::kService && config_.role != KubernetesRole::kIngress;
  if (role_is_node || (config_.attach_node && attaches_nodes)) {
    AddFeed<KubernetesNode>(
        "nodes", "", objects_.nodes, KubernetesNode::Read,
        role_is_node ? MarkDirty(Itself) : [this](const std::string& key) { return builder_.AffectedByNode(key); });
  }
  if (config_.attach_namespace && !role_is_node) {
    AddFeed<KubernetesNamespace>("namespaces", "", objects_.namespaces, KubernetesNamespace::Read,
                                 [this](const std::string& key) { return builder_.AffectedByNamespace(key); });
  }
  for (const std::string& name_space : namespaces) {
    AddRoleFeeds(name_space);
  }
}

void KubernetesDiscoverer::AddRoleFeeds(const std::string& name_space) {
  switch (config_.role) {
    case KubernetesRole::kNode:
      return;
    case KubernetesRole::kPod:
      AddFeed<KubernetesPod>("pods", name_space, objects_.pods, KubernetesPod::Read, Itself);
      AddAttachedFeeds(name_space);
      return;
    case KubernetesRole::kService:
      AddFeed<KubernetesService>("services", name_space, objects_.services, KubernetesService::Read, Itself);
      return;
    case KubernetesRole::kIngress:
      AddFeed<KubernetesIngress>("ingresses", name_space, objects_.ingresses, KubernetesIngress::Read, Itself);
      return;
    case KubernetesRole::kEndpoints:
    case KubernetesRole::kEndpointSlice:
      break;
  }
  const bool slices = config_.role == KubernetesRole::kEndpointSlice;
  AddFeed<KubernetesEndpoints>(slices ? "endpointslices" : "endpoints", name_space, objects_.endpoints,
                               slices ? KubernetesEndpoints::ReadSlice : KubernetesEndpoints::Read, Itself);
  AddFeed<KubernetesService>("services", name_space, objects_.services, KubernetesService::Read,
                             [this](const std::string& key) { return builder_.AffectedByService(key); });
  AddFeed<KubernetesPod>("pods", name_space, objects_.pods, KubernetesPod::Read,
                         [this](const std::string& key) { return builder_.AffectedByPod(key); });
  AddAttachedFeeds(name_space);
}

void KubernetesDiscoverer::AddAttachedFeeds(const std::string& name_space) {
  if (config_.attach_deployment) {
    AddFeed<KubernetesOwned>("replicasets", name_space, objects_.replica_sets, KubernetesOwned::Read,
                             [this](const std::string& key) { return builder_.AffectedByOwner("ReplicaSet", key); });
  }
  if (config_.attach_job || config_.attach_cronjob) {
    AddFeed<KubernetesOwned>("jobs", name_space, objects_.jobs, KubernetesOwned::Read,
                             [this](const std::string& key) { return builder_.AffectedByOwner("Job", key); });
  }
}

void KubernetesDiscoverer::StartReflectors(KubernetesApiClient& client, const StopToken& stop, std::vector<std::thread>* threads) {
  for (Feed& feed : feeds_) {
    feed.reflector =
        std::make_unique<Reflector>(feed.path, feed.selector.label, feed.selector.field, client, *feed.listener, clock_, metrics_);
    threads->emplace_back([&reflector = *feed.reflector, &stop] { reflector.Run(stop); });
  }
}

void KubernetesDiscoverer::PublishLoop(TargetSink& sink, const StopToken& stop) {
  bool answered = false;
  while (!stop.stopped()) {
    std::vector<TargetGroupPtr> groups;
    {
      MutexLock lock(mu_);
      const bool ready = synced_.size() == feeds_.size();
      if (!ready || (dirty_.empty() && answered)) {
        changed_.WaitFor(mu_, kStopLook);
        continue;
      }
      int64_t now_ns = clock_.MonotonicNs();
      for (const auto& [key, since_ns] : dirty_) {
        queue_.latency.Observe(static_cast<double>(now_ns - since_ns) / 1e9);
        groups.push_back(std::make_shared<const TargetGroup>(builder_.Build(key)));
        const int64_t done_ns = clock_.MonotonicNs();
        queue_.work_duration.Observe(static_cast<double>(done_ns - now_ns) / 1e9);
        now_ns = done_ns;
      }
      queue_.depth.Decrement(static_cast<double>(dirty_.size()));
      dirty_.clear();
    }
    answered = true;
    sink.Update(std::move(groups));
  }
}

}  // namespace tocsin
