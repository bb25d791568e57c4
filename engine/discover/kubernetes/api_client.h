#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/mutex.h"
#include "engine/discover/discovery_metrics.h"
#include "engine/discover/kubernetes/access.h"

namespace tocsin {

/// Asks the API server. After a 401 the access is resolved anew (a kubeconfig may have been rewritten; token files the HTTP client reads
/// again by itself).
/// Threads: safe.
class KubernetesApiClient {
 public:
  using Resolve = std::function<absl::StatusOr<KubernetesAccess>()>;

  /// A page of a list larger than this is refused.
  static constexpr uint64_t kPageBytesMax = 256 << 20;

  KubernetesApiClient(KubernetesAccess access, Resolve resolve, const Clock& clock, DiscoveryMetrics& metrics);

  /// The body of a 200. Other statuses are errors: OUT_OF_RANGE for 410 Gone, UNAUTHENTICATED for 401, UNAVAILABLE for the rest.
  absl::StatusOr<std::string> Get(const std::string& path_and_query, const StopToken& stop);

  /// Hands over the lines of a watch as they arrive; false of `on_line` ends it. OK when the server has ended it. Errors as of Get().
  using OnLine = std::function<bool(std::string_view line)>;
  absl::Status Watch(const std::string& path_and_query, DurationMs timeout_ms, const OnLine& on_line, const StopToken& stop);

 private:
  std::shared_ptr<HttpClient> client(std::string* server) const;
  absl::Status CheckAnswer(const HttpResponse& response);
  void ResolveAgain();

  const Resolve resolve_;
  const Clock& clock_;
  DiscoveryMetrics& metrics_;
  mutable Mutex mu_;
  KubernetesAccess access_ GUARDED_BY(mu_);
  std::shared_ptr<HttpClient> client_ GUARDED_BY(mu_);
};

}  // namespace tocsin
