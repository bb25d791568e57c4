#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/http_client/http_options.h"
#include "base/secret.h"
#include "base/types.h"

namespace tocsin {

/// What a client certificate is asked for, in the words of Go's crypto/tls.
enum class ClientAuth { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

/// `tls_server_config`. Texts are PEM.
struct WebTlsConfig {
  std::string cert;
  Secret key;
  std::string client_ca;
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;
  std::vector<std::string> cipher_suites;      ///< Go's names: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256". Empty: the library's.
  std::vector<std::string> curve_preferences;  ///< "X25519", "CurveP256", "CurveP384", "CurveP521".
  bool prefer_server_cipher_suites = true;

  bool operator==(const WebTlsConfig&) const = default;
};

struct WebRateLimit {
  DurationMs interval_ms = 0;
  int64_t burst = 0;

  bool operator==(const WebRateLimit&) const = default;
};

/// The file of `--web.config.file`, which Prometheus, Alertmanager and exporters share.
struct WebConfig {
  std::optional<WebTlsConfig> tls;  ///< Unset: plain HTTP.
  bool http2 = true;
  std::map<std::string, std::string> headers;      ///< Sent with each answer.
  std::map<std::string, Secret> basic_auth_users;  ///< To bcrypt hashes; empty: no authentication.
  std::optional<WebRateLimit> rate_limit;

  bool operator==(const WebConfig&) const = default;
};

/// Reads and checks the file; paths in it are made relative to its folder. An empty file is the default. Whether certificates load is for
/// the server to say. Errors are one line "FILE:LINE:COLUMN: reason".
absl::StatusOr<WebConfig> LoadWebConfigFile(const std::string& path);
absl::StatusOr<WebConfig> LoadWebConfig(std::string_view text, const std::string& path);

}  // namespace tocsin
