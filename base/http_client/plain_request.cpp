#include "base/http_client/plain_request.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "absl/strings/match.h"
#include "base/http_client/curl_setup.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr std::string_view kScheme = "http://";
/// What libcurl takes as an instruction, or writes itself.
constexpr std::array<std::string_view, 7> kOwnHeaders = {"host", "content-length", "transfer-encoding", "connection", "expect",
                                                         "te",   "upgrade"};

bool IsSimpleHeader(std::string_view name, std::string_view value) {
  const auto breaks_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !name.empty() &&
         std::none_of(name.begin(), name.end(), [&](char c) { return breaks_line(c) || c == ':' || c == ';' || c == ' '; }) &&
         std::none_of(value.begin(), value.end(), breaks_line) &&
         std::none_of(kOwnHeaders.begin(), kOwnHeaders.end(),
                      [&](std::string_view own) { return absl::EqualsIgnoreCase(av(own), av(name)); });
}

/// Begins with "/" and is what libcurl would send: nothing to escape, no dots to resolve, no fragment.
bool IsSimplePath(std::string_view path) {
  return path.starts_with('/') && path.find("/.") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < '\x7f' && std::strchr("#\"<>\\^`{|}", c) == nullptr; });
}

bool ParsePort(std::string_view text, uint16_t* port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *port);
  return !text.empty() && text[0] != '0' && error == std::errc() && end == text.data() + text.size();
}

bool SetAddress(std::string_view host, uint16_t port, PlainRequest* plain) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(plain->address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(plain->address);
  if (host.starts_with('[') && host.ends_with(']')) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    plain->address_bytes = sizeof(v6);
    return inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &v6.sin6_addr) == 1;
  }
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  plain->address_bytes = sizeof(v4);
  return inet_pton(AF_INET, std::string(host).c_str(), &v4.sin_addr) == 1;
}

}  // namespace

bool IsPlain(const HttpClientOptions& options, const HttpRequest& request) {
  return request.method == "GET" && request.body.empty() && request.unix_socket.empty() && !request.decode_content &&
         request.idle_timeout_ms == 0 && request.url.starts_with(kScheme) && !HasProxy(options.proxy, request.url);
}

std::optional<PlainRequest> MakePlainRequest(const HttpRequest& request, const HttpHeaders& headers) {
  const std::string_view rest = std::string_view(request.url).substr(kScheme.size());
  const size_t path_begin = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, path_begin);
  const std::string_view path = path_begin == rest.size() ? "/" : rest.substr(path_begin);
  const size_t colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
  uint16_t port = 80;
  PlainRequest plain;
  if ((colon != std::string_view::npos && !ParsePort(authority.substr(colon + 1), &port)) ||
      !SetAddress(authority.substr(0, colon), port, &plain) || !IsSimplePath(path)) {
    return std::nullopt;
  }
  const std::string_view host = authority.substr(0, colon);
  plain.host_port = Cat(host, ":", port);
  plain.text = Cat("GET ", path, " HTTP/1.1\r\nHost: ", port == 80 ? host : std::string_view(plain.host_port), "\r\n");
  for (const auto& [name, value] : headers) {
    if (!IsSimpleHeader(name, value)) {
      return std::nullopt;
    }
    plain.text += Cat(name, value.empty() ? ":" : ": ", value, "\r\n");
  }
  plain.text += "\r\n";
  return plain;
}

}  // namespace tocsin
