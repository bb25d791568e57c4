#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json/reader.h"
#include "base/model/labels.h"
#include "engine/discover/kubernetes/object_meta.h"

namespace tocsin {

/// What discovery keeps of the objects of Kubernetes: the labels that they give to targets, computed once, and the fields that decide which
/// targets there are. Everything else of an object is forgotten as soon as it is read. Each has Read(json) and compares by value, so that
/// updates which change nothing in use (a heartbeat) cost nothing further.

struct KubernetesContainer {
  struct Port {
    std::string name;
    int64_t number = 0;
    std::string protocol;

    bool operator==(const Port&) const = default;
  };

  std::string name;
  std::string image;
  std::string id;
  bool init = false;
  std::vector<Port> ports;

  bool operator==(const KubernetesContainer&) const = default;
};

struct KubernetesPod {
  std::string name_space;
  std::string ip;
  std::string node_name;
  KubernetesOwner owner;
  Labels labels;  ///< Without the namespace and what is attached.
  std::vector<KubernetesContainer> containers;

  static KubernetesPod Read(const JsonValue& object);
  bool operator==(const KubernetesPod&) const = default;
};

struct KubernetesService {
  Labels labels;  ///< With the namespace.
  std::vector<Labels> targets;
  std::string primary_ip_family;  ///< Of a dual-stack service, else "".

  static KubernetesService Read(const JsonValue& object);
  bool operator==(const KubernetesService&) const = default;
};

/// The object an address belongs to.
struct KubernetesTargetRef {
  std::string kind;
  std::string name_space;
  std::string name;

  bool operator==(const KubernetesTargetRef&) const = default;
};

/// One address and port of an Endpoints or EndpointSlice object.
struct KubernetesEndpoint {
  std::string address;
  std::optional<int64_t> port;
  std::string port_protocol;
  std::optional<std::string> node_name;
  KubernetesTargetRef target;
  Labels labels;  ///< Of the endpoint itself, with __address__.

  bool operator==(const KubernetesEndpoint&) const = default;
};

/// Endpoints and EndpointSlice alike.
struct KubernetesEndpoints {
  std::string name_space;
  std::string service;       ///< The name of its service, or "".
  std::string address_type;  ///< Of a slice.
  Labels labels;
  std::vector<KubernetesEndpoint> endpoints;

  static KubernetesEndpoints Read(const JsonValue& object);
  static KubernetesEndpoints ReadSlice(const JsonValue& object);
  bool operator==(const KubernetesEndpoints&) const = default;

  bool RefersToPod(std::string_view pod_key) const;
  bool RefersToNode(std::string_view node_name) const;
};

struct KubernetesNode {
  Labels labels;    ///< Of the group.
  Labels attached;  ///< What pods and endpoints on the node get of it.
  Labels target;    ///< Empty when the node has no address.

  static KubernetesNode Read(const JsonValue& object);
  bool operator==(const KubernetesNode&) const = default;
};

struct KubernetesIngress {
  std::string name_space;
  Labels labels;
  std::vector<Labels> targets;

  static KubernetesIngress Read(const JsonValue& object);
  bool operator==(const KubernetesIngress&) const = default;
};

/// A namespace, for its labels.
struct KubernetesNamespace {
  Labels labels;

  static KubernetesNamespace Read(const JsonValue& object);
  bool operator==(const KubernetesNamespace&) const = default;
};

/// A ReplicaSet or Job, for its owner.
struct KubernetesOwned {
  KubernetesOwner owner;

  static KubernetesOwned Read(const JsonValue& object);
  bool operator==(const KubernetesOwned&) const = default;
};

}  // namespace tocsin
