#include "engine/discover/kubernetes/access.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tocsin {
namespace {

constexpr std::string_view kKubeconfig = R"(
apiVersion: v1
kind: Config
current-context: main
contexts:
- name: main
  context: {cluster: c, user: u}
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443/", certificate-authority-data: Q0E=, tls-server-name: kube}
users:
- name: u
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ, token: t0k}
- name: plugin
  user: {exec: {command: aws}}
)";

TEST(KubernetesAccessTest, KubeconfigWithCertificates) {
  const absl::StatusOr<KubernetesAccess> access = ParseKubeconfig(kKubeconfig, "/etc/kube");
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://10.0.0.1:6443/");
  EXPECT_EQ(access->http.tls.ca, "CA");
  EXPECT_EQ(access->http.tls.cert, "CERT");
  EXPECT_EQ(access->http.tls.key.Reveal(), "KEY");
  EXPECT_EQ(access->http.tls.server_name, "kube");
  EXPECT_EQ(access->http.authorization->credentials.Reveal(), "t0k");
}

TEST(KubernetesAccessTest, KubeconfigProblemsAreSaid) {
  const auto error = [](std::string text, std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
    return std::string(ParseKubeconfig(text, "").status().message());
  };
  const std::string good(kKubeconfig);
  EXPECT_EQ(error(good, "current-context: main", "current-context: x"), "kubeconfig: no context \"x\"");
  EXPECT_EQ(error(good, "user: u}", "user: plugin}"),
            "kubeconfig: the user's exec plugin is not supported; use a token or a client certificate");
  EXPECT_EQ(error(good, "S0VZ", "S0VZ="), "kubeconfig: client-key-data is no base64");
}

TEST(KubernetesAccessTest, ServiceAccountOfThePod) {
  const std::string folder = testing::TempDir() + "service_account";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/namespace") << "seldon\n";
  KubernetesSdConfig config;
  config.own_namespace = true;
  const auto environment = [](const std::string& name) { return std::string(name.ends_with("HOST") ? "10.96.0.1" : "443"); };
  const absl::StatusOr<KubernetesAccess> access = ResolveKubernetesAccess(config, environment, folder);
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://10.96.0.1:443");
  EXPECT_EQ(access->http.tls.ca_file, folder + "/ca.crt");
  EXPECT_EQ(access->http.authorization->credentials_file, folder + "/token");
  EXPECT_EQ(access->own_namespace, "seldon");
  EXPECT_FALSE(ResolveKubernetesAccess(config, [](const std::string&) { return std::string(); }, folder).ok());
}

}  // namespace
}  // namespace tocsin
