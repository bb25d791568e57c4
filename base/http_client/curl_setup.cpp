#include "base/http_client/curl_setup.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

long LeastVersion(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return CURL_SSLVERSION_TLSv1_0;
    case TlsVersion::kTls11:
      return CURL_SSLVERSION_TLSv1_1;
    case TlsVersion::kTls13:
      return CURL_SSLVERSION_TLSv1_3;
    default:
      return CURL_SSLVERSION_TLSv1_2;
  }
}

long GreatestVersion(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return CURL_SSLVERSION_MAX_TLSv1_0;
    case TlsVersion::kTls11:
      return CURL_SSLVERSION_MAX_TLSv1_1;
    case TlsVersion::kTls12:
      return CURL_SSLVERSION_MAX_TLSv1_2;
    default:
      return CURL_SSLVERSION_MAX_DEFAULT;
  }
}

/// libcurl copies the text.
absl::Status SetBlob(CURL* easy, CURLoption option, const std::string& text, const std::string& path, FileTexts& files, bool* set) {
  *set = !text.empty() || !path.empty();
  if (!*set) {
    return absl::OkStatus();
  }
  std::shared_ptr<const std::string> file;
  if (text.empty()) {
    ASSIGN_OR_RETURN(file, files.Read(path));
  }
  const std::string& pem = text.empty() ? *file : text;
  curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
  return absl::OkStatus();
}

const char* EnvironmentProxy(std::string_view url) {
  const bool https = url.substr(0, 6) == "https:";
  for (const char* const name : {https ? "HTTPS_PROXY" : "HTTP_PROXY", https ? "https_proxy" : "http_proxy"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      return value;
    }
  }
  return "";
}

const char* EnvironmentNoProxy() {
  for (const char* const name : {"NO_PROXY", "no_proxy"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr) {
      return value;
    }
  }
  return "";
}

absl::StatusOr<std::string> TextOrFile(const std::string& text, const std::string& path, FileTexts& files) {
  if (path.empty()) {
    return text;
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> file, files.Read(path));
  return std::string(sv(absl::StripAsciiWhitespace(av(*file))));
}

}  // namespace

absl::Status SetTls(CURL* easy, const TlsOptions& tls, FileTexts& files) {
  bool has_ca = false;
  bool has_cert = false;
  bool has_key = false;
  RETURN_IF_ERROR(SetBlob(easy, CURLOPT_CAINFO_BLOB, tls.ca, tls.ca_file, files, &has_ca));
  RETURN_IF_ERROR(SetBlob(easy, CURLOPT_SSLCERT_BLOB, tls.cert, tls.cert_file, files, &has_cert));
  RETURN_IF_ERROR(SetBlob(easy, CURLOPT_SSLKEY_BLOB, tls.key.Reveal(), tls.key_file, files, &has_key));
  if (has_ca) {
    // Otherwise the machine's own authorities would be trusted beside the given one.
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (tls.insecure_skip_verify) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, LeastVersion(tls.min_version) | GreatestVersion(tls.max_version));
  return absl::OkStatus();
}

void SetProxy(CURL* easy, const ProxyOptions& proxy, std::string_view url, curl_slist** headers) {
  const char* const chosen = proxy.proxy_from_environment ? EnvironmentProxy(url) : proxy.proxy_url.c_str();
  curl_easy_setopt(easy, CURLOPT_PROXY, chosen);
  if (*chosen == '\0') {
    return;
  }
  curl_easy_setopt(easy, CURLOPT_NOPROXY, proxy.proxy_from_environment ? EnvironmentNoProxy() : proxy.no_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  for (const auto& [name, values] : proxy.proxy_connect_header) {
    for (const Secret& value : values) {
      *headers = curl_slist_append(*headers, Cat(name, ": ", value.Reveal()).c_str());
    }
  }
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  curl_easy_setopt(easy, CURLOPT_PROXYHEADER, *headers);
}

absl::StatusOr<std::string> AuthorizationValue(const HttpClientOptions& options, std::string_view token, FileTexts& files) {
  if (!token.empty()) {
    return Cat("Bearer ", token);
  }
  if (options.basic_auth != nullptr) {
    const BasicAuthOptions& basic = *options.basic_auth;
    ASSIGN_OR_RETURN(const std::string username, TextOrFile(basic.username, basic.username_file, files));
    ASSIGN_OR_RETURN(const std::string password, TextOrFile(basic.password.Reveal(), basic.password_file, files));
    return Cat("Basic ", absl::Base64Escape(av(Cat(username, ":", password))));
  }
  if (options.authorization != nullptr) {
    const AuthorizationOptions& authorization = *options.authorization;
    ASSIGN_OR_RETURN(const std::string credentials, TextOrFile(authorization.credentials.Reveal(), authorization.credentials_file, files));
    return Cat(authorization.type.empty() ? "Bearer" : authorization.type, " ", credentials);
  }
  return std::string();
}

absl::StatusOr<HttpHeaders> HeadersToSend(const HttpClientOptions& options, const HttpRequest& request, std::string_view token,
                                          bool same_origin, FileTexts& files) {
  HttpHeaders headers;
  for (const auto& [name, value] : request.headers) {
    if (same_origin || !(absl::EqualsIgnoreCase(name, "authorization") || absl::EqualsIgnoreCase(name, "cookie"))) {
      headers.emplace_back(name, value);
    }
  }
  if (!same_origin) {
    return headers;
  }
  for (const auto& [name, header] : options.http_headers) {
    for (const std::string& value : header.values) {
      headers.emplace_back(name, value);
    }
    for (const Secret& secret : header.secrets) {
      headers.emplace_back(name, secret.Reveal());
    }
    for (const std::string& path : header.files) {
      ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> text, files.Read(path));
      headers.emplace_back(name, sv(absl::StripAsciiWhitespace(av(*text))));
    }
  }
  const bool has_authorization =
      std::any_of(headers.begin(), headers.end(), [](const auto& header) { return absl::EqualsIgnoreCase(header.first, "authorization"); });
  if (!has_authorization) {
    ASSIGN_OR_RETURN(std::string authorization, AuthorizationValue(options, token, files));
    if (!authorization.empty()) {
      headers.emplace_back("Authorization", std::move(authorization));
    }
  }
  return headers;
}

bool HasProxy(const ProxyOptions& proxy, std::string_view url) {
  return !proxy.proxy_url.empty() || (proxy.proxy_from_environment && *EnvironmentProxy(url) != '\0');
}

absl::StatusOr<UrlOrigin> OriginOf(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) {
    return absl::InvalidArgumentError(curl_url_strerror(code));
  }
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string value;
    if (curl_url_get(parts.get(), which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK) {
      value = text;
      curl_free(text);
    }
    return value;
  };
  UrlOrigin origin{part(CURLUPART_SCHEME), absl::AsciiStrToLower(part(CURLUPART_HOST)), part(CURLUPART_PORT)};
  if (origin.scheme != "http" && origin.scheme != "https") {
    return absl::InvalidArgumentError(av(Cat("unsupported protocol scheme \"", origin.scheme, "\"")));
  }
  return origin;
}

bool MayForwardCredentials(const UrlOrigin& from, const UrlOrigin& to) {
  return from == to || (from.host == to.host && from.scheme == "http" && from.port == "80" && to.scheme == "https" && to.port == "443");
}

}  // namespace tocsin
