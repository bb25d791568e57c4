#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tocsin::test {

/// A request as it came in.
struct DoubleRequest {
  std::string method;
  std::string target;  // path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Any case; "" when there is none.
  std::string Header(std::string_view name) const;
};

/// What to send. With `raw` set, exactly these bytes and then the connection is closed; else an HTTP/1.1 answer with Content-Length.
struct DoubleResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string raw;
  bool hang = false;   ///< sends nothing and keeps the connection until the double stops
  bool reset = false;  ///< closes with a TCP reset
};

/// A certificate for 127.0.0.1 and the given DNS name, signed by itself or by `issuer`.
struct DoubleCertificate {
  std::string cert_pem;
  std::string key_pem;
};
DoubleCertificate MakeDoubleCertificate(const std::string& dns_name, const DoubleCertificate* issuer = nullptr);

/// A little HTTP/1.1 server on 127.0.0.1 with a port of the kernel's choice, or on a unix socket; a thread a connection.
/// `handler` is called on those threads.
class HttpDouble {
 public:
  using Handler = std::function<DoubleResponse(const DoubleRequest&)>;

  struct Options {
    std::string unix_socket;
    const DoubleCertificate* certificate = nullptr;  ///< serves TLS
    std::string client_ca_pem;                       ///< asks for client certificates signed by it
  };

  explicit HttpDouble(Handler handler) : HttpDouble(std::move(handler), Options()) {}
  HttpDouble(Handler handler, Options options);
  ~HttpDouble();
  HttpDouble(const HttpDouble&) = delete;
  HttpDouble& operator=(const HttpDouble&) = delete;

  int port() const { return port_; }
  std::string host() const;                                ///< 127.0.0.1:port
  std::string Url(std::string_view path) const;            ///< http[s]://127.0.0.1:port/path
  int connections() const { return connections_.load(); }  ///< accepted so far
  int requests() const { return requests_.load(); }        ///< read so far
  std::string protocols_offered() const;                   ///< of the last TLS connection, by ALPN: "h2 http/1.1"

 private:
  struct Connection;
  static int OnProtocols(ssl_st* tls, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
                         void* self);
  void Accept();
  void Serve(Connection* connection);
  bool Answer(Connection* connection, const DoubleResponse& response);

  const Handler handler_;
  const Options options_;
  ssl_ctx_st* tls_ = nullptr;
  int listen_fd_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> requests_{0};
  mutable Mutex mu_;
  std::list<Connection> open_ GUARDED_BY(mu_);
  std::string protocols_offered_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
  std::thread acceptor_;
};

}  // namespace tocsin::test
