#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json/reader.h"
#include "engine/config/target_group_text.h"
#include "engine/discover/kubernetes/access.h"
#include "engine/discover/kubernetes/target_builder.h"

namespace {

// Every object is read as each kind, and targets are built of all of them for every role.
void ReadAsAllKinds(const tocsin::JsonValue& object, tocsin::KubernetesObjects* objects) {
  const std::string key = tocsin::KubernetesKey(object);
  objects->pods[key] = tocsin::KubernetesPod::Read(object);
  objects->services[key] = tocsin::KubernetesService::Read(object);
  objects->endpoints[key] = tocsin::KubernetesEndpoints::Read(object);
  objects->endpoints[key + "-slice"] = tocsin::KubernetesEndpoints::ReadSlice(object);
  objects->nodes[key] = tocsin::KubernetesNode::Read(object);
  objects->ingresses[key] = tocsin::KubernetesIngress::Read(object);
  objects->namespaces[key] = tocsin::KubernetesNamespace::Read(object);
  objects->replica_sets[key] = tocsin::KubernetesOwned::Read(object);
  objects->jobs[key] = tocsin::KubernetesOwned::Read(object);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)tocsin::ParseTargetGroupsJson(text);
  (void)tocsin::ParseTargetGroupsYaml(text, "targets.yml");
  (void)tocsin::ParseKubeconfig(text, "/nowhere");
  tocsin::JsonDocument document;
  const auto root = document.Parse(text);
  if (!root.ok()) {
    return 0;
  }
  tocsin::KubernetesObjects objects;
  ReadAsAllKinds(*root, &objects);
  for (const tocsin::JsonValue& item : (*root)["items"].items()) {
    ReadAsAllKinds(item, &objects);
  }
  tocsin::KubernetesSdConfig config;
  config.attach_node = config.attach_namespace = config.attach_deployment = config.attach_cronjob = config.attach_job = true;
  for (int role = 0; role <= static_cast<int>(tocsin::KubernetesRole::kIngress); ++role) {
    config.role = static_cast<tocsin::KubernetesRole>(role);
    const tocsin::KubernetesTargetBuilder builder(config, objects);
    for (const auto& [key, pod] : objects.endpoints) {
      (void)builder.Build(key);
      (void)builder.AffectedByPod(key);
      (void)builder.AffectedByNamespace(key);
      (void)builder.AffectedByNode(key);
    }
  }
  return 0;
}
