#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace tocsin::test {

struct HttpRequest {
  std::string method;
  std::string path;                            // without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// The answer to one request: either Send() once, or Begin() and any number of Chunk() (chunked encoding, for watches).
class HttpResponseWriter {
 public:
  explicit HttpResponseWriter(int socket) : socket_(socket) {}

  void Send(int status, std::string_view content_type, std::string_view body, const std::map<std::string, std::string>& headers = {});
  void Begin(int status, std::string_view content_type);
  /// False when the client has gone.
  bool Chunk(std::string_view data);
  /// Bytes as they are, for answers that break the protocol on purpose.
  bool Raw(std::string_view data);

  /// The connection ends when the handler returns.
  void Close() { close_ = true; }

  bool keeps_connection() const { return begun_ && !close_; }

 private:
  int socket_;
  bool begun_ = false;
  bool close_ = false;
};

/// A plain HTTP/1.1 server on 127.0.0.1 for test doubles: one thread a connection, keep-alive, no limits beyond 64 MiB a body.
/// Threads: the handler runs on several threads at once.
class HttpServer {
 public:
  using Handler = std::function<void(const HttpRequest&, HttpResponseWriter&)>;

  /// `port` 0: one of the kernel's choice.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(int port, Handler handler);

  /// Closes all connections and joins all threads; handlers in Chunk() see false.
  ~HttpServer();

  int port() const { return port_; }
  /// "http://127.0.0.1:PORT"
  std::string url() const;
  /// True once the destructor has begun: long-running handlers look at it.
  bool stopping() const { return stopping_; }
  /// Connections accepted so far.
  int connections() const { return connections_; }

 private:
  HttpServer(int listener, int port, Handler handler);
  void AcceptLoop();
  void Serve(int socket);

  const int listener_;
  const int port_;
  const Handler handler_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  Mutex mu_;
  std::set<int> open_sockets_ GUARDED_BY(mu_);
  std::vector<std::thread> threads_ GUARDED_BY(mu_);
  std::thread accepter_;
};

/// For the main functions of doubles: waits until SIGTERM or SIGINT arrives.
void WaitForTermination();

}  // namespace tocsin::test
