#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "engine/config/discovery_config.h"
#include "engine/config/target_group.h"
#include "engine/discover/kubernetes/objects.h"

namespace tocsin {

/// All objects that one discoverer knows, by "namespace/name" (nodes and namespaces: "/name").
struct KubernetesObjects {
  template <typename T>
  using ByKey = std::map<std::string, T, std::less<>>;

  ByKey<KubernetesPod> pods;
  ByKey<KubernetesService> services;
  ByKey<KubernetesEndpoints> endpoints;  ///< Or slices, as the role has it.
  ByKey<KubernetesNode> nodes;
  ByKey<KubernetesIngress> ingresses;
  ByKey<KubernetesNamespace> namespaces;
  ByKey<KubernetesOwned> replica_sets;
  ByKey<KubernetesOwned> jobs;
};

/// Builds the target group of one object of the role, with upstream's labels.
class KubernetesTargetBuilder {
 public:
  /// Both outlive this.
  KubernetesTargetBuilder(const KubernetesSdConfig& config, const KubernetesObjects& objects) : config_(config), objects_(objects) {}

  /// Without targets when the object is gone or gives none.
  TargetGroup Build(const std::string& key) const;

  /// The keys of the role's objects that have to be built again after the given object has changed.
  std::set<std::string> AffectedByNode(std::string_view key) const;
  std::set<std::string> AffectedByNamespace(std::string_view key) const;
  std::set<std::string> AffectedByPod(const std::string& key) const;
  std::set<std::string> AffectedByService(const std::string& key) const;
  /// A ReplicaSet or Job.
  std::set<std::string> AffectedByOwner(std::string_view kind, std::string_view key) const;

 private:
  void BuildPod(const KubernetesPod& pod, TargetGroup* group) const;
  void BuildEndpoints(const KubernetesEndpoints& object, TargetGroup* group) const;
  Labels EndpointTarget(const KubernetesEndpoint& endpoint, const KubernetesPod* pod) const;
  void AddUnlistedPorts(const KubernetesPod& pod, const std::set<int64_t>& listed, std::vector<Labels>* out) const;
  void AddPodLabels(const KubernetesPod& pod, LabelPairs* out) const;
  void AddNodeLabels(std::string_view node_name, LabelPairs* out) const;
  void AddNamespaceLabels(std::string_view name_space, LabelPairs* out) const;

  const KubernetesSdConfig& config_;
  const KubernetesObjects& objects_;
};

}  // namespace tocsin
