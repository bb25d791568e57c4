// check healthy, check ready, check service-discovery

#include <cstdio>

#include "api/main/commands.h"
#include "api/main/server_client.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "engine/scrape/check_discovery.h"

namespace tocsin {
namespace {

constexpr DurationMs kProbeTimeoutMs = 10 * kSecond;

int CheckServer(const CommandLine& line, const std::string& path) {
  const std::string url = line.Get("url", "http://localhost:9090");
  absl::Status status;
  const absl::StatusOr<std::unique_ptr<ServerClient>> client = ServerClient::Create(url, line);
  if (client.ok()) {
    const absl::StatusOr<HttpResponse> response = (*client)->Get(path, kProbeTimeoutMs);
    if (response.ok() && response->status == 200) {
      std::fprintf(stderr, "  SUCCESS:  %s\n", response->body.c_str());
      return 0;
    }
    status = response.ok() ? absl::UnavailableError(Cat("check failed: URL=", RedactUrl(url), ", status=", response->status))
                           : response.status();
  } else {
    status = client.status();
  }
  std::fprintf(stderr, "%s\n", std::string(Message(status)).c_str());
  return 1;
}

}  // namespace

int CheckHealthy(const CommandLine& line) { return CheckServer(line, "/-/healthy"); }

int CheckReady(const CommandLine& line) { return CheckServer(line, "/-/ready"); }

int CheckServiceDiscovery(const CommandLine& line) {
  const absl::StatusOr<DurationMs> timeout = ParseDuration(line.Get("timeout", "30s"));
  const SystemClock clock;
  const absl::StatusOr<std::string> json =
      timeout.ok() ? tocsin::CheckServiceDiscovery(line.arguments[0], line.arguments[1], *timeout, clock) : timeout.status();
  if (!json.ok()) {
    std::fprintf(stderr, "%s\n", std::string(Message(json.status())).c_str());
    return 1;
  }
  std::printf("%s", json->c_str());
  return 0;
}

}  // namespace tocsin
