#include "engine/discover/kubernetes/api_client.h"

#include <utility>

#include "base/json/reader.h"
#include "base/log.h"
#include "base/status.h"

namespace tocsin {
namespace {

// One event of a watch larger than this ends it: etcd holds no object above 1.5 MiB.
constexpr size_t kWatchLineBytesMax = 16 << 20;
constexpr DurationMs kListTimeoutMs = kMinute;

std::string_view PathOf(std::string_view path_and_query) { return path_and_query.substr(0, path_and_query.find('?')); }

// The message of a Status object, or nothing.
std::string StatusMessage(const std::string& body) {
  JsonDocument document;
  const absl::StatusOr<JsonValue> root = document.Parse(body);
  return root.ok() ? std::string((*root)["message"].text()) : std::string();
}

}  // namespace

KubernetesApiClient::KubernetesApiClient(KubernetesAccess access, Resolve resolve, const Clock& clock, DiscoveryMetrics& metrics)
    : resolve_(std::move(resolve)),
      clock_(clock),
      metrics_(metrics),
      access_(std::move(access)),
      client_(std::make_shared<HttpClient>(access_.http, clock)) {}

std::shared_ptr<HttpClient> KubernetesApiClient::client(std::string* server) const {
  MutexLock lock(mu_);
  *server = access_.server;
  return client_;
}

void KubernetesApiClient::ResolveAgain() {
  absl::StatusOr<KubernetesAccess> access = resolve_();
  if (!access.ok()) {
    LogWarn("kubernetes discovery cannot read its credentials again", {{"err", access.status()}});
    return;
  }
  MutexLock lock(mu_);
  if (!(access_ == *access)) {
    access_ = *std::move(access);
    client_ = std::make_shared<HttpClient>(access_.http, clock_);
  }
}

absl::Status KubernetesApiClient::CheckAnswer(const HttpResponse& response) {
  metrics_.CountKubernetesRequest(std::to_string(response.status));
  if (response.status == 200) {
    return absl::OkStatus();
  }
  const std::string message = StatusMessage(response.body);
  const std::string text = message.empty() ? Cat("server returned HTTP status ", response.status_text)
                                           : Cat("server returned HTTP status ", response.status_text, ": ", message);
  if (response.status == 410) {
    return absl::OutOfRangeError(text);
  }
  if (response.status == 401) {
    ResolveAgain();
    return absl::UnauthenticatedError(text);
  }
  return absl::UnavailableError(text);
}

absl::StatusOr<std::string> KubernetesApiClient::Get(const std::string& path_and_query, const StopToken& stop) {
  std::string server;
  const std::shared_ptr<HttpClient> http = client(&server);
  HttpRequest request;
  request.url = server + path_and_query;
  request.headers = {{"Accept", "application/json"}};
  request.timeout_ms = kListTimeoutMs;
  request.body_bytes_max = kPageBytesMax;
  const int64_t started_ns = clock_.MonotonicNs();
  absl::StatusOr<HttpResponse> response = http->Do(request, &stop);
  metrics_.TimeKubernetesRequest(PathOf(path_and_query), static_cast<double>(clock_.MonotonicNs() - started_ns) / 1e9);
  if (!response.ok()) {
    metrics_.CountKubernetesRequest("<error>");
    return response.status();
  }
  RETURN_IF_ERROR(CheckAnswer(*response));
  return std::move(response->body);
}

absl::Status KubernetesApiClient::Watch(const std::string& path_and_query, DurationMs timeout_ms, const OnLine& on_line,
                                        const StopToken& stop) {
  std::string server;
  const std::shared_ptr<HttpClient> http = client(&server);
  HttpRequest request;
  request.url = server + path_and_query;
  request.headers = {{"Accept", "application/json"}};
  request.timeout_ms = timeout_ms;
  request.decode_content = false;
  std::string pending;
  const auto on_chunk = [&](std::string_view chunk) {
    pending.append(chunk);
    size_t start = 0;
    for (size_t end; (end = pending.find('\n', start)) != std::string::npos; start = end + 1) {
      if (end > start && !on_line(std::string_view(pending).substr(start, end - start))) {
        return false;
      }
    }
    pending.erase(0, start);
    return pending.size() <= kWatchLineBytesMax;
  };
  const absl::StatusOr<HttpResponse> response = http->Stream(request, on_chunk, &stop);
  if (!response.ok()) {
    // The reader's own wish, or the end that the request's timeout asked for.
    if (absl::IsCancelled(response.status()) || absl::IsDeadlineExceeded(response.status())) {
      return absl::OkStatus();
    }
    metrics_.CountKubernetesRequest("<error>");
    return response.status();
  }
  return CheckAnswer(*response);
}

}  // namespace tocsin
