#include "engine/config/http_yaml.h"

#include <array>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/status.h"
#include "base/text/quote.h"
#include "engine/config/reserved_headers.h"
#include "engine/config/url_check.h"

namespace tocsin {
namespace {

// The secret manager that `*_ref` fields name does not exist here, nor in Prometheus itself.
bool RefuseReference(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field) {
  const yaml::Node* node = reader.Take(field);
  if (node == nullptr || node->IsNull() || node->text.empty()) {
    return true;
  }
  decoder.Fail(*node, Cat(field, " is not supported: there is no secret manager"));
  return false;
}

int CountSet(std::initializer_list<bool> set) {
  int count = 0;
  for (const bool one : set) {
    count += one ? 1 : 0;
  }
  return count;
}

absl::Status AtMostOne(std::initializer_list<bool> set, std::string_view text) {
  return CountSet(set) > 1 ? absl::InvalidArgumentError(av(text)) : absl::OkStatus();
}

absl::Status Refused(std::string_view text) { return absl::InvalidArgumentError(av(text)); }

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

// Go's canonical form of a header name: "www-authenticate" -> "Www-Authenticate".
std::string CanonicalHeader(std::string_view name) {
  std::string out = Lower(name);
  bool upper = true;
  for (char& c : out) {
    if (upper && c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 32);
    }
    upper = c == '-';
  }
  return out;
}

constexpr std::array<std::pair<TlsVersion, std::string_view>, 4> kTlsVersions = {
    {{TlsVersion::kTls10, "TLS10"}, {TlsVersion::kTls11, "TLS11"}, {TlsVersion::kTls12, "TLS12"}, {TlsVersion::kTls13, "TLS13"}}};

std::optional<TlsVersion> TlsVersionOf(std::string_view name) {
  for (const auto& [version, text] : kTlsVersions) {
    if (text == name) {
      return version;
    }
  }
  return std::nullopt;
}

void ReadTlsVersion(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, TlsVersion* out) {
  const yaml::Node* node = reader.Take(field);
  if (node == nullptr || node->IsNull()) {
    return;
  }
  std::string name;
  yaml::Read(decoder, *node, &name);
  if (const std::optional<TlsVersion> version = TlsVersionOf(name)) {
    *out = *version;
  } else {
    decoder.Fail(*node, Cat("unknown TLS version: ", name));
  }
}

void TakeProxy(yaml::Decoder& decoder, yaml::StructReader& reader, ProxyOptions* out) {
  if (const yaml::Node* node = reader.Take("proxy_url")) {
    yaml::Read(decoder, *node, &out->proxy_url);
    decoder.Check(*node, ParseUrl(out->proxy_url).status());
  }
  reader.Field("no_proxy", &out->no_proxy)
      .Field("proxy_from_environment", &out->proxy_from_environment)
      .Field("proxy_connect_header", &out->proxy_connect_header);
}

absl::Status CheckProxy(const ProxyOptions& proxy) {
  if (!proxy.proxy_connect_header.empty() && !proxy.proxy_from_environment && proxy.proxy_url.empty()) {
    return Refused("if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured");
  }
  if (proxy.proxy_from_environment && !proxy.proxy_url.empty()) {
    return Refused("if proxy_from_environment is configured, proxy_url must not be configured");
  }
  if (proxy.proxy_from_environment && !proxy.no_proxy.empty()) {
    return Refused("if proxy_from_environment is configured, no_proxy must not be configured");
  }
  if (proxy.proxy_url.empty() && !proxy.no_proxy.empty()) {
    return Refused("if no_proxy is configured, proxy_url must also be configured");
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const TlsOptions& tls) {
  const bool cert = !tls.cert.empty() || !tls.cert_file.empty();
  const bool key = !tls.key.empty() || !tls.key_file.empty();
  RETURN_IF_ERROR(AtMostOne({!tls.ca.empty(), !tls.ca_file.empty()}, "at most one of ca, ca_file & ca_ref must be configured"));
  RETURN_IF_ERROR(AtMostOne({!tls.cert.empty(), !tls.cert_file.empty()}, "at most one of cert, cert_file & cert_ref must be configured"));
  RETURN_IF_ERROR(AtMostOne({!tls.key.empty(), !tls.key_file.empty()}, "at most one of key and key_file must be configured"));
  if (cert && !key) {
    return Refused("exactly one of key or key_file must be configured when a client certificate is configured");
  }
  if (key && !cert) {
    return Refused("exactly one of cert or cert_file must be configured when a client key is configured");
  }
  return absl::OkStatus();
}

}  // namespace

std::string GoTypeName(const Secret*) { return "string"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, Secret* out) {
  std::string text;
  yaml::DecodeYaml(decoder, node, &text);
  *out = Secret(std::move(text));
}

std::string GoTypeName(const TlsOptions*) { return "config.plain"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TlsOptions* out) {
  yaml::StructReader reader(decoder, node, "config.plain");
  reader.Field("ca", &out->ca).Field("cert", &out->cert).Field("key", &out->key);
  reader.Field("ca_file", &out->ca_file).Field("cert_file", &out->cert_file).Field("key_file", &out->key_file);
  reader.Field("server_name", &out->server_name).Field("insecure_skip_verify", &out->insecure_skip_verify);
  ReadTlsVersion(decoder, reader, "min_version", &out->min_version);
  ReadTlsVersion(decoder, reader, "max_version", &out->max_version);
  for (const std::string_view field : {"ca_ref", "cert_ref", "key_ref"}) {
    RefuseReference(decoder, reader, field);
  }
  if (reader.Finish()) {
    decoder.Check(node, CheckTls(*out));
  }
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, BasicAuthOptions* out) {
  yaml::StructReader reader(decoder, node, "config.BasicAuth");
  reader.Field("username", &out->username).Field("username_file", &out->username_file);
  reader.Field("password", &out->password).Field("password_file", &out->password_file);
  RefuseReference(decoder, reader, "username_ref");
  RefuseReference(decoder, reader, "password_ref");
  reader.Finish();
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, AuthorizationOptions* out) {
  yaml::StructReader reader(decoder, node, "config.Authorization");
  out->type.clear();
  reader.Field("type", &out->type).Field("credentials", &out->credentials).Field("credentials_file", &out->credentials_file);
  RefuseReference(decoder, reader, "credentials_ref");
  reader.Finish();
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, OAuth2Options* out) {
  yaml::StructReader reader(decoder, node, "config.plain");
  reader.Field("client_id", &out->client_id)
      .Field("client_secret", &out->client_secret)
      .Field("client_secret_file", &out->client_secret_file)
      .Field("scopes", &out->scopes)
      .Field("token_url", &out->token_url)
      .Field("endpoint_params", &out->endpoint_params)
      .Field("tls_config", &out->tls)
      .Field("grant_type", &out->grant_type)
      .Field("client_certificate_key_id", &out->client_certificate_key_id)
      .Field("client_certificate_key", &out->client_certificate_key)
      .Field("client_certificate_key_file", &out->client_certificate_key_file)
      .Field("signature_algorithm", &out->signature_algorithm)
      .Field("iss", &out->iss)
      .Field("audience", &out->audience)
      .Field("claims", &out->claims);
  TakeProxy(decoder, reader, &out->proxy);
  RefuseReference(decoder, reader, "client_secret_ref");
  RefuseReference(decoder, reader, "client_certificate_key_ref");
  if (reader.Finish()) {
    decoder.Check(node, CheckProxy(out->proxy));
  }
}

static std::string GoTypeName(const HttpHeaderOptions*) { return "config.Header"; }
static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, HttpHeaderOptions* out) {
  yaml::StructReader reader(decoder, node, "config.Header");
  reader.Field("values", &out->values).Field("secrets", &out->secrets).Field("files", &out->files).Finish();
}

