#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace tocsin {

/// "host:port", with brackets around an IPv6 address.
inline std::string JoinHostPort(std::string_view host, int64_t port) {
  return host.find(':') == std::string_view::npos ? Cat(host, ":", port) : Cat("[", host, "]:", port);
}

}  // namespace tocsin
