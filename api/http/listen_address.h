#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin::http {

/// "host:port", ":port", "[::1]:port" or "unix:/path" ("unix:///path" too).
struct ListenAddress {
  std::string host;  // empty: all interfaces
  std::string port;
  std::string unix_path;  // not empty: a unix socket, the others are empty
};

/// Errors have Go's words: `address localhost: missing port in address`.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

/// Go's net.JoinHostPort: a host with a colon gets brackets.
std::string JoinHostPort(std::string_view host, std::string_view port);

}  // namespace tocsin::http
