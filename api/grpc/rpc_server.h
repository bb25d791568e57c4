#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/http/server.h"
#include "base/types.h"

/// The door between the program and its gRPC module (a shared library that is loaded only when gRPC is asked for). Both are made by the
/// same compiler in the same build, so C++ types cross it; no symbol of one is needed by the other but TocsinStartRpcServer.
namespace tocsin::rpc {

/// The codes of gRPC that are used here (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
enum class Code : int {
  kOk = 0,
  kInvalidArgument = 3,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

/// A unary call.
struct Call {
  std::string method;         // "/package.Service/Method"
  std::string authorization;  // of the metadata
  std::string peer;           // gRPC's text: "ipv4:127.0.0.1:4711"
  bool tls = false;
  std::string message;  // as sent: packed with gzip where the client chose so
};

struct Answer {
  Code code = Code::kOk;
  std::string error;
  std::string message;
};

/// Runs on threads of the module, several at once. Must not throw.
using CallHandler = std::function<Answer(Call)>;

struct ServerOptions {
  std::string address;                     // "host:port", ":port", "unix:/path"
  uint64_t message_bytes_max = 16 << 20;   // as sent; above: RESOURCE_EXHAUSTED
  std::optional<http::TlsMaterial> tls;    // none: plain
  std::function<void(std::string)> log{};  // what the library reports as errors; any thread
};

/// Threads: safe, but ReplaceTls and the destructor one at a time.
class Server {
 public:
  /// Lets running calls finish for up to kGrace, then cuts them.
  virtual ~Server() = default;

  static constexpr DurationMs kGrace = 5 * kSecond;

  /// The port bound; 0 for unix sockets.
  virtual int port() const = 0;

  /// New connections use this; running calls end first, as in the destructor. False: it is not usable, the old one goes on.
  virtual bool ReplaceTls(const http::TlsMaterial& tls) = 0;
};

/// What the module exports: null and `*error` when the address cannot be used.
inline constexpr char kStartFunctionName[] = "TocsinStartRpcServer";
using StartFunction = Server* (*)(const ServerOptions& options, const CallHandler& handler, std::string* error);

}  // namespace tocsin::rpc
