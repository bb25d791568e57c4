#include "api/v1/api.h"

namespace tocsin::api {

void SetCors(const AnchoredRegex& origin_pattern, const http::Request& request, http::Response* response) {
  response->Set("Vary", "Origin");
  const std::string_view origin = request.Header("Origin");
  if (origin.empty()) {
    return;
  }
  response->Set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin");
  response->Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response->Set("Access-Control-Expose-Headers", "Date");
  if (origin_pattern.pattern() == ".*") {
    response->Set("Access-Control-Allow-Origin", "*");
  } else if (origin_pattern.Matches(origin)) {
    response->Set("Access-Control-Allow-Origin", origin);
  }
}

http::Response NotReadyAnswer(Readiness readiness) {
  http::Response response = http::TextResponse(503, "Service Unavailable");
  response.Set("X-Prometheus-Stopping", readiness == Readiness::kStopping ? "true" : "false");
  return response;
}

http::Handler WhenReady(const Sources& sources, http::Handler handler) {
  return [&sources, handler = std::move(handler)](const http::Request& request) {
    const Readiness readiness = sources.readiness();
    return readiness == Readiness::kReady ? handler(request) : NotReadyAnswer(readiness);
  };
}

void Registrar::AddAlways(std::string_view methods, std::string_view path, Endpoint endpoint) {
  const Sources& sources = sources_;
  AddRaw(methods, path, [&sources, endpoint = std::move(endpoint)](const http::Request& request) {
    http::Response response = Answer(endpoint(request));
    SetCors(*sources.cors_origin, request, &response);
    return response;
  });
}

void Registrar::Add(std::string_view methods, std::string_view path, Endpoint endpoint) {
  AddAnswer(methods, path, [endpoint = std::move(endpoint)](const http::Request& request) { return Answer(endpoint(request)); });
}

void Registrar::AddAnswer(std::string_view methods, std::string_view path, http::Handler handler) {
  const Sources& sources = sources_;
  AddRaw(methods, path, WhenReady(sources_, [&sources, handler = std::move(handler)](const http::Request& request) {
           http::Response response = handler(request);
           SetCors(*sources.cors_origin, request, &response);
           return response;
         }));
}

void Registrar::AddRaw(std::string_view methods, std::string_view path, http::Handler handler) {
  router_->Handle(methods, prefix_ + std::string(path), std::move(handler));
}

void RegisterApi(const Sources& sources, const std::string& route_prefix, http::Router* router) {
  Registrar registrar(sources, route_prefix + "/api/v1", router);
  registrar.Add("OPTIONS", "/*", [](const http::Request&) { return Result(); });
  RegisterQueries(sources, &registrar);
  RegisterSeries(sources, &registrar);
  RegisterRules(sources, &registrar);
  RegisterTargets(sources, &registrar);
  RegisterStatus(sources, &registrar);
  RegisterParseQuery(sources, &registrar);
  RegisterExemplars(sources, &registrar);
  RegisterAdmin(sources, &registrar);
  RegisterTsdbStatus(sources, &registrar);
  RegisterNotifications(sources, &registrar);
  RegisterSearch(sources, &registrar);
  RegisterSelfMetrics(sources, &registrar);
  RegisterOpenApi(sources, &registrar);
}

void RegisterEarlyApi(const Sources& sources, const std::string& route_prefix, http::Router* router) {
  Registrar registrar(sources, route_prefix + "/api/v1", router);
  RegisterNotifications(sources, &registrar);
  registrar.AddRaw("GET POST PUT DELETE OPTIONS", "/*", [&sources](const http::Request&) { return NotReadyAnswer(sources.readiness()); });
}

}  // namespace tocsin::api
