#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/http_client/http_options.h"
#include "base/types.h"
#include "engine/config/target_group.h"

namespace tocsin {

/// The blocks `*_sd_configs` and `static_configs`. Plain values, compared by content: equal ones share one discoverer.

struct StaticSdConfig {
  std::vector<TargetGroup> groups;  ///< Sources are "0", "1", ... over all static_configs of the job.

  bool operator==(const StaticSdConfig&) const = default;
};

struct FileSdConfig {
  std::vector<std::string> files;  ///< Paths; the last part may hold one '*' pattern.
  DurationMs refresh_interval_ms = 5 * kMinute;

  bool operator==(const FileSdConfig&) const = default;
};

struct HttpSdConfig {
  std::string url;
  DurationMs refresh_interval_ms = kMinute;
  HttpClientOptions http;

  bool operator==(const HttpSdConfig&) const = default;
};

struct DnsSdConfig {
  std::vector<std::string> names;
  std::string type = "SRV";  ///< SRV, A, AAAA, MX, NS
  int port = 0;
  DurationMs refresh_interval_ms = 30 * kSecond;

  bool operator==(const DnsSdConfig&) const = default;
};

enum class KubernetesRole { kNode, kPod, kService, kEndpoints, kEndpointSlice, kIngress };

/// "node", "pod", ...
std::string_view ToString(KubernetesRole role);

struct KubernetesSelector {
  KubernetesRole role = KubernetesRole::kPod;
  std::string label;
  std::string field;

  bool operator==(const KubernetesSelector&) const = default;
};

struct KubernetesSdConfig {
  std::string api_server;  ///< Empty: of kubeconfig_file, or else of the pod's service account.
  KubernetesRole role = KubernetesRole::kPod;
  std::string kubeconfig_file;
  HttpClientOptions http;
  bool own_namespace = false;
  std::vector<std::string> namespaces;  ///< Empty: all.
  std::vector<KubernetesSelector> selectors;
  bool attach_node = false;
  bool attach_namespace = false;
  bool attach_deployment = false;
  bool attach_job = false;
  bool attach_cronjob = false;

  bool operator==(const KubernetesSdConfig&) const = default;
};

/// A mechanism that Prometheus has and this program leaves to http_sd: its fields have been checked; it finds no targets.
struct ForeignSdConfig {
  std::string mechanism;  ///< "consul"
  std::string yaml;       ///< The block with defaults filled in and secrets masked, as YAML.

  bool operator==(const ForeignSdConfig&) const = default;
};

using SdConfig = std::variant<StaticSdConfig, FileSdConfig, HttpSdConfig, DnsSdConfig, KubernetesSdConfig, ForeignSdConfig>;

/// "static", "file", "http", "dns", "kubernetes", or the foreign mechanism.
std::string_view MechanismOf(const SdConfig& config);

}  // namespace tocsin
