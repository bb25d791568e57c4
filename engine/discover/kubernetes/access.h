#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/http_client/http_options.h"
#include "engine/config/discovery_config.h"

namespace tocsin {

/// Where the API server is and how it is asked.
struct KubernetesAccess {
  std::string server;  ///< Without a slash at the end.
  HttpClientOptions http;
  std::string own_namespace;  ///< Of the pod this program runs in; "" elsewhere.

  bool operator==(const KubernetesAccess&) const = default;
};

/// The access that a configuration names: its own URL and http_config, a kubeconfig file (certificates, tokens and passwords; exec and
/// auth-provider plugins are refused), or the service account of the pod.
/// `environment` reads an environment variable, `account_folder` is where the service account is mounted.
absl::StatusOr<KubernetesAccess> ResolveKubernetesAccess(const KubernetesSdConfig& config,
                                                         const std::function<std::string(const std::string& name)>& environment,
                                                         const std::string& account_folder);

/// /var/run/secrets/kubernetes.io/serviceaccount
extern const char* const kServiceAccountFolder;

/// The access that the current context of a kubeconfig gives; relative paths start at `folder`.
absl::StatusOr<KubernetesAccess> ParseKubeconfig(std::string_view text, const std::string& folder);

}  // namespace tocsin
