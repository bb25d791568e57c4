#include "tests/doubles/kubernetes_object.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace tocsin::test {
namespace {

struct ResourceKind {
  std::string_view kind;
  std::string_view resource;
  std::string_view prefix;
};

constexpr std::array kResources = {
    ResourceKind{"Pod", "pods", "/api/v1"},
    ResourceKind{"Service", "services", "/api/v1"},
    ResourceKind{"Endpoints", "endpoints", "/api/v1"},
    ResourceKind{"Node", "nodes", "/api/v1"},
    ResourceKind{"Namespace", "namespaces", "/api/v1"},
    ResourceKind{"EndpointSlice", "endpointslices", "/apis/discovery.k8s.io/v1"},
    ResourceKind{"Ingress", "ingresses", "/apis/networking.k8s.io/v1"},
    ResourceKind{"ReplicaSet", "replicasets", "/apis/apps/v1"},
    ResourceKind{"Job", "jobs", "/apis/batch/v1"},
};

std::string_view TextAt(simdjson::dom::element element, std::string_view pointer) {
  std::string_view text;
  return element.at_pointer(pointer).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

KubernetesObject ObjectFrom(simdjson::dom::element element) {
  KubernetesObject object;
  object.kind = TextAt(element, "/kind");
  object.name_space = TextAt(element, "/metadata/namespace");
  object.name = TextAt(element, "/metadata/name");
  simdjson::dom::object labels;
  if (element.at_pointer("/metadata/labels").get(labels) == simdjson::SUCCESS) {
    for (const auto [name, value] : labels) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) {
        object.labels[std::string(name)] = text;
      }
    }
  }
  object.fields = {{"metadata.name", object.name},
                   {"metadata.namespace", object.name_space},
                   {"spec.nodeName", std::string(TextAt(element, "/spec/nodeName"))},
                   {"status.phase", std::string(TextAt(element, "/status/phase"))}};
  object.json = simdjson::minify(element);
  return object;
}

std::string_view TrimSpace(std::string_view text) {
  const size_t start = text.find_first_not_of(' ');
  return start == std::string_view::npos ? std::string_view() : text.substr(start, text.find_last_not_of(' ') - start + 1);
}

std::vector<std::string_view> SplitTerms(std::string_view selector) {
  std::vector<std::string_view> terms;
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i <= selector.size(); ++i) {
    if (i == selector.size() || (selector[i] == ',' && depth == 0)) {
      if (const std::string_view term = TrimSpace(selector.substr(start, i - start)); !term.empty()) {
        terms.push_back(term);
      }
      start = i + 1;
    } else {
      depth += selector[i] == '(' ? 1 : selector[i] == ')' ? -1 : 0;
    }
  }
  return terms;
}

bool InSet(std::string_view set, const std::string& value) {
  for (const std::string_view one : SplitTerms(set)) {
    if (one == value) {
      return true;
    }
  }
  return false;
}

bool MatchesTerm(const std::map<std::string, std::string>& values, std::string_view term) {
  const auto value_of = [&values](std::string_view name) {
    const auto it = values.find(std::string(TrimSpace(name)));
    return it == values.end() ? std::optional<std::string>() : std::optional<std::string>(it->second);
  };
  const size_t open = term.find('(');
  if (open != std::string_view::npos) {
    const bool negative = term.find(" notin ") != std::string_view::npos;
    const std::optional<std::string> value = value_of(term.substr(0, term.find(negative ? " notin" : " in")));
    const bool in = value && InSet(term.substr(open + 1, term.rfind(')') - open - 1), *value);
    return negative ? !in : in;
  }
  if (const size_t at = term.find("!="); at != std::string_view::npos) {
    return value_of(term.substr(0, at)).value_or("") != TrimSpace(term.substr(at + 2));
  }
  if (const size_t at = term.find('='); at != std::string_view::npos) {
    const std::string_view wanted = term.substr(term.substr(at).starts_with("==") ? at + 2 : at + 1);
    const std::optional<std::string> value = value_of(term.substr(0, at));
    return value && *value == TrimSpace(wanted);
  }
  return term.starts_with('!') ? !value_of(term.substr(1)) : value_of(term).has_value();
}

}  // namespace

std::string KubernetesObject::VersionedJson() const {
  // metadata is the first key of that name at the top level: labels and specs of the kinds here hold no such key before it.
  constexpr std::string_view kMetadata = "\"metadata\":{";
  const size_t at = json.find(kMetadata);
  if (at == std::string::npos) {
    return json;
  }
  const size_t behind = at + kMetadata.size();
  const std::string_view comma = json[behind] == '}' ? "" : ",";
  return Cat(json.substr(0, behind), "\"resourceVersion\":\"", version, "\"", comma, json.substr(behind));
}

absl::StatusOr<std::vector<KubernetesObject>> ParseKubernetesObjects(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(simdjson::error_message(error));
  }
  std::vector<KubernetesObject> objects;
  simdjson::dom::array items;
  if (root.get(items) == simdjson::SUCCESS || root.at_pointer("/items").get(items) == simdjson::SUCCESS) {
    for (const simdjson::dom::element item : items) {
      objects.push_back(ObjectFrom(item));
    }
  } else {
    objects.push_back(ObjectFrom(root));
  }
  for (const KubernetesObject& object : objects) {
    if (ResourceOfKind(object.kind).empty() || object.name.empty()) {
      return absl::InvalidArgumentError(Cat("an object needs a known kind and metadata.name: ", object.json.substr(0, 100)));
    }
  }
  return objects;
}

std::string ResourceOfKind(std::string_view kind) {
  for (const ResourceKind& one : kResources) {
    if (one.kind == kind) {
      return std::string(one.resource);
    }
  }
  return "";
}

std::string KindOfResource(std::string_view resource) {
  for (const ResourceKind& one : kResources) {
    if (one.resource == resource) {
      return std::string(one.kind);
    }
  }
  return "";
}

std::optional<KubernetesPath> ParseKubernetesPath(std::string_view path) {
  for (const ResourceKind& one : kResources) {
    if (!path.starts_with(one.prefix)) {
      continue;
    }
    std::string_view rest = path.substr(one.prefix.size());
    KubernetesPath found;
    constexpr std::string_view kNamespaces = "/namespaces/";
    if (rest.starts_with(kNamespaces)) {
      rest.remove_prefix(kNamespaces.size());
      found.name_space = rest.substr(0, rest.find('/'));
      rest.remove_prefix(found.name_space.size());
    }
    if (rest == Cat("/", one.resource)) {
      found.resource = one.resource;
      return found;
    }
  }
  return std::nullopt;
}

bool MatchesSelectors(const KubernetesObject& object, std::string_view label_selector, std::string_view field_selector) {
  const auto all = [](const std::map<std::string, std::string>& values, std::string_view selector) {
    const std::vector<std::string_view> terms = SplitTerms(selector);
    return std::all_of(terms.begin(), terms.end(), [&values](std::string_view term) { return MatchesTerm(values, term); });
  };
  return all(object.labels, label_selector) && all(object.fields, field_selector);
}

}  // namespace tocsin::test
