#include "api/main/web.h"

#include "base/log.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr std::string_view kLifecycleOff = "Lifecycle API is not enabled.";
constexpr std::string_view kWrongMethod = "Only POST or PUT requests allowed";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

http::Handler Text(int status, std::string_view text) {
  return [status, text = std::string(text)](const http::Request&) { return http::TextResponse(status, text); };
}

void RegisterLifecycle(const WebOptions& options, http::Router* router) {
  const std::string& prefix = options.route_prefix;
  for (const char* path : {"/-/reload", "/-/quit"}) {
    router->Handle("GET HEAD", prefix + path, Text(405, kWrongMethod));
  }
  if (!options.lifecycle) {
    router->Handle("POST PUT", prefix + "/-/reload", Text(403, kLifecycleOff));
    router->Handle("POST PUT", prefix + "/-/quit", Text(403, kLifecycleOff));
    return;
  }
  router->Handle("POST PUT", prefix + "/-/reload", [reload = options.reload](const http::Request&) {
    const absl::Status status = reload();
    return status.ok() ? http::TextResponse(200, "") : http::TextResponse(500, Cat("failed to reload config: ", Message(status), "\n"));
  });
  router->Handle("POST PUT", prefix + "/-/quit", [quit = options.quit](const http::Request&) {
    quit();
    return http::TextResponse(200, "Requesting termination... Goodbye!");
  });
}

/// There is no user interface of its own yet: people are told where things are.
http::Response StartPage(const std::string& prefix) {
  http::Response response;
  response.Set("Content-Type", "text/html; charset=utf-8");
  response.body = "<!DOCTYPE html><html><head><title>Tocsin</title></head><body><h1>Tocsin</h1><ul>";
  for (const char* path : {"/api/v1/targets", "/api/v1/rules", "/api/v1/alerts", "/api/v1/status/config", "/api/v1/status/flags",
                           "/api/v1/status/runtimeinfo", "/api/v1/status/buildinfo", "/metrics", "/-/healthy", "/-/ready"}) {
    Append(&response.body, "<li><a href=\"", prefix, path, "\">", prefix, path, "</a></li>");
  }
  response.body += "</ul></body></html>\n";
  return response;
}

}  // namespace

void RegisterWeb(const WebOptions& options, const api::Sources& sources, SelfMetrics* metrics, http::Router* router) {
  const std::string& prefix = options.route_prefix;
  router->Handle("GET HEAD", prefix + "/-/healthy", Text(200, "Prometheus Server is Healthy.\n"));
  router->Handle("GET HEAD", prefix + "/-/ready", api::WhenReady(sources, Text(200, "Prometheus Server is Ready.\n")));
  RegisterLifecycle(options, router);
  router->Handle("GET", prefix + "/metrics", [metrics](const http::Request&) {
    http::Response response;
    response.Set("Content-Type", kMetricsType);
    response.body = metrics->Text();
    return response;
  });
  router->Handle("GET", prefix + "/version",
                 [&sources](const http::Request&) { return http::TextResponse(200, api::BuildInfoJson(sources.build_info) + "\n"); });
  for (const char* path : {"/", "/query", "/graph", "/alerts", "/rules", "/targets"}) {
    router->Handle("GET", prefix + path, [prefix](const http::Request&) { return StartPage(prefix); });
  }
  router->Handle("GET", prefix + "/consoles/*", Text(404, "console templates are not supported: use a dashboard over the HTTP API\n"));
  router->Handle("GET POST", prefix + "/debug/*", Text(404, "profiles of Go's runtime do not exist here: use perf\n"));
  if (!prefix.empty()) {
    router->Handle("GET", "/", [prefix](const http::Request&) {
      http::Response response;
      response.status = 302;
      response.Set("Location", prefix + "/");
      return response;
    });
  }
}

}  // namespace tocsin
