// A configuration with something hidden in every field that is a secret: no answer, log line, error or tool shows it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/strings.h"
#include "tests/program/program.h"

namespace tocsin::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// All planted texts begin with it.
constexpr const char* kPlanted = "planted";

constexpr const char* kConfig = R"(
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - basic_auth: {username: u, password: planted-am-basic}
      static_configs: [{targets: ['127.0.0.1:1']}]
    - authorization: {credentials: planted-am-bearer}
      http_sd_configs: [{url: 'http://127.0.0.1:1/sd', basic_auth: {username: u, password: planted-am-sd}}]
remote_write:
  - url: http://u:planted-rw-url@127.0.0.1:1/write
    name: one
    basic_auth: {username: u, password: planted-rw-basic}
  - url: http://127.0.0.1:1/write2
    name: two
    sigv4: {region: r, access_key: a, secret_key: planted-rw-sigv4}
  - url: http://127.0.0.1:1/write3
    name: three
    azuread: {oauth: {client_id: 00000000-0000-0000-0000-000000000000, client_secret: planted-rw-azure, tenant_id: 00000000-0000-0000-0000-000000000000}}
remote_read:
  - url: http://u:planted-rr-url@127.0.0.1:1/read
    authorization: {credentials: planted-rr-bearer}
scrape_configs:
  - job_name: basic
    basic_auth: {username: u, password: planted-basic}
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: bearer
    authorization: {type: Bearer, credentials: planted-bearer}
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: old_bearer
    bearer_token: planted-old-bearer
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: oauth2
    oauth2:
      client_id: c
      client_secret: planted-oauth2
      token_url: http://127.0.0.1:1/token
      proxy_url: http://u:planted-oauth2-proxy@127.0.0.1:1
      proxy_connect_header: {X: [planted-oauth2-connect]}
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: jwt
    oauth2:
      client_id: c
      grant_type: urn:ietf:params:oauth:grant-type:jwt-bearer
      client_certificate_key: planted-jwt
      token_url: http://127.0.0.1:1/token
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: tls
    scheme: https
    tls_config: {cert: planted-not-a-secret-cert, key: planted-tls-key}
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: headers
    http_headers: {X-Key: {secrets: [planted-header]}}
    proxy_url: http://u:planted-proxy@127.0.0.1:1
    proxy_connect_header: {X: [planted-connect]}
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: kubernetes
    kubernetes_sd_configs: [{role: pod, api_server: 'http://127.0.0.1:1', basic_auth: {username: u, password: planted-kubernetes}}]
  - job_name: http
    http_sd_configs: [{url: 'http://u:planted-sd-url@127.0.0.1:1/sd', authorization: {credentials: planted-http-sd}}]
  - job_name: consul
    consul_sd_configs: [{server: '127.0.0.1:1', token: planted-consul}]
  - job_name: openstack
    openstack_sd_configs: [{role: instance, region: r, identity_endpoint: 'http://127.0.0.1:1', username: u, userid: '', domain_name: d, password: planted-openstack}]
  - job_name: ec2
    ec2_sd_configs: [{region: r, access_key: a, secret_key: planted-ec2}]
)";

constexpr const char* kRules = R"(
groups:
  - name: g
    rules:
      - alert: A
        expr: vector(1)
)";

/// Where the planted text may be shown: a certificate is no secret.
std::string WithoutCertificate(std::string text) {
  for (size_t at; (at = text.find("planted-not-a-secret")) != std::string::npos;) {
    text.erase(at, 20);
  }
  return text;
}

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() : file_(folder_.Write("prometheus.yml", kConfig)) { folder_.Write("rules.yml", kRules); }

  const TemporaryFolder folder_;
  const std::string file_;
};

