#include "engine/discover/kubernetes/target_builder.h"

#include <algorithm>

#include "base/strings.h"
#include "engine/discover/host_port.h"

namespace tocsin {
namespace {

template <typename Map>
const typename Map::mapped_type* FindObject(const Map& map, std::string_view key) {
  const auto it = map.find(key);
  return it == map.end() ? nullptr : &it->second;
}

std::string_view SourcePrefix(KubernetesRole role) { return role == KubernetesRole::kService ? "svc" : ToString(role); }

// "ns/name" of an object in a namespace, "name" of a node.
std::string GroupSource(KubernetesRole role, const std::string& key) {
  return Cat(SourcePrefix(role), key.starts_with('/') ? "" : "/", key);
}

void AddContainerLabels(const KubernetesContainer& container, LabelPairs* out) {
  AddKubernetesLabel("pod_container_name", container.name, out);
  AddKubernetesLabel("pod_container_image", container.image, out);
  AddKubernetesLabel("pod_container_init", container.init ? "true" : "false", out);
}

void AddContainerPort(const KubernetesContainer::Port& port, std::string_view protocol, LabelPairs* out) {
  AddKubernetesLabel("pod_container_port_name", port.name, out);
  AddKubernetesLabel("pod_container_port_number", std::to_string(port.number), out);
  AddKubernetesLabel("pod_container_port_protocol", protocol, out);
}

template <typename Map, typename Predicate>
std::set<std::string> KeysWhere(const Map& map, Predicate predicate) {
  std::set<std::string> keys;
  for (const auto& [key, object] : map) {
    if (predicate(key, object)) {
      keys.insert(key);
    }
  }
  return keys;
}

}  // namespace

TargetGroup KubernetesTargetBuilder::Build(const std::string& key) const {
  TargetGroup group;
  group.source = GroupSource(config_.role, key);
  switch (config_.role) {
    case KubernetesRole::kPod:
      if (const KubernetesPod* pod = FindObject(objects_.pods, key)) {
        BuildPod(*pod, &group);
      }
      break;
    case KubernetesRole::kEndpoints:
    case KubernetesRole::kEndpointSlice:
      if (const KubernetesEndpoints* endpoints = FindObject(objects_.endpoints, key)) {
        BuildEndpoints(*endpoints, &group);
      }
      break;
    case KubernetesRole::kNode:
      if (const KubernetesNode* node = FindObject(objects_.nodes, key); node != nullptr && !node->target.empty()) {
        group.labels = node->labels;
        group.targets = {node->target};
      }
      break;
    case KubernetesRole::kService:
      if (const KubernetesService* service = FindObject(objects_.services, key)) {
        LabelPairs labels;
        AddLabels(service->labels, &labels);
        AddNamespaceLabels(service->labels.Get("__meta_kubernetes_namespace"), &labels);
        group.labels = Labels::FromPairs(std::move(labels));
        group.targets = service->targets;
      }
      break;
    case KubernetesRole::kIngress:
      if (const KubernetesIngress* ingress = FindObject(objects_.ingresses, key)) {
        LabelPairs labels;
        AddLabels(ingress->labels, &labels);
        AddNamespaceLabels(ingress->name_space, &labels);
        group.labels = Labels::FromPairs(std::move(labels));
        group.targets = ingress->targets;
      }
      break;
  }
  return group;
}

void KubernetesTargetBuilder::BuildPod(const KubernetesPod& pod, TargetGroup* group) const {
  // A pod that is starting or was evicted has no address; one on a node that the node selectors leave out is not wanted.
  if (pod.ip.empty() || (config_.attach_node && !objects_.nodes.contains(KubernetesKey("", pod.node_name)))) {
    return;
  }
  LabelPairs labels;
  AddPodLabels(pod, &labels);
  AddKubernetesLabel("namespace", pod.name_space, &labels);
  AddNodeLabels(pod.node_name, &labels);
  AddNamespaceLabels(pod.name_space, &labels);
  group->labels = Labels::FromPairs(std::move(labels));
  for (const KubernetesContainer& container : pod.containers) {
    LabelPairs common;
    AddContainerLabels(container, &common);
    AddKubernetesLabel("pod_container_id", container.id, &common);
    if (container.ports.empty()) {
      common.emplace_back("__address__", pod.ip);
      group->targets.push_back(Labels::FromPairs(std::move(common)));
      continue;
    }
    for (const KubernetesContainer::Port& port : container.ports) {
      LabelPairs target = common;
      target.emplace_back("__address__", JoinHostPort(pod.ip, port.number));
      AddContainerPort(port, port.protocol, &target);
      group->targets.push_back(Labels::FromPairs(std::move(target)));
    }
  }
}

void KubernetesTargetBuilder::BuildEndpoints(const KubernetesEndpoints& object, TargetGroup* group) const {
  LabelPairs labels;
  AddLabels(object.labels, &labels);
  const std::string service_key = KubernetesKey(object.name_space, object.service);
  const KubernetesService* service = object.service.empty() ? nullptr : FindObject(objects_.services, service_key);
  if (service != nullptr) {
    AddLabels(service->labels, &labels);
  }
  AddNamespaceLabels(object.name_space, &labels);
  group->labels = Labels::FromPairs(std::move(labels));
  // The second address family of a dual-stack service would double its targets.
  if (config_.role == KubernetesRole::kEndpointSlice && service != nullptr && !service->primary_ip_family.empty() &&
      service->primary_ip_family != object.address_type) {
    return;
  }
  std::map<std::string, std::set<int64_t>> listed_ports;  // by pod
  for (const KubernetesEndpoint& endpoint : object.endpoints) {
    const std::string pod_key = KubernetesKey(endpoint.target.name_space, endpoint.target.name);
    const KubernetesPod* pod = endpoint.target.kind == "Pod" ? FindObject(objects_.pods, pod_key) : nullptr;
    group->targets.push_back(EndpointTarget(endpoint, pod));
    if (pod != nullptr) {
      std::set<int64_t>& ports = listed_ports[pod_key];
      if (endpoint.port) {
        ports.insert(*endpoint.port);
      }
    }
  }
  for (const auto& [pod_key, ports] : listed_ports) {
    AddUnlistedPorts(*FindObject(objects_.pods, pod_key), ports, &group->targets);
  }
}

Labels KubernetesTargetBuilder::EndpointTarget(const KubernetesEndpoint& endpoint, const KubernetesPod* pod) const {
  LabelPairs target;
  AddLabels(endpoint.labels, &target);
  const bool slice = config_.role == KubernetesRole::kEndpointSlice;
  const bool is_node = endpoint.target.kind == "Node";
  if (is_node && (slice || !endpoint.node_name)) {
    AddNodeLabels(endpoint.target.name, &target);
  } else if (endpoint.node_name) {
    AddNodeLabels(*endpoint.node_name, &target);
  }
  if (pod != nullptr) {
    AddPodLabels(*pod, &target);
    for (const KubernetesContainer& container : pod->containers) {
      const auto port = std::find_if(container.ports.begin(), container.ports.end(),
                                     [&endpoint](const KubernetesContainer::Port& one) { return endpoint.port == one.number; });
      if (port != container.ports.end()) {
        AddContainerLabels(container, &target);
        AddContainerPort(*port, slice ? port->protocol : endpoint.port_protocol, &target);
      }
    }
  }
  return Labels::FromPairs(std::move(target));
}

void KubernetesTargetBuilder::AddUnlistedPorts(const KubernetesPod& pod, const std::set<int64_t>& listed, std::vector<Labels>* out) const {
  if (pod.ip.empty()) {
    return;
  }
  for (const KubernetesContainer& container : pod.containers) {
    for (const KubernetesContainer::Port& port : container.ports) {
      if (listed.contains(port.number)) {
        continue;
      }
      LabelPairs target;
      target.emplace_back("__address__", JoinHostPort(pod.ip, port.number));
      AddContainerLabels(container, &target);
      AddContainerPort(port, port.protocol, &target);
      AddPodLabels(pod, &target);
      out->push_back(Labels::FromPairs(std::move(target)));
    }
  }
}

void KubernetesTargetBuilder::AddPodLabels(const KubernetesPod& pod, LabelPairs* out) const {
  AddLabels(pod.labels, out);
  const std::string owner_key = KubernetesKey(pod.name_space, pod.owner.name);
  if (pod.owner.kind == "ReplicaSet" && config_.attach_deployment) {
    const KubernetesOwned* replica_set = FindObject(objects_.replica_sets, owner_key);
    if (replica_set != nullptr && replica_set->owner.kind == "Deployment") {
      AddKubernetesLabel("pod_deployment_name", replica_set->owner.name, out);
    }
  }
  if (pod.owner.kind != "Job") {
    return;
  }
  if (config_.attach_job) {
    AddKubernetesLabel("pod_job_name", pod.owner.name, out);
  }
  if (config_.attach_cronjob) {
    const KubernetesOwned* job = FindObject(objects_.jobs, owner_key);
    if (job != nullptr && job->owner.kind == "CronJob") {
      AddKubernetesLabel("pod_cronjob_name", job->owner.name, out);
    }
  }
}

void KubernetesTargetBuilder::AddNodeLabels(std::string_view node_name, LabelPairs* out) const {
  if (!config_.attach_node) {
    return;
  }
  if (const KubernetesNode* node = FindObject(objects_.nodes, KubernetesKey("", node_name))) {
    AddLabels(node->attached, out);
  }
}

void KubernetesTargetBuilder::AddNamespaceLabels(std::string_view name_space, LabelPairs* out) const {
  if (!config_.attach_namespace) {
    return;
  }
  if (const KubernetesNamespace* found = FindObject(objects_.namespaces, KubernetesKey("", name_space))) {
    AddLabels(found->labels, out);
  }
}

std::set<std::string> KubernetesTargetBuilder::AffectedByNode(std::string_view key) const {
  const std::string_view name = key.substr(1);
  std::set<std::string> keys =
      KeysWhere(objects_.endpoints, [name](const std::string&, const KubernetesEndpoints& one) { return one.RefersToNode(name); });
  if (config_.role == KubernetesRole::kPod) {
    keys = KeysWhere(objects_.pods, [name](const std::string&, const KubernetesPod& pod) { return pod.node_name == name; });
  }
  return keys;
}

std::set<std::string> KubernetesTargetBuilder::AffectedByNamespace(std::string_view key) const {
  const std::string prefix = Cat(key.substr(1), "/");
  const auto inside = [&prefix](const std::string& one, const auto&) { return one.starts_with(prefix); };
  switch (config_.role) {
    case KubernetesRole::kPod:
      return KeysWhere(objects_.pods, inside);
    case KubernetesRole::kService:
      return KeysWhere(objects_.services, inside);
    case KubernetesRole::kIngress:
      return KeysWhere(objects_.ingresses, inside);
    default:
      return KeysWhere(objects_.endpoints, inside);
  }
}

std::set<std::string> KubernetesTargetBuilder::AffectedByPod(const std::string& key) const {
  return KeysWhere(objects_.endpoints, [&key](const std::string&, const KubernetesEndpoints& one) { return one.RefersToPod(key); });
}

std::set<std::string> KubernetesTargetBuilder::AffectedByService(const std::string& key) const {
  return KeysWhere(objects_.endpoints, [&key](const std::string&, const KubernetesEndpoints& one) {
    return KubernetesKey(one.name_space, one.service) == key;
  });
}

std::set<std::string> KubernetesTargetBuilder::AffectedByOwner(std::string_view kind, std::string_view key) const {
  const std::set<std::string> pods = KeysWhere(objects_.pods, [&](const std::string&, const KubernetesPod& pod) {
    return pod.owner.kind == kind && KubernetesKey(pod.name_space, pod.owner.name) == key;
  });
  if (config_.role == KubernetesRole::kPod) {
    return pods;
  }
  std::set<std::string> keys;
  for (const std::string& pod : pods) {
    keys.merge(AffectedByPod(pod));
  }
  return keys;
}

}  // namespace tocsin
