#include "api/main/server_client.h"

#include <cstdio>

#include "api/http/form.h"
#include "base/status.h"
#include "base/strings.h"
#include "engine/config/http_config_file.h"

namespace tocsin {
namespace {

constexpr DurationMs kQueryTimeoutMs = 2 * kMinute;

const Clock& ToolClock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace

absl::StatusOr<HttpClientOptions> ToolHttpOptions(const CommandLine& line) {
  const std::string file = line.Get("http.config.file");
  if (file.empty()) {
    return HttpClientOptions();
  }
  absl::StatusOr<HttpClientOptions> loaded = LoadHttpConfigFile(file);
  if (!loaded.ok()) {
    return absl::InvalidArgumentError(Cat("Failed to load HTTP config file: ", Message(loaded.status())));
  }
  return loaded;
}

absl::StatusOr<std::unique_ptr<ServerClient>> ServerClient::Create(const std::string& server, const CommandLine& line) {
  std::string url = server.find("://") == std::string::npos ? Cat("http://", server) : server;
  while (url.ends_with('/')) {
    url.pop_back();
  }
  ASSIGN_OR_RETURN(HttpClientOptions options, ToolHttpOptions(line));
  HttpHeaders headers;
  for (const std::string& header : line.All("header")) {
    const size_t separator = header.find_first_of("=:");
    if (separator == std::string::npos) {
      return absl::InvalidArgumentError(Cat("expected KEY=VALUE got '", header, "'"));
    }
    headers.emplace_back(header.substr(0, separator), header.substr(separator + 1));
  }
  return std::unique_ptr<ServerClient>(new ServerClient(std::move(url), std::move(headers), std::move(options), ToolClock()));
}

absl::StatusOr<HttpResponse> ServerClient::Get(const std::string& path, DurationMs timeout_ms) const {
  HttpRequest request;
  request.url = url_ + path;
  request.headers = headers_;
  request.timeout_ms = timeout_ms;
  return client_->Do(request);
}

absl::StatusOr<JsonValue> ServerClient::Query(const std::string& path, const QueryParameters& parameters,
                                              std::vector<std::string>* warnings) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    Append(&query, query.empty() ? "?" : "&", http::QueryEscape(name), "=", http::QueryEscape(value));
  }
  ASSIGN_OR_RETURN(const HttpResponse response, Get(Cat("/api/v1", path, query), kQueryTimeoutMs));
  const absl::StatusOr<JsonValue> answer = document_.Parse(response.body);
  if (!answer.ok() || (*answer)["status"].text().empty()) {
    return absl::UnavailableError(Cat("server_error: server error: ", response.status));
  }
  if ((*answer)["status"].text() != "success") {
    return absl::InvalidArgumentError(Cat((*answer)["errorType"].text(), ": ", (*answer)["error"].text()));
  }
  for (const JsonValue& warning : (*answer)["warnings"].items()) {
    warnings->emplace_back(warning.text());
  }
  return (*answer)["data"];
}

int PrintQueryError(const absl::Status& status) {
  std::fprintf(stderr, "query error: %s\n", std::string(Message(status)).c_str());
  return 1;
}

}  // namespace tocsin