HttpFields::HttpFields(yaml::Decoder& decoder, const yaml::Node& node, yaml::StructReader& reader, HttpClientOptions* options)
    : decoder_(decoder), node_(node), options_(*options) {
  const auto section = [&](std::string_view name, auto* out) {
    if (const yaml::Node* found = reader.Take(name)) {
      yaml::Read(decoder, *found, out);
    }
  };
  section("basic_auth", &basic_auth_);
  section("authorization", &authorization_);
  section("oauth2", &oauth2_);
  section("bearer_token", &bearer_token_);
  section("bearer_token_file", &bearer_token_file_);
  section("tls_config", &options_.tls);
  section("follow_redirects", &options_.follow_redirects);
  section("enable_http2", &options_.enable_http2);
  section("http_headers", &options_.http_headers);
  TakeProxy(decoder, reader, &options_.proxy);
}

bool HttpFields::Validate() {
  if (decoder_.failed() || !decoder_.Check(node_, Check())) {
    return false;
  }
  if (basic_auth_) {
    options_.basic_auth = std::make_shared<const BasicAuthOptions>(*std::move(basic_auth_));
  }
  if (authorization_) {
    options_.authorization = std::make_shared<const AuthorizationOptions>(*std::move(authorization_));
  }
  if (oauth2_) {
    options_.oauth2 = std::make_shared<const OAuth2Options>(*std::move(oauth2_));
  }
  return true;
}

