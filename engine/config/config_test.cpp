#include "engine/config/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "engine/config/byte_size.h"
#include "engine/config/check_config.h"
#include "engine/config/url_check.h"
#include "engine/config/web_config.h"

namespace tocsin {
namespace {

Config LoadOrFail(std::string_view text) {
  absl::StatusOr<Config> config = LoadConfig(text, "/etc/p/prometheus.yml", {});
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : Config();
}

std::string ConfigError(std::string_view text) { return std::string(LoadConfig(text, "prometheus.yml", {}).status().message()); }

// The job that finds Seldon's models by the annotations of their pods.
constexpr std::string_view kSeldonModels = R"(
scrape_configs:
- job_name: seldon_models
  kubernetes_sd_configs:
  - role: pod
  relabel_configs:
  - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape]
    regex: true
    action: keep
  - source_labels: [__meta_kubernetes_pod_container_port_name]
    regex: metrics(-.*)?
    action: keep
  - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path]
    regex: (.+)
    action: replace
    target_label: __metrics_path__
)";

TEST(ConfigTest, SeldonsJobKeepsModelPorts) {
  const Config config = LoadOrFail(kSeldonModels);
  ASSERT_EQ(config.scrape_configs.size(), 1u);
  const ScrapeConfig& job = config.scrape_configs[0];
  EXPECT_EQ(std::get<KubernetesSdConfig>(job.discovery[0]).role, KubernetesRole::kPod);
  LabelsBuilder labels(Labels::Of({{"__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"},
                                   {"__meta_kubernetes_pod_annotation_prometheus_io_path", "/prometheus"},
                                   {"__meta_kubernetes_pod_container_port_name", "metrics-2"}}));
  EXPECT_TRUE(Relabel(job.relabel_configs, &labels));
  EXPECT_EQ(labels.Get("__metrics_path__"), "/prometheus");
  labels.Set("__meta_kubernetes_pod_container_port_name", "server-metrics");
  EXPECT_FALSE(Relabel(job.relabel_configs, &labels));
}

TEST(ConfigTest, EmptyFileIsTheDefault) {
  const Config config = LoadOrFail("");
  EXPECT_EQ(config.global, GlobalConfig());
  EXPECT_EQ(LoadOrFail("global:\n").global, GlobalConfig());
}

TEST(ConfigTest, JobsInheritFromGlobal) {
  const Config config = LoadOrFail(R"(
global: {scrape_interval: 5s, sample_limit: 7, scrape_native_histograms: true, body_size_limit: 1KiB}
scrape_configs:
- {job_name: a, static_configs: [{targets: ['h:1'], labels: {x: y}}]}
- {job_name: b, scrape_interval: 1m, scrape_timeout: 30s, sample_limit: 9, scrape_native_histograms: false}
)");
  const ScrapeConfig& a = config.scrape_configs[0];
  EXPECT_EQ(a.scrape_interval_ms, 5 * kSecond);
  EXPECT_EQ(a.scrape_timeout_ms, 5 * kSecond);
  EXPECT_EQ(a.limits.samples, 7u);
  EXPECT_EQ(a.limits.body_size_bytes, 1024u);
  EXPECT_EQ(a.scrape_protocols.front(), ScrapeProtocol::kPrometheusProto);
  EXPECT_EQ(std::get<StaticSdConfig>(a.discovery[0]).groups[0].labels, Labels::Of({{"x", "y"}}));
  const ScrapeConfig& b = config.scrape_configs[1];
  EXPECT_EQ(b.scrape_timeout_ms, 30 * kSecond);
  EXPECT_EQ(b.limits.samples, 9u);
  EXPECT_EQ(b.scrape_protocols.front(), ScrapeProtocol::kOpenMetricsText1_0_0);
}

