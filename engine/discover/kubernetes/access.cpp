#include "engine/discover/kubernetes/access.h"

#include <filesystem>
#include <memory>

#include "base/status.h"
#include "base/text/quote.h"
#include "base/yaml/resolve.h"
#include "base/yaml/yaml.h"
#include "engine/config/http_yaml.h"
#include "engine/config/text_file.h"
#include "engine/discover/host_port.h"

namespace tocsin {

const char* const kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

namespace {

std::string TextOf(const yaml::Node* node, std::string_view key) {
  const yaml::Node* value = node == nullptr ? nullptr : node->Find(key);
  return value == nullptr || value->kind != yaml::Kind::kScalar || value->IsNull() ? std::string() : value->text;
}

// The `entry` of the list `section` that has this name: kubeconfig keeps its maps as lists of {name, entry}.
const yaml::Node* FindNamed(const yaml::Node& root, std::string_view section, std::string_view entry, std::string_view name) {
  const yaml::Node* list = root.Find(section);
  if (list == nullptr) {
    return nullptr;
  }
  for (const yaml::Node* item : list->items) {
    if (TextOf(item, "name") == name) {
      return item->Find(entry);
    }
  }
  return nullptr;
}

absl::StatusOr<std::string> DecodedData(const yaml::Node* node, std::string_view key) {
  std::optional<std::string> data = yaml::DecodeBase64(TextOf(node, key));
  if (!data) {
    return absl::InvalidArgumentError(Cat("kubeconfig: ", key, " is no base64"));
  }
  return *std::move(data);
}

absl::Status ReadCluster(const yaml::Node& cluster, const std::string& folder, KubernetesAccess* access) {
  access->server = TextOf(&cluster, "server");
  TlsOptions& tls = access->http.tls;
  ASSIGN_OR_RETURN(tls.ca, DecodedData(&cluster, "certificate-authority-data"));
  if (tls.ca.empty()) {
    tls.ca_file = JoinFolder(folder, TextOf(&cluster, "certificate-authority"));
  }
  tls.server_name = TextOf(&cluster, "tls-server-name");
  const yaml::Node* insecure = cluster.Find("insecure-skip-tls-verify");
  tls.insecure_skip_verify = insecure != nullptr && yaml::ToBool(*insecure).value_or(false);
  access->http.proxy.proxy_url = TextOf(&cluster, "proxy-url");
  return absl::OkStatus();
}

absl::Status ReadUser(const yaml::Node& user, const std::string& folder, KubernetesAccess* access) {
  for (const std::string_view plugin : {"exec", "auth-provider"}) {
    if (user.Find(plugin) != nullptr) {
      return absl::UnimplementedError(
          Cat("kubeconfig: the user's ", plugin, " plugin is not supported; use a token or a client certificate"));
    }
  }
  TlsOptions& tls = access->http.tls;
  ASSIGN_OR_RETURN(tls.cert, DecodedData(&user, "client-certificate-data"));
  ASSIGN_OR_RETURN(std::string key, DecodedData(&user, "client-key-data"));
  tls.key = Secret(std::move(key));
  if (tls.cert.empty()) {
    tls.cert_file = JoinFolder(folder, TextOf(&user, "client-certificate"));
  }
  if (tls.key.empty()) {
    tls.key_file = JoinFolder(folder, TextOf(&user, "client-key"));
  }
  AuthorizationOptions bearer;
  bearer.credentials_file = JoinFolder(folder, TextOf(&user, "tokenFile"));
  if (bearer.credentials_file.empty()) {
    bearer.credentials = Secret(TextOf(&user, "token"));
  }
  if (!bearer.credentials.empty() || !bearer.credentials_file.empty()) {
    access->http.authorization = std::make_shared<const AuthorizationOptions>(std::move(bearer));
  } else if (const std::string name = TextOf(&user, "username"); !name.empty()) {
    BasicAuthOptions basic;
    basic.username = name;
    basic.password = Secret(TextOf(&user, "password"));
    access->http.basic_auth = std::make_shared<const BasicAuthOptions>(std::move(basic));
  }
  return absl::OkStatus();
}

absl::StatusOr<KubernetesAccess> InClusterAccess(const std::function<std::string(const std::string& name)>& environment,
                                                 const std::string& folder) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  const std::string port = environment("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return absl::FailedPreconditionError(
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined");
  }
  KubernetesAccess access;
  access.server = host.find(':') == std::string::npos ? Cat("https://", host, ":", port) : Cat("https://[", host, "]:", port);
  access.http.tls.ca_file = folder + "/ca.crt";
  AuthorizationOptions bearer;
  bearer.credentials_file = folder + "/token";
  access.http.authorization = std::make_shared<const AuthorizationOptions>(std::move(bearer));
  return access;
}

}  // namespace

absl::StatusOr<KubernetesAccess> ParseKubeconfig(std::string_view text, const std::string& folder) {
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text));
  if (document.root() == nullptr) {
    return absl::InvalidArgumentError("kubeconfig: the file is empty");
  }
  const yaml::Node& root = *document.root();
  const std::string context_name = TextOf(&root, "current-context");
  const yaml::Node* context = FindNamed(root, "contexts", "context", context_name);
  if (context == nullptr) {
    return absl::InvalidArgumentError(Cat("kubeconfig: no context ", GoQuoted(context_name)));
  }
  const yaml::Node* cluster = FindNamed(root, "clusters", "cluster", TextOf(context, "cluster"));
  if (cluster == nullptr || TextOf(cluster, "server").empty()) {
    return absl::InvalidArgumentError(Cat("kubeconfig: no cluster with a server for context ", GoQuoted(context_name)));
  }
  KubernetesAccess access;
  RETURN_IF_ERROR(ReadCluster(*cluster, folder, &access));
  if (const yaml::Node* user = FindNamed(root, "users", "user", TextOf(context, "user"))) {
    RETURN_IF_ERROR(ReadUser(*user, folder, &access));
  }
  return access;
}

absl::StatusOr<KubernetesAccess> ResolveKubernetesAccess(const KubernetesSdConfig& config,
                                                         const std::function<std::string(const std::string& name)>& environment,
                                                         const std::string& account_folder) {
  KubernetesAccess access;
  if (!config.kubeconfig_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadTextFile(config.kubeconfig_file));
    ASSIGN_OR_RETURN(access, ParseKubeconfig(text, std::filesystem::path(config.kubeconfig_file).parent_path().string()));
  } else if (!config.api_server.empty()) {
    access.server = config.api_server;
    access.http = config.http;
  } else {
    ASSIGN_OR_RETURN(access, InClusterAccess(environment, account_folder));
    if (config.own_namespace) {
      ASSIGN_OR_RETURN(access.own_namespace, ReadTextFile(account_folder + "/namespace"));
      access.own_namespace.erase(access.own_namespace.find_last_not_of(" \n\r\t") + 1);
      if (access.own_namespace.empty()) {
        return absl::FailedPreconditionError("could not read own namespace name (empty file)");
      }
    }
  }
  while (access.server.ends_with('/')) {
    access.server.pop_back();
  }
  return access;
}

}  // namespace tocsin