absl::Status HttpFields::Check() {
  const bool bearer = has_bearer_token();
  RETURN_IF_ERROR(AtMostOne({!bearer_token_.empty(), !bearer_token_file_.empty()},
                            "at most one of bearer_token & bearer_token_file must be configured"));
  if ((basic_auth_ || oauth2_) && bearer) {
    return Refused("at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
  }
  if (basic_auth_) {
    RETURN_IF_ERROR(AtMostOne({!basic_auth_->username.empty(), !basic_auth_->username_file.empty()},
                              "at most one of basic_auth username, username_file & username_ref must be configured"));
    RETURN_IF_ERROR(AtMostOne({!basic_auth_->password.empty(), !basic_auth_->password_file.empty()},
                              "at most one of basic_auth password, password_file & password_ref must be configured"));
  }
  RETURN_IF_ERROR(CheckAuthorization());
  if (oauth2_) {
    RETURN_IF_ERROR(CheckOAuth2());
  }
  RETURN_IF_ERROR(CheckProxy(options_.proxy));
  for (const auto& [name, header] : options_.http_headers) {
    const std::string lower = Lower(name);
    if (lower == "authorization" || lower == "x-prometheus-scrape-timeout-seconds" || IsReservedHeader(lower)) {
      return Refused(Cat("setting header ", GoQuoted(CanonicalHeader(name)), " is not allowed"));
    }
  }
  return absl::OkStatus();
}

absl::Status HttpFields::CheckAuthorization() {
  if (!authorization_) {
    if (!bearer_token_.empty() || !bearer_token_file_.empty()) {
      authorization_ = AuthorizationOptions{"Bearer", bearer_token_, bearer_token_file_};
    }
    return absl::OkStatus();
  }
  if (!bearer_token_.empty() || !bearer_token_file_.empty()) {
    return Refused("authorization is not compatible with bearer_token & bearer_token_file");
  }
  RETURN_IF_ERROR(AtMostOne({!authorization_->credentials.empty(), !authorization_->credentials_file.empty()},
                            "at most one of authorization credentials & credentials_file must be configured"));
  std::string& type = authorization_->type;
  type.erase(0, type.find_first_not_of(" \t"));
  type.erase(type.find_last_not_of(" \t") + 1);
  if (type.empty()) {
    type = "Bearer";
  }
  if (Lower(type) == "basic") {
    return Refused("authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
  }
  if (basic_auth_ || oauth2_) {
    return Refused("at most one of basic_auth, oauth2 & authorization must be configured");
  }
  return absl::OkStatus();
}

absl::Status HttpFields::CheckOAuth2() const {
  const OAuth2Options& oauth2 = *oauth2_;
  if (basic_auth_) {
    return Refused("at most one of basic_auth, oauth2 & authorization must be configured");
  }
  if (oauth2.client_id.empty()) {
    return Refused("oauth2 client_id must be configured");
  }
  if (oauth2.token_url.empty()) {
    return Refused("oauth2 token_url must be configured");
  }
  if (oauth2.grant_type == "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    RETURN_IF_ERROR(AtMostOne({!oauth2.client_certificate_key.empty(), !oauth2.client_certificate_key_file.empty()},
                              "at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref "
                              "must be configured using grant-type=urn:ietf:params:oauth:grant-type:jwt-bearer"));
    if (!oauth2.signature_algorithm.empty() && oauth2.signature_algorithm != "RS256" && oauth2.signature_algorithm != "RS384" &&
        oauth2.signature_algorithm != "RS512") {
      return Refused("valid signature algorithms are RS256, RS384 and RS512");
    }
    return absl::OkStatus();
  }
  return AtMostOne({!oauth2.client_secret.empty(), !oauth2.client_secret_file.empty()},
                   "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using "
                   "grant-type=client_credentials");
}

std::string JoinFolder(std::string_view folder, const std::string& path) {
  if (path.empty() || path.starts_with('/')) {
    return path;
  }
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

void JoinFolders(std::string_view folder, TlsOptions* options) {
  for (std::string* path : {&options->ca_file, &options->cert_file, &options->key_file}) {
    *path = JoinFolder(folder, *path);
  }
}

void JoinFolders(std::string_view folder, HttpClientOptions* options) {
  JoinFolders(folder, &options->tls);
  if (options->basic_auth != nullptr) {
    BasicAuthOptions copy = *options->basic_auth;
    copy.username_file = JoinFolder(folder, copy.username_file);
    copy.password_file = JoinFolder(folder, copy.password_file);
    options->basic_auth = std::make_shared<const BasicAuthOptions>(std::move(copy));
  }
  if (options->authorization != nullptr) {
    AuthorizationOptions copy = *options->authorization;
    copy.credentials_file = JoinFolder(folder, copy.credentials_file);
    options->authorization = std::make_shared<const AuthorizationOptions>(std::move(copy));
  }
  if (options->oauth2 != nullptr) {
    OAuth2Options copy = *options->oauth2;
    copy.client_secret_file = JoinFolder(folder, copy.client_secret_file);
    copy.client_certificate_key_file = JoinFolder(folder, copy.client_certificate_key_file);
    JoinFolders(folder, &copy.tls);
    options->oauth2 = std::make_shared<const OAuth2Options>(std::move(copy));
  }
  for (auto& [name, header] : options->http_headers) {
    for (std::string& file : header.files) {
      file = JoinFolder(folder, file);
    }
  }
}

std::string_view TlsVersionName(TlsVersion version) {
  for (const auto& [known, text] : kTlsVersions) {
    if (known == version) {
      return text;
    }
  }
  return "";
}

}  // namespace tocsin
