#include "api/http/listen_address.h"

#include <algorithm>

#include "base/strings.h"

namespace tocsin::http {
namespace {

constexpr std::string_view kUnix = "unix:";

absl::Status AddressError(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(Cat("address ", text, ": ", what));
}

bool IsPort(std::string_view port) {
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(std::string(port)) <= 65535;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  ListenAddress address;
  if (text.starts_with(kUnix)) {
    std::string_view path = text.substr(kUnix.size());
    if (path.starts_with("//")) {
      path.remove_prefix(2);
    }
    if (path.empty()) {
      return AddressError(text, "missing path of the unix socket");
    }
    address.unix_path = path;
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || (text.starts_with('[') && colon < text.rfind(']'))) {
    return AddressError(text, "missing port in address");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return AddressError(text, "too many colons in address");
  }
  address.host = host;
  address.port = text.substr(colon + 1);
  if (!IsPort(address.port)) {
    return AddressError(text, "invalid port");
  }
  return address;
}

std::string JoinHostPort(std::string_view host, std::string_view port) {
  const bool brackets = host.find(':') != std::string_view::npos;
  return Cat(brackets ? "[" : "", host, brackets ? "]:" : ":", port);
}

}  // namespace tocsin::http
