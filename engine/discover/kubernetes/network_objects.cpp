#include <algorithm>

#include "base/strings.h"
#include "engine/discover/host_port.h"
#include "engine/discover/kubernetes/objects.h"

namespace tocsin {
namespace {

// The addresses of status, or else the deprecated field of spec.
std::string LoadBalancerIps(const JsonValue& object) {
  std::string ips;
  for (const JsonValue& ingress : object["status"]["loadBalancer"]["ingress"].items()) {
    if (const std::string_view ip = ingress["ip"].text(); !ip.empty()) {
      Append(&ips, ips.empty() ? "" : ",", ip);
    }
  }
  return ips.empty() ? std::string(object["spec"]["loadBalancerIP"].text()) : ips;
}

KubernetesTargetRef ReadTargetRef(const JsonValue& ref) {
  return {std::string(ref["kind"].text()), std::string(ref["namespace"].text()), std::string(ref["name"].text())};
}

// "" for a member that is absent: the label is then left out, as an empty one is.
void AddBool(std::string_view name, const JsonValue& value, LabelPairs* out) {
  if (const std::optional<bool> flag = value.boolean()) {
    AddKubernetesLabel(name, *flag ? "true" : "false", out);
  }
}

std::optional<std::string> OptionalText(const JsonValue& value) {
  return value.kind() == JsonKind::kString ? std::optional<std::string>(value.text()) : std::nullopt;
}

KubernetesEndpoint ReadEndpoint(const JsonValue& address, const JsonValue& port, std::string_view ready) {
  KubernetesEndpoint endpoint;
  endpoint.address = address["ip"].text();
  endpoint.port = port["port"].integer().value_or(0);
  endpoint.port_protocol = port["protocol"].text();
  endpoint.node_name = OptionalText(address["nodeName"]);
  endpoint.target = ReadTargetRef(address["targetRef"]);
  LabelPairs labels;
  labels.emplace_back("__address__", JoinHostPort(endpoint.address, *endpoint.port));
  AddKubernetesLabel("endpoint_port_name", port["name"].text(), &labels);
  AddKubernetesLabel("endpoint_port_protocol", endpoint.port_protocol, &labels);
  AddKubernetesLabel("endpoint_ready", ready, &labels);
  AddKubernetesLabel("endpoint_address_target_kind", endpoint.target.kind, &labels);
  AddKubernetesLabel("endpoint_address_target_name", endpoint.target.name, &labels);
  AddKubernetesLabel("endpoint_node_name", endpoint.node_name.value_or(""), &labels);
  AddKubernetesLabel("endpoint_hostname", address["hostname"].text(), &labels);
  endpoint.labels = Labels::FromPairs(std::move(labels));
  return endpoint;
}

KubernetesEndpoint ReadSliceEndpoint(std::string_view address, const JsonValue& one, const JsonValue& port) {
  KubernetesEndpoint endpoint;
  endpoint.address = address;
  endpoint.port = port["port"].integer();
  endpoint.port_protocol = port["protocol"].text();
  endpoint.node_name = OptionalText(one["nodeName"]);
  endpoint.target = ReadTargetRef(one["targetRef"]);
  LabelPairs labels;
  labels.emplace_back("__address__", endpoint.port ? JoinHostPort(address, *endpoint.port) : std::string(address));
  AddKubernetesLabel("endpointslice_port_name", port["name"].text(), &labels);
  AddKubernetesLabel("endpointslice_port_protocol", endpoint.port_protocol, &labels);
  AddKubernetesLabel("endpointslice_port", endpoint.port ? std::to_string(*endpoint.port) : std::string(), &labels);
  AddKubernetesLabel("endpointslice_port_app_protocol", port["appProtocol"].text(), &labels);
  AddBool("endpointslice_endpoint_conditions_ready", one["conditions"]["ready"], &labels);
  AddBool("endpointslice_endpoint_conditions_serving", one["conditions"]["serving"], &labels);
  AddBool("endpointslice_endpoint_conditions_terminating", one["conditions"]["terminating"], &labels);
  AddKubernetesLabel("endpointslice_endpoint_hostname", one["hostname"].text(), &labels);
  AddKubernetesLabel("endpointslice_address_target_kind", endpoint.target.kind, &labels);
  AddKubernetesLabel("endpointslice_address_target_name", endpoint.target.name, &labels);
  AddKubernetesLabel("endpointslice_endpoint_node_name", endpoint.node_name.value_or(""), &labels);
  AddKubernetesLabel("endpointslice_endpoint_zone", one["zone"].text(), &labels);
  for (const auto& [name, value] : one["deprecatedTopology"].members()) {
    const std::string clean = SanitizeLabelName(name);
    AddKubernetesLabel(Cat("endpointslice_endpoint_topology_", clean), value.text(), &labels);
    AddKubernetesLabel(Cat("endpointslice_endpoint_topology_present_", clean), "true", &labels);
  }
  endpoint.labels = Labels::FromPairs(std::move(labels));
  return endpoint;
}

// A pattern of a certificate, "*.example.com", covers exactly one more part.
bool MatchesHostPattern(std::string_view pattern, std::string_view host) {
  if (pattern == host) {
    return true;
  }
  const size_t dot = host.find('.');
  return pattern.starts_with("*.") && dot != std::string_view::npos && pattern.substr(1) == host.substr(dot);
}

}  // namespace

KubernetesService KubernetesService::Read(const JsonValue& object) {
  const JsonValue spec = object["spec"];
  const std::string_view name_space = object["metadata"]["namespace"].text();
  const std::string host = Cat(object["metadata"]["name"].text(), ".", name_space, ".svc");
  const std::string_view type = spec["type"].text();
  KubernetesService service;
  LabelPairs labels;
  AddKubernetesLabel("namespace", name_space, &labels);
  AddMetaLabels("service", object, &labels);
  service.labels = Labels::FromPairs(std::move(labels));
  const std::string_view policy = spec["ipFamilyPolicy"].text();
  const std::vector<JsonValue> families = spec["ipFamilies"].items();
  if ((policy == "PreferDualStack" || policy == "RequireDualStack") && !families.empty()) {
    service.primary_ip_family = families[0].text();
  }
  for (const JsonValue& port : spec["ports"].items()) {
    const int64_t number = port["port"].integer().value_or(0);
    LabelPairs target;
    target.emplace_back("__address__", JoinHostPort(host, number));
    AddKubernetesLabel("service_port_name", port["name"].text(), &target);
    AddKubernetesLabel("service_port_number", std::to_string(number), &target);
    AddKubernetesLabel("service_port_protocol", port["protocol"].text(), &target);
    AddKubernetesLabel("service_type", type, &target);
    if (type == "ExternalName") {
      AddKubernetesLabel("service_external_name", spec["externalName"].text(), &target);
    } else {
      AddKubernetesLabel("service_cluster_ip", spec["clusterIP"].text(), &target);
    }
    if (type == "LoadBalancer") {
      AddKubernetesLabel("service_loadbalancer_ip", LoadBalancerIps(object), &target);
    }
    service.targets.push_back(Labels::FromPairs(std::move(target)));
  }
  return service;
}

KubernetesEndpoints KubernetesEndpoints::Read(const JsonValue& object) {
  KubernetesEndpoints out;
  out.name_space = object["metadata"]["namespace"].text();
  out.service = object["metadata"]["name"].text();
  LabelPairs labels;
  AddKubernetesLabel("namespace", out.name_space, &labels);
  AddMetaLabels("endpoints", object, &labels);
  out.labels = Labels::FromPairs(std::move(labels));
  for (const JsonValue& subset : object["subsets"].items()) {
    for (const JsonValue& port : subset["ports"].items()) {
      for (const JsonValue& address : subset["addresses"].items()) {
        out.endpoints.push_back(ReadEndpoint(address, port, "true"));
      }
      for (const JsonValue& address : subset["notReadyAddresses"].items()) {
        out.endpoints.push_back(ReadEndpoint(address, port, "false"));
      }
    }
  }
  return out;
}

KubernetesEndpoints KubernetesEndpoints::ReadSlice(const JsonValue& object) {
  KubernetesEndpoints out;
  out.name_space = object["metadata"]["namespace"].text();
  out.service = object["metadata"]["labels"]["kubernetes.io/service-name"].text();
  out.address_type = object["addressType"].text();
  LabelPairs labels;
  AddKubernetesLabel("namespace", out.name_space, &labels);
  AddKubernetesLabel("endpointslice_address_type", out.address_type, &labels);
  AddMetaLabels("endpointslice", object, &labels);
  out.labels = Labels::FromPairs(std::move(labels));
  const std::vector<JsonValue> ports = object["ports"].items();
  for (const JsonValue& one : object["endpoints"].items()) {
    for (const JsonValue& port : ports) {
      for (const JsonValue& address : one["addresses"].items()) {
        out.endpoints.push_back(ReadSliceEndpoint(address.text(), one, port));
      }
    }
  }
  return out;
}

bool KubernetesEndpoints::RefersToPod(std::string_view pod_key) const {
  return std::any_of(endpoints.begin(), endpoints.end(), [pod_key](const KubernetesEndpoint& one) {
    return one.target.kind == "Pod" && KubernetesKey(one.target.name_space, one.target.name) == pod_key;
  });
}

bool KubernetesEndpoints::RefersToNode(std::string_view node_name) const {
  return std::any_of(endpoints.begin(), endpoints.end(), [node_name](const KubernetesEndpoint& one) {
    return one.node_name == node_name || (one.target.kind == "Node" && one.target.name == node_name);
  });
}

KubernetesIngress KubernetesIngress::Read(const JsonValue& object) {
  const JsonValue spec = object["spec"];
  KubernetesIngress ingress;
  ingress.name_space = object["metadata"]["namespace"].text();
  LabelPairs labels;
  AddKubernetesLabel("namespace", ingress.name_space, &labels);
  AddKubernetesLabel("ingress_class_name", spec["ingressClassName"].text(), &labels);
  AddMetaLabels("ingress", object, &labels);
  ingress.labels = Labels::FromPairs(std::move(labels));
  for (const JsonValue& rule : spec["rules"].items()) {
    const std::string_view host = rule["host"].text();
    bool tls = false;
    for (const JsonValue& block : spec["tls"].items()) {
      for (const JsonValue& pattern : block["hosts"].items()) {
        tls = tls || MatchesHostPattern(pattern.text(), host);
      }
    }
    std::vector<std::string> paths;
    for (const JsonValue& path : rule["http"]["paths"].items()) {
      paths.emplace_back(path["path"].text().empty() ? "/" : path["path"].text());
    }
    if (rule["http"].is_null()) {
      paths.emplace_back("/");
    }
    for (const std::string& path : paths) {
      LabelPairs target;
      target.emplace_back("__address__", host);
      AddKubernetesLabel("ingress_scheme", tls ? "https" : "http", &target);
      AddKubernetesLabel("ingress_host", host, &target);
      AddKubernetesLabel("ingress_path", path, &target);
      ingress.targets.push_back(Labels::FromPairs(std::move(target)));
    }
  }
  return ingress;
}

}  // namespace tocsin
