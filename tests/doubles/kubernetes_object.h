#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin::test {

/// One object of the fake API server: its JSON and what selectors look at.
struct KubernetesObject {
  std::string kind;
  std::string name_space;
  std::string name;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> fields;  ///< metadata.name, metadata.namespace, spec.nodeName, status.phase
  std::string json;                           ///< Without a resource version.
  int64_t version = 0;

  std::string key() const { return name_space + "/" + name; }
  /// The JSON with metadata.resourceVersion.
  std::string VersionedJson() const;
};

/// The objects of a JSON text: one object, an array, or an object with "items".
absl::StatusOr<std::vector<KubernetesObject>> ParseKubernetesObjects(std::string_view json);

/// "Pod" -> "pods"; "" when the kind is unknown.
std::string ResourceOfKind(std::string_view kind);
std::string KindOfResource(std::string_view resource);

/// What a path of the API names: "/api/v1/namespaces/default/pods", "/apis/discovery.k8s.io/v1/endpointslices".
struct KubernetesPath {
  std::string resource;
  std::string name_space;  ///< "": all.
};
std::optional<KubernetesPath> ParseKubernetesPath(std::string_view path);

/// Whether the object matches "a=b,c!=d,e,!f,g in (h,i)" and "metadata.name=x".
bool MatchesSelectors(const KubernetesObject& object, std::string_view label_selector, std::string_view field_selector);

}  // namespace tocsin::test
