#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/reader.h"
#include "base/model/labels.h"

namespace tocsin {

/// Labels under construction; of a name given twice the last one counts.
using LabelPairs = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view kKubernetesPrefix = "__meta_kubernetes_";

/// "namespace/name", the key of an object; "/name" for what has no namespace.
std::string KubernetesKey(std::string_view name_space, std::string_view name);
std::string KubernetesKey(const JsonValue& object);

/// The owner with controller = true.
struct KubernetesOwner {
  std::string kind;
  std::string name;

  bool operator==(const KubernetesOwner&) const = default;
};
KubernetesOwner ReadController(const JsonValue& object);

/// Every character outside [a-zA-Z0-9_] becomes '_'.
std::string SanitizeLabelName(std::string_view name);

/// Adds PREFIX_label_NAME, _labelpresent_NAME, _annotation_NAME, _annotationpresent_NAME of the object, with "__meta_kubernetes_" in front
/// of `resource` ("pod"); and PREFIX_name.
void AddMetaLabels(std::string_view resource, const JsonValue& object, LabelPairs* out);
/// Without the name, as a namespace's are attached.
void AddLabelsAndAnnotations(std::string_view resource, const JsonValue& object, LabelPairs* out);

/// Adds "__meta_kubernetes_NAME".
void AddKubernetesLabel(std::string_view name, std::string_view value, LabelPairs* out);

void AddLabels(const Labels& labels, LabelPairs* out);

}  // namespace tocsin