TEST(ConfigTest, FeaturesChangeDefaultsOnly) {
  LoadOptions options;
  options.prefer_protobuf = true;
  options.extra_scrape_metrics = true;
  const auto first = [&](const char* text) {
    const auto config = LoadConfig(text, "prometheus.yml", options);
    EXPECT_TRUE(config.ok()) << config.status();
    return config->scrape_configs[0];
  };
  const ScrapeConfig plain = first("scrape_configs: [{job_name: a}]");
  EXPECT_EQ(plain.scrape_protocols.front(), ScrapeProtocol::kPrometheusProto);
  EXPECT_TRUE(plain.extra_scrape_metrics.value());
  const ScrapeConfig told =
      first("global: {scrape_protocols: [PrometheusText0.0.4], extra_scrape_metrics: false}\nscrape_configs: [{job_name: a}]");
  EXPECT_EQ(told.scrape_protocols, std::vector<ScrapeProtocol>{ScrapeProtocol::kPrometheusText0_0_4});
  EXPECT_FALSE(told.extra_scrape_metrics.value());
}

TEST(ConfigTest, RelativePathsStartAtTheFile) {
  const Config config = LoadOrFail(R"(
rule_files: [rules/*.yml, /abs/x.yml]
scrape_configs:
- job_name: a
  tls_config: {ca_file: ca.pem}
  authorization: {credentials_file: ../token}
  file_sd_configs: [{files: [targets/*.json]}]
)");
  EXPECT_EQ(config.rule_files, (std::vector<std::string>{"/etc/p/rules/*.yml", "/abs/x.yml"}));
  EXPECT_EQ(config.scrape_configs[0].http.tls.ca_file, "/etc/p/ca.pem");
  EXPECT_EQ(config.scrape_configs[0].http.authorization->credentials_file, "/etc/token");
  EXPECT_EQ(std::get<FileSdConfig>(config.scrape_configs[0].discovery[0]).files[0], "/etc/p/targets/*.json");
}

TEST(ConfigTest, ErrorsAreOneLineWithTheirPlace) {
  EXPECT_EQ(ConfigError("global:\n  scrape_intervall: 1m\n"),
            "prometheus.yml:2:3: yaml: unmarshal errors: field scrape_intervall not found in type config.plain");
  EXPECT_EQ(ConfigError("global:\n  scrape_interval: 1x\n"), "prometheus.yml:2:20: unknown unit \"x\" in duration \"1x\"");
  EXPECT_EQ(ConfigError("scrape_configs:\n- job_name: a\n  relabel_configs:\n  - regex: '['\n    target_label: x\n"),
            "prometheus.yml:4:12: error parsing regexp: missing closing ]: `[`");
  EXPECT_EQ(ConfigError("scrape_configs:\n- job_name: a\n  metrics: x\n"),
            "prometheus.yml:3:3: yaml: unmarshal errors: field metrics not found in type config.ScrapeConfig");
  EXPECT_EQ(ConfigError("a: [\n"), "prometheus.yml:2:1: yaml: line 1: did not find expected node content");
  EXPECT_EQ(ConfigError("rule_files: [a*/b*]\n"), "prometheus.yml:1:13: invalid rule file path \"a*/b*\"");
}

TEST(ConfigTest, SecretsAreNeverPrinted) {
  const Config config = LoadOrFail(R"(
scrape_configs:
- job_name: a
  basic_auth: {username: u, password: hush-1}
  http_headers: {X-Key: {secrets: [hush-2]}}
  proxy_url: http://p:hush-3@proxy:1
  proxy_connect_header: {P: [hush-4]}
  tls_config: {cert: C, key: hush-5}
  consul_sd_configs: [{server: 's:1', token: hush-6}]
- job_name: b
  oauth2: {client_id: i, client_secret: hush-7, token_url: 'http://x/', endpoint_params: {password: hush-8}}
  http_sd_configs: [{url: 'http://u:hush-9@h/', bearer_token: hush-10}]
alerting: {alertmanagers: [{sigv4: {access_key: k, secret_key: hush-11}}]}
remote_write: [{url: 'http://u:hush-12@h/', azuread: {oauth: {client_id: c, client_secret: hush-13, tenant_id: t}}}]
)");
  const std::string printed = PrintConfig(config);
  EXPECT_EQ(printed.find("hush"), std::string::npos) << printed;
  EXPECT_NE(printed.find("password: <secret>"), std::string::npos) << printed;
}

