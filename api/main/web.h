#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/http/router.h"
#include "api/http/server.h"
#include "api/main/self_metrics.h"
#include "api/v1/api.h"

namespace tocsin {

/// What the paths outside of /api/v1 need.
struct WebOptions {
  std::string route_prefix;  // "" or "/prefix"
  bool lifecycle = false;
  std::function<absl::Status()> reload;
  std::function<void()> quit;
};

/// Adds /-/healthy, /-/ready, /-/reload, /-/quit, /metrics, /version and the start page to the router. `metrics` and `sources` outlive it.
void RegisterWeb(const WebOptions& options, const api::Sources& sources, SelfMetrics* metrics, http::Router* router);

/// prometheus_http_*: requests by handler and code. Threads: safe.
class HttpMetrics {
 public:
  explicit HttpMetrics(prometheus::Registry* registry);
  ~HttpMetrics();

  void Count(std::string_view handler, int code, double seconds, size_t bytes);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

/// Routes by `router` and counts what it answers.
http::RootHandler InstrumentedHandler(std::shared_ptr<const http::Router> router, const std::string& route_prefix,
                                      std::shared_ptr<HttpMetrics> metrics, const Clock& clock);

}  // namespace tocsin
