#include <string_view>

#include "base/strings.h"
#include "engine/scrape/scrape_manager.h"

namespace tocsin {
namespace {

struct HostPort {
  std::string_view host;
  std::string_view port;
};

/// "[::1]:80" has the host "::1".
HostPort SplitHostPort(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close != std::string_view::npos) {
      return {text.substr(1, close - 1), text.substr(std::min(text.size(), close + 2))};
    }
  }
  const size_t colon = text.rfind(':');
  return colon == std::string_view::npos ? HostPort{text, {}} : HostPort{text.substr(0, colon), text.substr(colon + 1)};
}

bool IsLocal(std::string_view host) { return host == "127.0.0.1" || host == "localhost" || host == "::1"; }

}  // namespace

std::string GlobalUrl(const std::string& url, const ScrapeManager::Options& options) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string::npos || options.external_host.empty()) {
    return url;
  }
  const size_t host_start = scheme_end + 3;
  const size_t host_end = std::min(url.find('/', host_start), url.size());
  const HostPort target = SplitHostPort(std::string_view(url).substr(host_start, host_end - host_start));
  if (!IsLocal(target.host)) {
    return url;
  }
  const std::string_view rest = std::string_view(url).substr(host_end);
  if (target.port == SplitHostPort(options.listen_address).port) {
    // That is ourselves: scheme and port are those of the external URL as well.
    return Cat(options.external_scheme, "://", options.external_host, rest);
  }
  const std::string_view external = SplitHostPort(options.external_host).host;
  const bool v6 = external.find(':') != std::string_view::npos;
  return Cat(std::string_view(url).substr(0, host_start), v6 ? "[" : "", external, v6 ? "]" : "", target.port.empty() ? "" : ":",
             target.port, rest);
}

}  // namespace tocsin