TEST(ConfigTest, ForeignMechanismsWarnAndNameHttpSd) {
  const Config config = LoadOrFail("scrape_configs: [{job_name: a, consul_sd_configs: [{server: 'c:1'}]}]");
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_NE(config.warnings[0].find("consul_sd_configs"), std::string::npos);
  EXPECT_NE(config.warnings[0].find("http_sd_configs"), std::string::npos);
}

TEST(ConfigTest, ByteSizes) {
  EXPECT_EQ(*ParseByteSize("10MB"), 10 << 20);
  EXPECT_EQ(*ParseByteSize("1.5KiB"), 1536);
  EXPECT_EQ(*ParseByteSize("0"), 0);
  EXPECT_EQ(*ParseByteSize("1GiB512MiB"), (1 << 30) + (512 << 20));
  EXPECT_EQ(ParseByteSize("100").status().message(), "units: unknown unit  in 100");
  EXPECT_EQ(ParseByteSize("").status().message(), "units: invalid ");
  EXPECT_FALSE(ParseByteSize("9999999EB").ok());
  EXPECT_EQ(FormatByteSize(1536), "1KiB512B");
  EXPECT_EQ(FormatByteSize(15 << 20), "15MiB");
  EXPECT_EQ(FormatByteSize(0), "0B");
}

TEST(ConfigTest, Urls) {
  EXPECT_EQ(ParseUrl("https://u:p@h:1/x?y")->host, "h:1");
  EXPECT_EQ(ParseUrl("HTTP://h")->scheme, "http");
  EXPECT_EQ(ParseUrl("localhost:80")->scheme, "localhost");
  EXPECT_EQ(ParseUrl("://x").status().message(), "parse \"://x\": missing protocol scheme");
  EXPECT_EQ(ParseUrl("http://h:x/").status().message(), "parse \"http://h:x/\": invalid port \":x\" after host");
  EXPECT_EQ(ParseUrl("http://h/%zz").status().message(), "parse \"http://h/%zz\": invalid URL escape \"%zz\"");
  EXPECT_EQ(ParseUrl("http://u:p@%zz").status().message(), "parse \"http://u:xxxxx@%zz\": invalid URL escape \"%zz\"");
  EXPECT_EQ(ParseUrl("http://%41b").status().message(), "parse \"http://%41b\": invalid URL escape \"%41\"");
  EXPECT_EQ(ParseUrl("http://h|x/").status().message(), "parse \"http://h|x/\": invalid character \"|\" in host name");
  EXPECT_EQ(ParseUrl("http://u p@h").status().message(), "parse \"http://u p@h\": net/url: invalid userinfo");
  EXPECT_EQ(ParseUrl("http://u%2@h").status().message(), "parse \"http://u%2@h\": invalid URL escape \"%2\"");
  EXPECT_EQ(ParseUrl("http://[127.0.0.1]/").status().message(), "parse \"http://[127.0.0.1]/\": invalid IP-literal");
  EXPECT_EQ(ParseUrl("http://[z]/").status().message(), "parse \"http://[z]/\": invalid host: ParseAddr(\"z\"): unable to parse IP");
  EXPECT_EQ(ParseUrl("http://[::1").status().message(), "parse \"http://[::1\": missing ']' in host");
  EXPECT_EQ(ParseUrl("http://a[b").status().message(), "parse \"http://a[b\": invalid IP-literal");
  EXPECT_EQ(ParseUrl("http://[::1%eth0]").status().message(), "parse \"http://[::1%eth0]\": invalid URL escape \"%et\"");
  EXPECT_EQ(ParseUrl("http://h/#%zz").status().message(), "parse \"http://h/#%zz\": invalid URL escape \"%zz\"");
  for (const char* good :
       {"http://[::1]:80/", "http://[fe80::1%25eth0]/", "http://h%c3%a9/", "http://h/?%zz", "mailto:%zz", "a?b:c", "///%41"}) {
    EXPECT_TRUE(ParseUrl(good).ok()) << good;
  }
}

