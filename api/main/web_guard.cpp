#include "api/main/web_guard.h"

#include <array>
#include <utility>

#include "base/env.h"
#include "base/status.h"
#include "engine/config/http_yaml.h"

namespace tocsin {
namespace {

/// Go's names of TLS 1.2 suites and OpenSSL's; those of TLS 1.3 are always on.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kCipherNames = {{
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCurveNames = {
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};

template <typename Table>
std::vector<std::string> Translate(const std::vector<std::string>& names, const Table& table) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    for (const auto& [ours, theirs] : table) {
      if (ours == name) {
        out.emplace_back(theirs);
      }
    }
  }
  return out;
}

absl::StatusOr<std::string> TextOrFile(const std::string& text, const std::string& file) {
  if (!text.empty() || file.empty()) {
    return text;
  }
  return SystemEnv().ReadFile(file);
}

}  // namespace

absl::Status WebGuard::Load() {
  auto rules = std::make_shared<Rules>();
  if (!path_.empty()) {
    ASSIGN_OR_RETURN(rules->config, LoadWebConfigFile(path_));
  }
  if (!rules->config.basic_auth_users.empty()) {
    rules->auth = std::make_unique<http::BasicAuth>(rules->config.basic_auth_users);
  }
  if (rules->config.rate_limit.has_value()) {
    rules->limiter = std::make_unique<http::RateLimiter>(rules->config.rate_limit->interval_ms, rules->config.rate_limit->burst);
  }
  MutexLock lock(mu_);
  if (rules_->config != rules->config) {
    rules_ = std::move(rules);
  }
  return absl::OkStatus();
}

std::shared_ptr<WebGuard::Rules> WebGuard::rules() const {
  MutexLock lock(mu_);
  return rules_;
}

absl::StatusOr<std::unique_ptr<http::TlsMaterial>> WebGuard::Tls() const {
  const std::shared_ptr<Rules> rules = this->rules();
  if (!rules->config.tls.has_value()) {
    return nullptr;
  }
  const WebTlsConfig& tls = *rules->config.tls;
  auto material = std::make_unique<http::TlsMaterial>();
  ASSIGN_OR_RETURN(material->certificate, TextOrFile(tls.cert, tls.cert_file));
  ASSIGN_OR_RETURN(material->key, TextOrFile(tls.key.Reveal(), tls.key_file));
  ASSIGN_OR_RETURN(material->client_ca, TextOrFile(tls.client_ca, tls.client_ca_file));
  material->request_client_certificate = tls.client_auth != ClientAuth::kNone;
  material->require_client_certificate = tls.client_auth == ClientAuth::kRequireAny || tls.client_auth == ClientAuth::kRequireAndVerify;
  material->verify_client_certificate = tls.client_auth == ClientAuth::kVerifyIfGiven || tls.client_auth == ClientAuth::kRequireAndVerify;
  material->client_allowed_sans = tls.client_allowed_sans;
  material->min_version = TlsVersionName(tls.min_version);
  material->max_version = TlsVersionName(tls.max_version);
  material->cipher_suites = Translate(tls.cipher_suites, kCipherNames);
  material->curves = Translate(tls.curve_preferences, kCurveNames);
  return material;
}

http::Response WebGuard::Handle(http::Request& request, const http::RootHandler& handler) {
  const std::shared_ptr<Rules> rules = this->rules();
  http::Response response;
  if (rules->limiter != nullptr && !rules->limiter->Allow(clock_.MonotonicNs())) {
    response = http::TextResponse(429, "Too Many Requests\n");
  } else if (rules->auth != nullptr && !rules->auth->Allows(request.Header("Authorization"))) {
    response = http::TextResponse(401, "Unauthorized\n");
    response.Set("WWW-Authenticate", "Basic");
  } else {
    response = handler(request);
  }
  for (const auto& [name, value] : rules->config.headers) {
    response.Set(name, value);
  }
  return response;
}

}  // namespace tocsin
