#include <algorithm>

#include "base/strings.h"
#include "engine/discover/host_port.h"
#include "engine/discover/kubernetes/objects.h"

namespace tocsin {
namespace {

std::string LowerText(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(tolower(c)); });
  return out;
}

std::string PodReady(const JsonValue& status) {
  for (const JsonValue& condition : status["conditions"].items()) {
    if (condition["type"].text() == "Ready") {
      return LowerText(condition["status"].text());
    }
  }
  return "unknown";
}

std::string_view ContainerId(const std::vector<JsonValue>& statuses, std::string_view name) {
  for (const JsonValue& status : statuses) {
    if (status["name"].text() == name) {
      return status["containerID"].text();
    }
  }
  return {};
}

void ReadContainers(const JsonValue& containers, const JsonValue& statuses, bool init, std::vector<KubernetesContainer>* out) {
  const std::vector<JsonValue> all_statuses = statuses.items();
  for (const JsonValue& one : containers.items()) {
    KubernetesContainer& container = out->emplace_back();
    container.name = one["name"].text();
    container.image = one["image"].text();
    container.id = ContainerId(all_statuses, container.name);
    container.init = init;
    for (const JsonValue& port : one["ports"].items()) {
      container.ports.push_back(
          {std::string(port["name"].text()), port["containerPort"].integer().value_or(0), std::string(port["protocol"].text())});
    }
  }
}

// InternalIP first, HostName last; nothing when the node has none of them.
std::string NodeAddress(const std::vector<JsonValue>& addresses) {
  for (const std::string_view type : {"InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"}) {
    for (const JsonValue& address : addresses) {
      if (address["type"].text() == type) {
        return std::string(address["address"].text());
      }
    }
  }
  return {};
}

}  // namespace

KubernetesPod KubernetesPod::Read(const JsonValue& object) {
  const JsonValue spec = object["spec"];
  const JsonValue status = object["status"];
  KubernetesPod pod;
  pod.name_space = object["metadata"]["namespace"].text();
  pod.ip = status["podIP"].text();
  pod.node_name = spec["nodeName"].text();
  pod.owner = ReadController(object);
  LabelPairs labels;
  AddKubernetesLabel("pod_ip", pod.ip, &labels);
  AddKubernetesLabel("pod_ready", PodReady(status), &labels);
  AddKubernetesLabel("pod_phase", status["phase"].text(), &labels);
  AddKubernetesLabel("pod_node_name", pod.node_name, &labels);
  AddKubernetesLabel("pod_host_ip", status["hostIP"].text(), &labels);
  AddKubernetesLabel("pod_uid", object["metadata"]["uid"].text(), &labels);
  AddMetaLabels("pod", object, &labels);
  AddKubernetesLabel("pod_controller_kind", pod.owner.kind, &labels);
  AddKubernetesLabel("pod_controller_name", pod.owner.name, &labels);
  pod.labels = Labels::FromPairs(std::move(labels));
  ReadContainers(spec["containers"], status["containerStatuses"], false, &pod.containers);
  ReadContainers(spec["initContainers"], status["initContainerStatuses"], true, &pod.containers);
  return pod;
}

KubernetesNode KubernetesNode::Read(const JsonValue& object) {
  const JsonValue status = object["status"];
  KubernetesNode node;
  LabelPairs labels;
  AddMetaLabels("node", object, &labels);
  node.attached = Labels::FromPairs(labels);
  AddKubernetesLabel("node_provider_id", object["spec"]["providerID"].text(), &labels);
  for (const JsonValue& condition : status["conditions"].items()) {
    AddKubernetesLabel(Cat("node_condition_", SanitizeLabelName(LowerText(condition["type"].text()))),
                       LowerText(condition["status"].text()), &labels);
  }
  node.labels = Labels::FromPairs(std::move(labels));
  const std::vector<JsonValue> addresses = status["addresses"].items();
  const std::string address = NodeAddress(addresses);
  if (address.empty()) {
    return node;
  }
  LabelPairs target;
  const int64_t port = status["daemonEndpoints"]["kubeletEndpoint"]["Port"].integer().value_or(0);
  target.emplace_back("__address__", JoinHostPort(address, port));
  target.emplace_back("instance", object["metadata"]["name"].text());
  // The first address of each type: the last pair of a name counts, so they go in backwards.
  for (auto one = addresses.rbegin(); one != addresses.rend(); ++one) {
    AddKubernetesLabel(Cat("node_address_", SanitizeLabelName((*one)["type"].text())), (*one)["address"].text(), &target);
  }
  node.target = Labels::FromPairs(std::move(target));
  return node;
}

KubernetesNamespace KubernetesNamespace::Read(const JsonValue& object) {
  LabelPairs labels;
  AddLabelsAndAnnotations("namespace", object, &labels);
  return {Labels::FromPairs(std::move(labels))};
}

KubernetesOwned KubernetesOwned::Read(const JsonValue& object) { return {ReadController(object)}; }

}  // namespace tocsin
