#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "base/http_client/http_client.h"
#include "base/http_client/http_message.h"
#include "base/mutex.h"

namespace tocsin {

/// Many transfers at once on one event thread (libcurl multi over epoll), for scraping thousands of targets.
///
/// Threads: Start is safe from any thread, `done` callbacks included. `done` is called exactly once for each Start, on the event thread:
/// it must not block (hand the response to a worker).
class HttpTransfers {
 public:
  struct Limits {
    /// More wait in line, first come first served; their timeout runs from Start.
    size_t in_flight_max = 256;
    /// Kept open between requests: below the number of targets each round would open them anew.
    size_t connections_max = 1024;
  };
  using Done = std::function<void(absl::StatusOr<HttpResponse>)>;

  explicit HttpTransfers(Limits limits);

  /// Cancels what is under way (their `done` get CANCELLED) and waits for the event thread.
  ~HttpTransfers();
  HttpTransfers(const HttpTransfers&) = delete;
  HttpTransfers& operator=(const HttpTransfers&) = delete;

  /// Errors as of HttpClient::Do. `client` is kept until `done` returns. `buffer` becomes the body of the response: hand back an old body,
  /// as it is, to save its allocation.
  void Start(std::shared_ptr<HttpClient> client, HttpRequest request, std::string buffer, Done done);

  /// Follows the number of targets.
  void SetConnectionsMax(size_t connections_max);

 private:
  class Loop;
  /// Made with its thread by the first transfer: a program without targets pays for neither.
  Loop& LoopOnDemand();

  Mutex mu_;
  Limits limits_ GUARDED_BY(mu_);
  std::unique_ptr<Loop> loop_ GUARDED_BY(mu_);
};

}  // namespace tocsin
