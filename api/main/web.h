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

/// Routes by `router` and counts requests by handler and code (prometheus_http_*).
http::RootHandler InstrumentedHandler(std::shared_ptr<const http::Router> router, const std::string& route_prefix, SelfMetrics* metrics,
                                      const Clock& clock);

}  // namespace tocsin
