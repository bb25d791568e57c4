#include "base/http_client/curl_error.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "base/http_client/curl_setup.h"
#include "base/secret.h"
#include "base/strings.h"

namespace tocsin {
namespace {

/// host:port, the port of the scheme where the URL has none.
std::string HostPortOf(std::string_view url) {
  const absl::StatusOr<UrlOrigin> origin = OriginOf(std::string(url));
  return origin.ok() ? Cat(origin->host, ":", origin->port) : std::string();
}

std::string HostOf(std::string_view url) {
  const absl::StatusOr<UrlOrigin> origin = OriginOf(std::string(url));
  return origin.ok() ? origin->host : std::string();
}

std::string DialText(CURL* easy, std::string_view url, std::string_view detail) {
  long error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
  return Cat("dial tcp ", HostPortOf(url), ": ", error == 0 ? std::string(detail) : Cat("connect: ", ErrnoText(error)));
}

std::string LostText(CURL* easy, std::string_view detail) {
  long error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
  return error == ECONNRESET || error == EPIPE ? Cat("read: ", ErrnoText(error)) : std::string(detail);
}

}  // namespace

std::string ErrnoText(long error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused";
    case ECONNRESET:
      return "connection reset by peer";
    case EHOSTUNREACH:
      return "no route to host";
    case ENETUNREACH:
      return "network is unreachable";
    case ENOENT:
      return "no such file or directory";
    case ETIMEDOUT:
      return "connection timed out";
    case EPIPE:
      return "broken pipe";
    default:
      return absl::AsciiStrToLower(std::strerror(static_cast<int>(error)));
  }
}

std::string RequestErrorText(std::string_view method, std::string_view url, std::string_view reason) {
  std::string verb = absl::AsciiStrToLower(av(method));
  if (!verb.empty()) {
    verb[0] = absl::ascii_toupper(static_cast<unsigned char>(verb[0]));
  }
  return Cat(verb, " \"", RedactUrl(url), "\": ", reason);
}

absl::Status CurlFailure(CURL* easy, CURLcode code, std::string_view method, std::string_view url, std::string_view detail) {
  const std::string text = detail.empty() ? curl_easy_strerror(code) : std::string(detail);
  const auto unavailable = [&](std::string_view reason) { return absl::UnavailableError(av(RequestErrorText(method, url, reason))); };
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(av(RequestErrorText(method, url, "context deadline exceeded")));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (text.find("HTTP/0.9") == std::string::npos) {
        return absl::InvalidArgumentError(av(RequestErrorText(method, url, text)));
      }
      return unavailable("net/http: HTTP/1.x transport connection broken: malformed HTTP response");
    case CURLE_WEIRD_SERVER_REPLY:
      return unavailable("net/http: HTTP/1.x transport connection broken: malformed HTTP response");
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable(Cat("dial tcp: lookup ", HostOf(url), ": no such host"));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable("proxyconnect tcp: dial tcp: lookup of the proxy: no such host");
    case CURLE_COULDNT_CONNECT:
      return unavailable(DialText(easy, url, text));
    case CURLE_GOT_NOTHING:
      return unavailable("EOF");
    case CURLE_PARTIAL_FILE:
      return absl::UnavailableError("unexpected EOF");
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return unavailable(LostText(easy, text));
    case CURLE_PEER_FAILED_VERIFICATION:
      return unavailable(Cat("tls: failed to verify certificate: ", text));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return unavailable(Cat("tls: ", text));
    default:
      return unavailable(text);
  }
}

}  // namespace tocsin
