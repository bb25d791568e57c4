#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/http_message.h"
#include "base/http_client/http_options.h"

namespace tocsin {

/// Outgoing HTTP: authentication, TLS, proxies and redirects of one `http_config`. Over libcurl.
///
/// Any answer of the server, 404 and 500 as well, is OK: look at `status`. Errors: UNAVAILABLE (not reached, connection lost, TLS),
/// DEADLINE_EXCEEDED ("context deadline exceeded"), RESOURCE_EXHAUSTED (body above its limit), CANCELLED (stopped),
/// INVALID_ARGUMENT (a URL that is none), FAILED_PRECONDITION (a file with a secret or certificate cannot be read, no OAuth2 token).
/// Their texts follow Go's: `Get "http://host/metrics": dial tcp 10.0.0.1:80: connect: connection refused`; never a secret.
///
/// Redirects (up to 10, as Go) lose credentials and `http_headers` as soon as scheme, host or port differ from the request's.
/// Connections are kept for the next request of the same client.
/// Threads: safe; each call runs on its caller's thread.
class HttpClient {
 public:
  /// `clock` tells when OAuth2 tokens expire; it outlives the client.
  HttpClient(HttpClientOptions options, const Clock& clock);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Returns within 250 ms of `stop` (CANCELLED). Without one: at the timeout.
  absl::StatusOr<HttpResponse> Do(const HttpRequest& request, const StopToken* stop = nullptr);

  /// Hands over the body of a 2xx answer piece by piece as it arrives; false of `on_chunk` ends the transfer with CANCELLED.
  /// Pieces are not decompressed and not counted against the limit. The body of other answers is in the response.
  using OnChunk = std::function<bool(std::string_view)>;
  absl::StatusOr<HttpResponse> Stream(const HttpRequest& request, const OnChunk& on_chunk, const StopToken* stop = nullptr);

 private:
  friend class HttpTransfers;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tocsin
