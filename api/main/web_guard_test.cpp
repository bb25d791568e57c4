// The server with a file of --web.config.file: certificates, users, headers, rate.

#include "api/main/web_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/http_client/http_client.h"
#include "base/strings.h"
#include "tests/support/http_double.h"
#include "tests/support/raw_client.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

using test::DoubleCertificate;
using test::MakeDoubleCertificate;
using testing::HasSubstr;

class WebGuardTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) const { std::ofstream(folder_.File(name), std::ios::binary) << text; }
  void WriteCertificate(const std::string& name, const DoubleCertificate& certificate) const {
    Write(name + ".crt", certificate.cert_pem);
    Write(name + ".key", certificate.key_pem);
  }

  void Start(const std::string& web_config, const Clock& clock) {
    Write("web.yml", web_config);
    guard_ = std::make_unique<WebGuard>(folder_.File("web.yml"), clock);
    ASSERT_TRUE(guard_->Load().ok()) << guard_->Load();
    auto tls = guard_->Tls();
    ASSERT_TRUE(tls.ok()) << tls.status();
    http::ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.tls = tls->get();
    auto started = http::StartServer(
        options,
        [this](http::Request& request) {
          return guard_->Handle(request, [](http::Request& inner) { return http::TextResponse(200, Cat("hello ", inner.path)); });
        },
        system_clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  void Start(const std::string& web_config) { Start(web_config, system_clock_); }

  absl::StatusOr<HttpResponse> Ask(HttpClientOptions options, std::string scheme = "https", std::string credentials = "") const {
    HttpClient client(std::move(options), system_clock_);
    HttpRequest request;
    request.url = Cat(scheme, "://", credentials, server_->addresses().front(), "/x");
    return client.Do(request);
  }
  HttpClientOptions Trusting(const DoubleCertificate& authority) const {
    HttpClientOptions options;
    options.tls.ca = authority.cert_pem;
    return options;
  }

  const SystemClock system_clock_;
  const test::TempDir folder_;
  const DoubleCertificate authority_ = MakeDoubleCertificate("authority.example");
  std::unique_ptr<WebGuard> guard_;
  std::unique_ptr<http::Server> server_;
};

constexpr const char* kTls = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

TEST_F(WebGuardTest, ServesTlsAndTakesNewCertificates) {
  WriteCertificate("server", MakeDoubleCertificate("one.example", &authority_));
  Start(kTls);
  const auto answer = Ask(Trusting(authority_));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "hello /x");

  const DoubleCertificate other = MakeDoubleCertificate("other.example");
  EXPECT_FALSE(Ask(Trusting(other)).ok());
  WriteCertificate("server", MakeDoubleCertificate("two.example", &other));
  ASSERT_TRUE(guard_->Load().ok());
  const auto material = guard_->Tls();
  ASSERT_TRUE(material.ok());
  ASSERT_TRUE(server_->ReplaceTls(**material).ok());
  EXPECT_TRUE(Ask(Trusting(other)).ok());
  EXPECT_FALSE(Ask(Trusting(authority_)).ok());

  Write("server.crt", "no certificate");
  const auto damaged = guard_->Tls();
  EXPECT_FALSE(damaged.ok() && server_->ReplaceTls(**damaged).ok());
  EXPECT_TRUE(Ask(Trusting(other)).ok());
}

TEST_F(WebGuardTest, RefusesPlainHttpOnATlsPort) {
  WriteCertificate("server", MakeDoubleCertificate("one.example", &authority_));
  Start(kTls);
  EXPECT_FALSE(Ask({}, "http").ok());
}

TEST_F(WebGuardTest, AsksForClientCertificates) {
  WriteCertificate("server", MakeDoubleCertificate("one.example", &authority_));
  WriteCertificate("clients", authority_);
  Start(
      Cat(kTls, "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.crt\n  client_allowed_sans: [good.example]\n"));
  const auto with_certificate = [this](const DoubleCertificate& certificate) {
    HttpClientOptions options = Trusting(authority_);
    options.tls.cert = certificate.cert_pem;
    options.tls.key = Secret(certificate.key_pem);
    return Ask(std::move(options)).ok();
  };
  EXPECT_FALSE(Ask(Trusting(authority_)).ok());
  EXPECT_TRUE(with_certificate(MakeDoubleCertificate("good.example", &authority_)));
  EXPECT_FALSE(with_certificate(MakeDoubleCertificate("bad.example", &authority_)));
  EXPECT_FALSE(with_certificate(MakeDoubleCertificate("good.example")));
}

TEST_F(WebGuardTest, HoldsToTheVersionsOfTls) {
  WriteCertificate("server", MakeDoubleCertificate("one.example", &authority_));
  Start(Cat(kTls, "  min_version: TLS13\n"));
  HttpClientOptions old = Trusting(authority_);
  old.tls.max_version = TlsVersion::kTls12;
  EXPECT_FALSE(Ask(old).ok());
  EXPECT_TRUE(Ask(Trusting(authority_)).ok());
}

TEST_F(WebGuardTest, LetsOnlyUsersIn) {
  // bcrypt of "right" at the least cost.
  Start("basic_auth_users:\n  anna: $2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC\n");
  const auto none = Ask({}, "http");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->status, 401);
  EXPECT_EQ(none->Header("WWW-Authenticate"), "Basic");
  EXPECT_EQ(none->body, "Unauthorized\n");
  for (int round = 0; round < 2; ++round) {  // the second time from the cache
    EXPECT_EQ(Ask({}, "http", "anna:right@")->status, 200);
    EXPECT_EQ(Ask({}, "http", "anna:wrong@")->status, 401);
    EXPECT_EQ(Ask({}, "http", "bert:right@")->status, 401);
  }
}

TEST_F(WebGuardTest, AddsHeadersToEveryAnswer) {
  Start("http_server_config:\n  headers:\n    X-Frame-Options: deny\n    Content-Security-Policy: \"default-src 'self'\"\n");
  const auto answer = Ask({}, "http");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->Header("X-Frame-Options"), "deny");
  EXPECT_EQ(answer->Header("Content-Security-Policy"), "default-src 'self'");
}

TEST_F(WebGuardTest, LimitsTheRate) {
  ManualClock clock(1'000'000);
  Start("rate_limit:\n  interval: 1s\n  burst: 2\n", clock);
  EXPECT_EQ(Ask({}, "http")->status, 200);
  EXPECT_EQ(Ask({}, "http")->status, 200);
  EXPECT_EQ(Ask({}, "http")->status, 429);
  clock.Advance(kSecond);
  EXPECT_EQ(Ask({}, "http")->status, 200);
  EXPECT_EQ(Ask({}, "http")->status, 429);
}

TEST_F(WebGuardTest, KeepsTheOldRulesWhenTheFileBecomesBad) {
  Start("http_server_config:\n  headers:\n    X-Frame-Options: deny\n");
  Write("web.yml", "http_server_config: [");
  EXPECT_FALSE(guard_->Load().ok());
  EXPECT_EQ(Ask({}, "http")->Header("X-Frame-Options"), "deny");
}

}  // namespace
}  // namespace tocsin
