#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"

namespace tocsin {

/// The `http_config` of Prometheus, shared by scrapes, discovery, Alertmanagers and remote write. Plain values; what is contradictory
/// is refused where the configuration is read (engine/config). Paths are absolute or relative to the working directory.
/// Files are read again when they change: a rotated secret or certificate counts from the next request on.

struct BasicAuthOptions {
  std::string username;
  std::string username_file;
  Secret password;
  std::string password_file;

  bool operator==(const BasicAuthOptions&) const = default;
};

struct AuthorizationOptions {
  std::string type = "Bearer";
  Secret credentials;
  std::string credentials_file;

  bool operator==(const AuthorizationOptions&) const = default;
};

/// kDefault is TLS 1.2 as the least and the newest known as the greatest.
enum class TlsVersion { kDefault, kTls10, kTls11, kTls12, kTls13 };

struct TlsOptions {
  std::string ca;    // PEM text
  std::string cert;  // PEM text
  Secret key;        // PEM text
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  TlsVersion min_version = TlsVersion::kDefault;
  TlsVersion max_version = TlsVersion::kDefault;

  bool operator==(const TlsOptions&) const = default;
};

struct ProxyOptions {
  std::string proxy_url;
  std::string no_proxy;
  bool proxy_from_environment = false;
  std::map<std::string, std::vector<Secret>> proxy_connect_header;

  bool operator==(const ProxyOptions&) const = default;
};

struct OAuth2Options {
  std::string client_id;
  Secret client_secret;
  std::string client_secret_file;
  std::vector<std::string> scopes;
  std::string token_url;
  std::map<std::string, std::string> endpoint_params;
  TlsOptions tls;
  ProxyOptions proxy;

  /// "client_credentials" (also when empty) or "urn:ietf:params:oauth:grant-type:jwt-bearer" (RFC 7523) with the fields below.
  std::string grant_type;
  std::string client_certificate_key_id;
  Secret client_certificate_key;
  std::string client_certificate_key_file;
  std::string signature_algorithm = "RS256";  // RS256, RS384, RS512
  std::string iss;
  std::string audience;
  std::map<std::string, std::string> claims;

  bool operator==(const OAuth2Options&) const = default;
};

/// One entry of `http_headers`: the header is sent once for each value.
struct HttpHeaderOptions {
  std::vector<std::string> values;
  std::vector<Secret> secrets;
  std::vector<std::string> files;

  bool operator==(const HttpHeaderOptions&) const = default;
};

struct HttpClientOptions {
  // At most one of these three is set.
  std::shared_ptr<const BasicAuthOptions> basic_auth;
  std::shared_ptr<const AuthorizationOptions> authorization;
  std::shared_ptr<const OAuth2Options> oauth2;

  TlsOptions tls;
  ProxyOptions proxy;
  std::map<std::string, HttpHeaderOptions> http_headers;
  bool follow_redirects = true;
  bool enable_http2 = true;

  /// By content, not by pointer.
  bool operator==(const HttpClientOptions& other) const;
};

}  // namespace tocsin
