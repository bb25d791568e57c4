#include "engine/config/web_config.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/status.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "base/yaml/decode.h"
#include "engine/config/http_yaml.h"
#include "engine/config/text_file.h"

namespace tocsin {
namespace {

struct HeaderRule {
  std::string_view name;
  std::vector<std::string_view> values;  // empty: any
};

const std::vector<HeaderRule>& HeaderRules() {
  static const std::vector<HeaderRule> rules = {{"Strict-Transport-Security", {}},
                                                {"X-Content-Type-Options", {"nosniff"}},
                                                {"X-Frame-Options", {"deny", "sameorigin"}},
                                                {"X-XSS-Protection", {}},
                                                {"Content-Security-Policy", {}}};
  return rules;
}

constexpr std::array<std::string_view, 5> kClientAuthNames = {"NoClientCert", "RequestClientCert", "RequireAnyClientCert",
                                                              "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"};
constexpr std::array<std::string_view, 4> kTlsVersionNames = {"TLS10", "TLS11", "TLS12", "TLS13"};
constexpr std::array<std::string_view, 4> kCurveNames = {"CurveP256", "CurveP384", "CurveP521", "X25519"};
// The suites that Go offers (crypto/tls.CipherSuites).
constexpr std::array<std::string_view, 13> kCipherNames = {"TLS_AES_128_GCM_SHA256",
                                                           "TLS_AES_256_GCM_SHA384",
                                                           "TLS_CHACHA20_POLY1305_SHA256",
                                                           "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                                                           "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
                                                           "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                                                           "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
                                                           "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                                           "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                                                           "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                                           "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                                                           "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                                                           "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"};

template <size_t N>
size_t IndexOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

template <size_t N>
void CheckNames(yaml::Decoder& decoder, const yaml::Node& node, const std::array<std::string_view, N>& names,
                const std::vector<std::string>& given, std::string_view what) {
  for (const std::string& one : given) {
    if (IndexOf(names, one) == N) {
      decoder.Fail(node, Cat("unknown ", what, ": ", one));
    }
  }
}

void TakeTlsVersion(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, TlsVersion* out) {
  std::string name;
  if (const yaml::Node* node = reader.Take(field); node != nullptr && !node->IsNull()) {
    yaml::Read(decoder, *node, &name);
    const size_t index = IndexOf(kTlsVersionNames, name);
    if (index == kTlsVersionNames.size()) {
      decoder.Fail(*node, Cat("unknown TLS version: ", name));
    } else {
      *out = static_cast<TlsVersion>(index + 1);  // kDefault is the first
    }
  }
}

void CheckTlsFields(yaml::Decoder& decoder, const yaml::Node& node, const WebTlsConfig& tls) {
  if (tls.cert.empty() && tls.cert_file.empty()) {
    decoder.Fail(node, "missing one of cert or cert_file");
  }
  if (tls.key.empty() && tls.key_file.empty()) {
    decoder.Fail(node, "missing one of key or key_file");
  }
  if (!tls.cert.empty() && !tls.cert_file.empty()) {
    decoder.Fail(node, "only one of cert and cert_file may be configured");
  }
  if (!tls.key.empty() && !tls.key_file.empty()) {
    decoder.Fail(node, "only one of key and key_file may be configured");
  }
  if (!tls.client_ca.empty() && !tls.client_ca_file.empty()) {
    decoder.Fail(node, "cannot specify both client_ca and client_ca_file");
  }
  const bool client_ca = !tls.client_ca.empty() || !tls.client_ca_file.empty();
  if (client_ca && tls.client_auth == ClientAuth::kNone) {
    decoder.Fail(node, "Client CA's have been configured without a Client Auth Policy");
  }
}

bool IsBcryptHash(std::string_view hash) {
  return hash.size() >= 59 && (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$")) && hash[6] == '$';
}

void CheckHttpHeaders(yaml::Decoder& decoder, const yaml::Node& node, const std::map<std::string, std::string>& headers) {
  for (const auto& [name, value] : headers) {
    const auto rule =
        std::find_if(HeaderRules().begin(), HeaderRules().end(), [&name = name](const HeaderRule& r) { return r.name == name; });
    if (rule == HeaderRules().end()) {
      decoder.Fail(node, Cat("HTTP header ", GoQuoted(name), " can not be configured"));
      return;
    }
    if (!rule->values.empty() && std::find(rule->values.begin(), rule->values.end(), value) == rule->values.end()) {
      std::string expected;
      for (const std::string_view one : rule->values) {
        Append(&expected, expected.empty() ? "" : " ", GoQuoted(one));
      }
      decoder.Fail(node, Cat("invalid value for ", name, ". Expected one of: [", expected, "], but got: ", GoQuoted(value)));
    }
  }
}

}  // namespace

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, WebTlsConfig* out) {
  yaml::StructReader reader(decoder, node, "web.TLSConfig");
  std::string client_auth;
  reader.Field("cert", &out->cert)
      .Field("key", &out->key)
      .Field("client_ca", &out->client_ca)
      .Field("cert_file", &out->cert_file)
      .Field("key_file", &out->key_file)
      .Field("client_ca_file", &out->client_ca_file)
      .Field("client_auth_type", &client_auth)
      .Field("client_allowed_sans", &out->client_allowed_sans)
      .Field("cipher_suites", &out->cipher_suites)
      .Field("curve_preferences", &out->curve_preferences)
      .Field("prefer_server_cipher_suites", &out->prefer_server_cipher_suites);
  TakeTlsVersion(decoder, reader, "min_version", &out->min_version);
  TakeTlsVersion(decoder, reader, "max_version", &out->max_version);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  CheckNames(decoder, node, kCipherNames, out->cipher_suites, "cipher");
  CheckNames(decoder, node, kCurveNames, out->curve_preferences, "curve");
  const size_t auth = client_auth.empty() ? 0 : IndexOf(kClientAuthNames, client_auth);
  if (auth == kClientAuthNames.size()) {
    decoder.Fail(node, Cat("Invalid ClientAuth: ", client_auth));
    return;
  }
  out->client_auth = static_cast<ClientAuth>(auth);
  CheckTlsFields(decoder, node, *out);
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, WebRateLimit* out) {
  yaml::StructReader reader(decoder, node, "web.RateLimiterConfig");
  std::string interval;
  reader.Field("interval", &interval).Field("burst", &out->burst);
  if (!reader.Finish() || interval.empty()) {
    return;
  }
  const absl::StatusOr<DurationMs> parsed = ParseDuration(interval);
  if (decoder.Check(node, parsed.status())) {
    out->interval_ms = *parsed;
  }
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, WebConfig* out) {
  yaml::StructReader reader(decoder, node, "web.Config");
  reader.Field("tls_server_config", &out->tls).Field("rate_limit", &out->rate_limit);
  const yaml::Node* http = reader.Take("http_server_config");
  if (http != nullptr && !http->IsNull()) {
    yaml::StructReader http_reader(decoder, *http, "web.HTTPConfig");
    http_reader.Field("http2", &out->http2).Field("headers", &out->headers);
    if (http_reader.Finish()) {
      CheckHttpHeaders(decoder, *http, out->headers);
    }
  }
  const yaml::Node* users = reader.Take("basic_auth_users");
  if (users != nullptr) {
    yaml::Read(decoder, *users, &out->basic_auth_users);
  }
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  for (const auto& [user, hash] : out->basic_auth_users) {
    if (!IsBcryptHash(hash.Reveal())) {
      decoder.Fail(*users, Cat("the password of user ", GoQuoted(user), " is no bcrypt hash"));
    }
  }
}

absl::StatusOr<WebConfig> LoadWebConfig(std::string_view text, const std::string& path) {
  yaml::Position at;
  const absl::StatusOr<yaml::Document> document = yaml::Parse(text, nullptr, &at);
  if (!document.ok()) {
    return absl::InvalidArgumentError(Cat(path, ":", at.line, ":", at.column, ": ", Message(document.status())));
  }
  WebConfig config;
  if (document->root() == nullptr) {
    return config;
  }
  yaml::Decoder decoder;
  yaml::Read(decoder, *document->root(), &config);
  RETURN_IF_ERROR(decoder.status(path));
  if (config.tls) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    for (std::string* file : {&config.tls->cert_file, &config.tls->key_file, &config.tls->client_ca_file}) {
      *file = JoinFolder(folder, *file);
    }
  }
  return config;
}

absl::StatusOr<WebConfig> LoadWebConfigFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  return LoadWebConfig(text, path);
}

}  // namespace tocsin