TEST_F(SecretsTest, NoAnswerAndNoLogLineShowsThem) {
  RunningProgram program(folder_, file_,
                         {"--web.enable-lifecycle", "--web.enable-admin-api", "--log.level=debug", "--enable-feature=search-api",
                          "--storage.remote.flush-deadline=1s"});
  program.WaitFor("/api/v1/targets?scrapePool=basic", "\"health\":\"down\"");
  program.WaitFor("/api/v1/targets?scrapePool=jwt", "\"health\":\"down\"");
  program.WaitFor("/api/v1/targets?scrapePool=tls", "\"health\":\"down\"");
  program.WaitFor("/metrics", "prometheus_notifications_errors_total");
  EXPECT_THAT(program.Get("/api/v1/status/config"), HasSubstr("\\u003csecret\\u003e"));
  std::vector<std::string> paths = {
      "/", "/metrics", "/version", "/federate?match[]=up", "/api/v1/query?query=up", "/api/v1/series?match[]=up"};
  for (const char* path : {"status/config",
                           "status/flags",
                           "status/runtimeinfo",
                           "status/buildinfo",
                           "status/tsdb",
                           "status/tsdb/blocks",
                           "status/walreplay",
                           "status/self_metrics",
                           "targets",
                           "targets/metadata",
                           "scrape_pools",
                           "rules",
                           "alerts",
                           "alertmanagers",
                           "metadata",
                           "labels",
                           "features",
                           "notifications",
                           "openapi.yaml",
                           "search/metric_names",
                           "search/label_values?label=__name__",
                           "query?query=x{",
                           "targets/relabel_steps?scrapePool=basic&labels={}"}) {
    paths.push_back(Cat("/api/v1/", path));
  }
  for (const char* pool :
       {"basic", "bearer", "old_bearer", "oauth2", "jwt", "tls", "headers", "kubernetes", "http", "consul", "openstack", "ec2"}) {
    const std::string path = Cat("/api/v1/scrape_pools/config?scrapePool=", pool);
    EXPECT_THAT(program.Get(path), HasSubstr("job_name: " + std::string(pool)));
    paths.push_back(path);
  }
  for (const std::string& path : paths) {
    EXPECT_THAT(WithoutCertificate(program.Get(path)), Not(HasSubstr(kPlanted))) << path;
  }
  program.Post("/-/reload");
  const Finished finished = program.Stop(SIGTERM);
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(WithoutCertificate(finished.output), Not(HasSubstr(kPlanted)));
}

TEST_F(SecretsTest, NoToolShowsThem) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"check", "config", file_},
                                                    {"check", "service-discovery", file_, "basic", "--timeout=1s"},
                                                    {"check", "service-discovery", file_, "http", "--timeout=1s"}}) {
    const Finished finished = RunProgram(arguments);
    EXPECT_FALSE(finished.output.empty());
    EXPECT_THAT(WithoutCertificate(finished.output), Not(HasSubstr(kPlanted))) << arguments[1];
  }
  const Finished refused = RunProgram({"query", "instant", "http://u:planted-tool@127.0.0.1:1", "up"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, Not(HasSubstr(kPlanted)));
  EXPECT_THAT(RunProgram({"push", "metrics", "http://u:planted-tool@127.0.0.1:1", folder_.Write("a.prom", "a 1\n")}).output,
              Not(HasSubstr(kPlanted)));
  EXPECT_THAT(RunProgram({"check", "healthy", "--url=http://u:planted-tool@127.0.0.1:1"}).output, Not(HasSubstr(kPlanted)));
  EXPECT_THAT(RunProgram({"debug", "all", "http://u:planted-tool@127.0.0.1:1"}).output, Not(HasSubstr(kPlanted)));
}

TEST_F(SecretsTest, NoErrorOfTheConfigurationShowsThem) {
  for (const char* bad : {"scrape_configs: [{job_name: a, basic_auth: {username: u, password: planted, password_file: x}}]\n",
                          "scrape_configs: [{job_name: a, basic_auth: {username: u, password: {a: planted}}}]\n",
                          "scrape_configs: [{job_name: a, authorization: {type: Basic, credentials: planted}}]\n",
                          "scrape_configs: [{job_name: a, bearer_token: planted, bearer_token_file: x}]\n",
                          "scrape_configs: [{job_name: a, oauth2: {client_id: c, client_secret: planted}}]\n",
                          "remote_write: [{url: 'http://u:planted@host:port/%zz'}]\n",
                          "remote_write: [{url: 'ftp://u:planted@host', name: a}, {url: 'ftp://u:planted@host', name: a}]\n"}) {
    const Finished finished = RunProgram({"check", "config", folder_.Write("bad.yml", bad)});
    EXPECT_NE(finished.exit_code, 0) << bad;
    EXPECT_THAT(finished.output, Not(HasSubstr(kPlanted))) << bad;
  }
  const Finished web = RunProgram({"check", "web-config", folder_.Write("web.yml", "basic_auth_users: {a: planted}\n")});
  EXPECT_EQ(web.exit_code, 1);
  EXPECT_THAT(web.output, Not(HasSubstr(kPlanted)));
}

}  // namespace
}  // namespace tocsin::test
