#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/http_client/file_texts.h"
#include "base/http_client/http_message.h"
#include "base/http_client/http_options.h"

namespace tocsin {

/// Certificates, keys and versions of one hop; files as they are now.
absl::Status SetTls(CURL* easy, const TlsOptions& tls, FileTexts& files);

/// The proxy for `url`. `*headers` gets those of the CONNECT request; it must live until the hop is over.
void SetProxy(CURL* easy, const ProxyOptions& proxy, std::string_view url, curl_slist** headers);

/// The value of the Authorization header, "" for none. `token` is that of OAuth2.
absl::StatusOr<std::string> AuthorizationValue(const HttpClientOptions& options, std::string_view token, FileTexts& files);

/// The headers of a request: its own, `http_headers` and Authorization. Credentials stay at home where the hop has left the request's
/// origin.
absl::StatusOr<HttpHeaders> HeadersToSend(const HttpClientOptions& options, const HttpRequest& request, std::string_view token,
                                          bool same_origin, FileTexts& files);

/// Whether requests for `url` go to a proxy.
bool HasProxy(const ProxyOptions& proxy, std::string_view url);

/// Scheme, host and port, for the rule on credentials and redirects.
struct UrlOrigin {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const UrlOrigin&) const = default;
};
absl::StatusOr<UrlOrigin> OriginOf(const std::string& url);

/// Credentials go along from `from` to `to`: the same origin, or the same host from http to https, both on their default ports.
bool MayForwardCredentials(const UrlOrigin& from, const UrlOrigin& to);

}  // namespace tocsin
