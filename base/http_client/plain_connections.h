#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/plain_request.h"
#include "base/http_client/plain_response.h"

namespace tocsin {

/// The sockets of plain requests (plain_request.h) on the epoll instance of an event loop, kept open for the next request to their address.
/// Threads: none of its own; the loop's alone.
class PlainConnections {
 public:
  /// Idle connections older than this are not used again (Prometheus closes them at the same age).
  static constexpr int64_t kIdleNs = 300'000'000'000;
  /// A body's bytes wake the loop by so many.
  static constexpr int kWakeBytesMax = 256 * 1024;

  struct Job {
    uint64_t id = 0;  ///< The caller's.
    std::string method;
    std::string url;  ///< For error texts.
    std::string buffer;
    uint64_t body_bytes_max = 0;
    std::shared_ptr<BodyOverflow> overflow;  ///< As HttpRequest has it.
    int64_t deadline_ns = 0;
    PlainRequest request;
  };
  struct Result {
    uint64_t id = 0;
    /// Null: the answer is nothing for us, ask libcurl.
    std::optional<absl::StatusOr<HttpResponse>> response;
  };

  PlainConnections(int epoll_fd, const Clock& clock) : epoll_fd_(epoll_fd), clock_(clock) {}
  ~PlainConnections();
  PlainConnections(const PlainConnections&) = delete;
  PlainConnections& operator=(const PlainConnections&) = delete;

  void SetIdleMax(size_t idle_max) { idle_max_ = idle_max; }

  void Start(Job job);

  /// False: not a socket of these.
  bool OnReady(int fd, uint32_t events);

  /// Ends jobs whose deadline has passed, and old idle connections. Returns when the next deadline is; -1: there is none.
  int64_t Expire(int64_t now_ns);

  /// What has ended since the last call, in its order.
  std::vector<Result> TakeResults() { return std::exchange(results_, {}); }

  /// Whether a job has got any bytes yet; false also when it is not under way.
  bool ReceivedAny(uint64_t id) const;

 private:
  struct Connection;

  void Open(Job job);
  void Send(Connection* connection);
  void Receive(Connection* connection);
  void SetWakeBytes(Connection* connection, uint64_t bytes);
  void Watch(Connection* connection, uint32_t events);
  void Lost(Connection* connection, int error, std::string_view what);
  void Answered(Connection* connection);
  void End(Connection* connection, std::optional<absl::StatusOr<HttpResponse>> response);
  void Close(int fd);
  Connection* TakeIdle(const std::string& host_port);
  void Forget(Connection* connection);

  const int epoll_fd_;
  const Clock& clock_;
  size_t idle_max_ = 0;
  size_t idle_count_ = 0;
  int64_t next_deadline_ns_ = -1;
  absl::flat_hash_map<int, std::unique_ptr<Connection>> connections_;
  absl::flat_hash_map<std::string, std::vector<int>> idle_;  ///< By address, the last used one last.
  absl::flat_hash_map<uint64_t, int> busy_;                  ///< Sockets by job.
  std::vector<Result> results_;
};

}  // namespace tocsin