class ConfigFolderTest : public testing::Test {
 protected:
  ConfigFolderTest() : folder_(Cat(testing::TempDir(), "config_", testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ConfigFolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = Cat(folder_, "/", name);
    std::ofstream(path) << text;
    return path;
  }

  const std::string folder_;
};

TEST_F(ConfigFolderTest, ScrapeConfigFilesJoinTheJobs) {
  Write("more.yml", "scrape_configs: [{job_name: b, scrape_interval: 30s}]\n");
  const std::string path =
      Write("p.yml", "global: {scrape_interval: 15s}\nscrape_config_files: [m*.yml]\nscrape_configs: [{job_name: a}]\n");
  const absl::StatusOr<Config> config = LoadConfigFile(path, {});
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->scrape_configs.size(), 2u);
  EXPECT_EQ(config->scrape_configs[1].scrape_interval_ms, 30 * kSecond);
  EXPECT_EQ(PrintConfig(*config).find("job_name: b"), std::string::npos);
  Write("more.yml", "scrape_configs:\n- job_name: a\n");
  EXPECT_EQ(LoadConfigFile(path, {}).status().message(),
            Cat(folder_, "/more.yml:2:3: found multiple scrape configs with job name \"a\", first found in main config file"));
}

TEST_F(ConfigFolderTest, CheckLooksAtTheFilesThatAreNamed) {
  const std::string path = Write("p.yml", "rule_files: [r.yml]\nscrape_configs: [{job_name: a, file_sd_configs: [{files: [t*.json]}]}]\n");
  EXPECT_EQ(CheckConfigFile(path, {}).status().message(), Cat("\"", folder_, "/r.yml\" does not point to an existing file"));
  EXPECT_TRUE(CheckConfigFile(path, {.syntax_only = true}).ok());
  Write("r.yml", "groups: []\n");
  absl::StatusOr<CheckedConfig> checked = CheckConfigFile(path, {});
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->rule_files, std::vector<std::string>{folder_ + "/r.yml"});
  EXPECT_EQ(checked->warnings,
            std::vector<std::string>{Cat("file \"", folder_, "/t*.json\" for file_sd in scrape job \"a\" does not exist")});
  Write("t1.json", R"([{"targets": ["x"], "label": {}}])");
  EXPECT_EQ(CheckConfigFile(path, {}).status().message(),
            Cat("checking SD file \"", folder_, "/t*.json\": ", folder_, "/t1.json: json: unknown field \"label\""));
}

TEST(WebConfigTest, ReadsAndRefuses) {
  const absl::StatusOr<WebConfig> config = LoadWebConfig(R"(
tls_server_config: {cert_file: c.pem, key_file: k.pem, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, min_version: TLS13}
http_server_config: {http2: false, headers: {X-Frame-Options: deny}}
basic_auth_users: {alice: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}
rate_limit: {interval: 1s, burst: 20}
)",
                                                         "/etc/w/web.yml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tls->cert_file, "/etc/w/c.pem");
  EXPECT_EQ(config->tls->client_auth, ClientAuth::kRequireAndVerify);
  EXPECT_EQ(config->tls->min_version, TlsVersion::kTls13);
  EXPECT_FALSE(config->http2);
  EXPECT_EQ(config->rate_limit->burst, 20);
  const auto error = [](std::string_view text) { return std::string(LoadWebConfig(text, "web.yml").status().message()); };
  EXPECT_EQ(error("tls_server_config:\n  cert_file: c\n"), "web.yml:2:3: missing one of key or key_file");
  EXPECT_EQ(error("http_server_config:\n  headers: {Server: x}\n"), "web.yml:2:3: HTTP header \"Server\" can not be configured");
  EXPECT_EQ(error("basic_auth_users: {a: plain}\n"), "web.yml:1:19: the password of user \"a\" is no bcrypt hash");
  EXPECT_EQ(error("nope: 1\n"), "web.yml:1:1: yaml: unmarshal errors: field nope not found in type web.Config");
  EXPECT_TRUE(LoadWebConfig("", "web.yml").ok());
}

}  // namespace
}  // namespace tocsin
