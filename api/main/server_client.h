#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "api/main/cli.h"
#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/json/reader.h"

namespace tocsin {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// How the tools talk to a server: its base URL, credentials of the URL or of --http.config.file, and extra headers of --header.
class ServerClient {
 public:
  /// `server`: "http://host:9090/prefix"; "host:9090" means http.
  static absl::StatusOr<std::unique_ptr<ServerClient>> Create(const std::string& server, const CommandLine& line);

  /// The body of a 200 answer; other answers are errors.
  absl::StatusOr<HttpResponse> Get(const std::string& path, DurationMs timeout_ms) const;

  /// The `data` of an answer of /api/v1, valid as long as the client and until the next call. Warnings go to `warnings`. Errors:
  /// "bad_data: invalid parameter ...", as upstream's client words them.
  absl::StatusOr<JsonValue> Query(const std::string& path, const QueryParameters& parameters, std::vector<std::string>* warnings);

  const std::string& url() const { return url_; }

 private:
  ServerClient(std::string url, HttpHeaders headers, HttpClientOptions options, const Clock& clock)
      : url_(std::move(url)), headers_(std::move(headers)), client_(std::make_unique<HttpClient>(std::move(options), clock)) {}

  std::string url_;
  HttpHeaders headers_;
  std::unique_ptr<HttpClient> client_;
  JsonDocument document_;
};

/// TLS, credentials and so on of --http.config.file.
absl::StatusOr<HttpClientOptions> ToolHttpOptions(const CommandLine& line);

/// Prints a failed query as promtool does and returns the exit code.
int PrintQueryError(const absl::Status& status);

}  // namespace tocsin
