#include "engine/discover/kubernetes/object_meta.h"

#include "base/strings.h"

namespace tocsin {

std::string KubernetesKey(std::string_view name_space, std::string_view name) { return Cat(name_space, "/", name); }

std::string KubernetesKey(const JsonValue& object) {
  const JsonValue metadata = object["metadata"];
  return KubernetesKey(metadata["namespace"].text(), metadata["name"].text());
}

KubernetesOwner ReadController(const JsonValue& object) {
  for (const JsonValue& owner : object["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].boolean().value_or(false)) {
      return {std::string(owner["kind"].text()), std::string(owner["name"].text())};
    }
  }
  return {};
}

std::string SanitizeLabelName(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    const bool valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    c = valid ? c : '_';
  }
  return out;
}

void AddKubernetesLabel(std::string_view name, std::string_view value, LabelPairs* out) {
  out->emplace_back(Cat(kKubernetesPrefix, name), value);
}

void AddLabelsAndAnnotations(std::string_view resource, const JsonValue& object, LabelPairs* out) {
  const JsonValue metadata = object["metadata"];
  for (const auto& [name, value] : metadata["labels"].members()) {
    const std::string clean = SanitizeLabelName(name);
    AddKubernetesLabel(Cat(resource, "_label_", clean), value.text(), out);
    AddKubernetesLabel(Cat(resource, "_labelpresent_", clean), "true", out);
  }
  for (const auto& [name, value] : metadata["annotations"].members()) {
    const std::string clean = SanitizeLabelName(name);
    AddKubernetesLabel(Cat(resource, "_annotation_", clean), value.text(), out);
    AddKubernetesLabel(Cat(resource, "_annotationpresent_", clean), "true", out);
  }
}

void AddMetaLabels(std::string_view resource, const JsonValue& object, LabelPairs* out) {
  AddKubernetesLabel(Cat(resource, "_name"), object["metadata"]["name"].text(), out);
  AddLabelsAndAnnotations(resource, object, out);
}

void AddLabels(const Labels& labels, LabelPairs* out) {
  for (const Label label : labels) {
    out->emplace_back(label.name, label.value);
  }
}

}  // namespace tocsin
