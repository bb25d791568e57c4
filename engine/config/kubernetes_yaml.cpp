#include "engine/config/kubernetes_yaml.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/strings.h"
#include "base/text/quote.h"
#include "engine/config/http_yaml.h"
#include "engine/config/url_check.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 6> kRoleNames = {"node", "pod", "service", "endpoints", "endpointslice", "ingress"};

// "" is a role that was left out; false when the name is unknown.
bool RoleOf(std::string_view name, KubernetesRole* out) {
  const auto* found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  if (found == kRoleNames.end()) {
    return false;
  }
  *out = static_cast<KubernetesRole>(found - kRoleNames.begin());
  return true;
}

std::vector<KubernetesRole> AllowedSelectors(KubernetesRole role) {
  using enum KubernetesRole;
  switch (role) {
    case kPod:
      return {kPod, kNode};
    case kEndpointSlice:
      return {kPod, kService, kEndpointSlice};
    case kEndpoints:
      return {kPod, kService, kEndpoints};
    default:
      return {role};
  }
}

std::string_view Trim(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\n\r");
  if (start == std::string_view::npos) {
    return {};
  }
  return text.substr(start, text.find_last_not_of(" \t\n\r") - start + 1);
}

}  // namespace

std::string_view ToString(KubernetesRole role) { return kRoleNames[static_cast<size_t>(role)]; }

static std::string GoTypeName(const KubernetesSelector*) { return "kubernetes.SelectorConfig"; }
static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, KubernetesSelector* out) {
  yaml::StructReader reader(decoder, node, "kubernetes.SelectorConfig");
  std::string role;
  reader.Field("role", &role).Field("label", &out->label).Field("field", &out->field);
  if (reader.Finish() && !RoleOf(role, &out->role)) {
    decoder.Fail(node, Cat("unknown Kubernetes SD role ", GoQuoted(role)));
  }
}

namespace {

void ReadNamespaces(yaml::Decoder& decoder, const yaml::Node* node, KubernetesSdConfig* out) {
  if (node != nullptr && !node->IsNull()) {
    yaml::StructReader reader(decoder, *node, "kubernetes.plain");
    reader.Field("own_namespace", &out->own_namespace).Field("names", &out->namespaces).Finish();
  }
}

void ReadAttachMetadata(yaml::Decoder& decoder, const yaml::Node* node, KubernetesSdConfig* out) {
  if (node != nullptr && !node->IsNull()) {
    yaml::StructReader reader(decoder, *node, "kubernetes.AttachMetadataConfig");
    reader.Field("node", &out->attach_node)
        .Field("namespace", &out->attach_namespace)
        .Field("deployment", &out->attach_deployment)
        .Field("job", &out->attach_job)
        .Field("cronjob", &out->attach_cronjob)
        .Finish();
  }
}

std::string_view AccessProblem(const KubernetesSdConfig& config) {
  const bool own_http = !(config.http == HttpClientOptions());
  const bool kubeconfig = !config.kubeconfig_file.empty();
  const bool api_server = !config.api_server.empty();
  if (api_server && kubeconfig) {
    return "cannot use 'kubeconfig_file' and 'api_server' simultaneously";
  }
  if (kubeconfig && own_http) {
    return "cannot use a custom HTTP client configuration together with 'kubeconfig_file'";
  }
  if (!api_server && own_http) {
    return "to use custom HTTP client configuration please provide the 'api_server' URL explicitly";
  }
  if (api_server && config.own_namespace) {
    return "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously";
  }
  if (kubeconfig && config.own_namespace) {
    return "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously";
  }
  return {};
}

void CheckSelectors(yaml::Decoder& decoder, const yaml::Node& node, const KubernetesSdConfig& config) {
  const std::vector<KubernetesRole> allowed = AllowedSelectors(config.role);
  std::set<KubernetesRole> seen;
  for (const KubernetesSelector& selector : config.selectors) {
    if (!seen.insert(selector.role).second) {
      decoder.Fail(node, Cat("duplicated selector role: ", ToString(selector.role)));
    }
    if (std::find(allowed.begin(), allowed.end(), selector.role) == allowed.end()) {
      std::string names;
      for (const KubernetesRole role : allowed) {
        Append(&names, names.empty() ? "" : ", ", ToString(role));
      }
      decoder.Fail(node, Cat(ToString(config.role), " role supports only ", names, " selectors"));
    }
    decoder.Check(node, CheckFieldSelector(selector.field));
    decoder.Check(node, CheckLabelSelector(selector.label));
  }
}

}  // namespace

std::string GoTypeName(const KubernetesSdConfig*) { return "*kubernetes.SDConfig"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, KubernetesSdConfig* out) {
  *out = KubernetesSdConfig{};
  yaml::StructReader reader(decoder, node, "kubernetes.plain");
  std::string role;
  const yaml::Node* role_node = reader.Take("role");
  if (role_node != nullptr) {
    yaml::Read(decoder, *role_node, &role);
  }
  reader.Field("api_server", &out->api_server).Field("kubeconfig_file", &out->kubeconfig_file).Field("selectors", &out->selectors);
  HttpFields http(decoder, node, reader, &out->http);
  ReadNamespaces(decoder, reader.Take("namespaces"), out);
  ReadAttachMetadata(decoder, reader.Take("attach_metadata"), out);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (role_node == nullptr || role_node->IsNull()) {
    decoder.Fail(node, "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
    return;
  }
  if (!RoleOf(role, &out->role)) {
    decoder.Fail(*role_node, Cat("unknown Kubernetes SD role ", GoQuoted(role)));
    return;
  }
  if (!out->api_server.empty()) {
    decoder.Check(*node.Find("api_server"), ParseUrl(out->api_server).status());
  }
  if (!http.Validate()) {
    return;
  }
  if (const std::string_view problem = AccessProblem(*out); !problem.empty()) {
    decoder.Fail(node, problem);
    return;
  }
  CheckSelectors(decoder, node, *out);
}

absl::Status CheckFieldSelector(std::string_view selector) {
  size_t start = 0;
  while (start < selector.size()) {
    const size_t end = std::min(selector.find(',', start), selector.size());
    const std::string_view term = selector.substr(start, end - start);
    start = end + 1;
    if (!term.empty() && term.find('=') == std::string_view::npos) {
      return absl::InvalidArgumentError(Cat("invalid selector: '", selector, "'; can't understand '", term, "'"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLabelSelector(std::string_view selector) {
  const auto bad = [selector](std::string_view why) {
    return absl::InvalidArgumentError(Cat("unable to parse requirement: ", why, " in ", GoQuoted(selector)));
  };
  size_t start = 0;
  while (start < selector.size()) {
    // A comma within "in (a, b)" does not end the requirement.
    int depth = 0;
    size_t end = start;
    for (; end < selector.size() && (depth > 0 || selector[end] != ','); ++end) {
      depth += selector[end] == '(' ? 1 : selector[end] == ')' ? -1 : 0;
    }
    if (depth != 0) {
      return bad("unbalanced parentheses");
    }
    const std::string_view term = Trim(selector.substr(start, end - start));
    start = end + 1;
    const std::string_view key = Trim(term.substr(term.starts_with('!') ? 1 : 0)).substr(0, term.find_first_of("=! \t(<>", 1));
    const bool valid = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
      return isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
    });
    if (!valid) {
      return bad(Cat("found '", term, "', expected: identifier"));
    }
  }
  return absl::OkStatus();
}

}  // namespace tocsin
