#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/http/message.h"
#include "base/clock.h"

namespace tocsin {
class MemoryShare;
}

namespace tocsin::http {

/// Longest request line and headers together; above: 431. (One header may have 64 KiB.)
inline constexpr uint32_t kHeaderBytesMax = 256 << 10;
/// From the first byte of a request to the end of its headers; above: 408.
inline constexpr DurationMs kHeaderTimeoutMs = 30 * kSecond;
/// Without any progress of a client that reads its answer; above: the connection is closed.
inline constexpr DurationMs kWriteTimeoutMs = 60 * kSecond;
/// Requests that are handled at once; others wait for a worker.
inline constexpr int kWorkersMax = 96;

/// What a TLS listener needs, as PEM texts.
struct TlsMaterial {
  std::string certificate;
  std::string key;
  std::string client_ca;  // trusted for clients
  bool request_client_certificate = false;
  bool require_client_certificate = false;
  bool verify_client_certificate = false;        // one that is given must come from client_ca
  std::vector<std::string> client_allowed_sans;  // not empty: a client's certificate must have one of these names
  std::string min_version;                       // "TLS10".."TLS13"; empty: TLS12
  std::string max_version;
  std::vector<std::string> cipher_suites;  // OpenSSL's names, for TLS 1.2
  std::vector<std::string> curves;

  bool operator==(const TlsMaterial&) const = default;
};

struct ServerOptions {
  /// "host:port", ":port", "[::1]:port"; port 0: one that the kernel chooses; "unix:/path": a unix socket.
  std::vector<std::string> listen;
  int connections_max = 512;
  DurationMs read_timeout_ms = 5 * kMinute;  // to read one request, and for which an idle connection is kept
  uint64_t body_bytes_max = 64 << 20;        // above: 413
  MemoryShare* bodies = nullptr;             // of all requests; without room in it 503. Null: no limit
  const TlsMaterial* tls = nullptr;          // null: plain; read by Start only
};

struct ServerStats {
  int connections = 0;
  uint64_t connections_refused = 0;
};

/// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, gzip and zstd answers, plain or TLS, on TCP and unix sockets.
/// One thread does all input and output; handlers run on worker threads that are started when they are needed.
/// Threads: safe.
class Server {
 public:
  virtual ~Server() = default;  // stops at once

  /// Bound addresses, "127.0.0.1:9090" or "unix:/path", in the order of ServerOptions::listen.
  virtual std::vector<std::string> addresses() const = 0;

  /// New connections use this from now on. The server must have been started with TLS.
  virtual absl::Status ReplaceTls(const TlsMaterial& tls) = 0;

  /// Accepts no more, lets running requests finish for up to `grace_ms`, then cuts the rest. Returns when all is closed.
  virtual void Stop(DurationMs grace_ms) = 0;

  virtual ServerStats stats() const = 0;
};

/// Answers every request; may change it on the way. Runs on a worker thread; several at once.
using RootHandler = std::function<Response(Request&)>;

/// Binds, listens and serves. Errors name the address.
/// `clock` must outlive the server.
absl::StatusOr<std::unique_ptr<Server>> StartServer(const ServerOptions& options, RootHandler handler, const Clock& clock);

}  // namespace tocsin::http
