#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/http/message.h"
#include "api/http/server.h"
#include "api/http/transport.h"

namespace tocsin::http {

/// What a connection needs of its server.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;

  /// Runs `work` on the input-output thread, later. Threads: safe.
  virtual void Post(std::function<void()> work) = 0;
  /// Runs `work` on some worker thread.
  virtual void RunOnWorker(std::function<void()> work) = 0;
  virtual void OnClosed(class Connection* connection) = 0;
  virtual const RootHandler& handler() const = 0;
  virtual const ServerOptions& options() const = 0;
  virtual const Clock& clock() const = 0;
};

/// One client: reads requests, has them handled one after the other, writes the answers in that order.
///
///   reading a request -> (worker) handling -> writing the answer [-> (worker) next part -> writing]* -> reading the next one
///
/// Bytes of the next requests are read meanwhile, so that a client that goes away is noticed while its request is handled.
/// Threads: the input-output thread only. It keeps itself alive through the call-backs under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `host` must outlive it.
  Connection(std::unique_ptr<Transport> transport, ConnectionHost* host);
  ~Connection();

  void Start();
  /// Closes when nothing is being handled or read, else after the answer.
  void FinishSoon();
  /// Closes now; a request that is being handled learns it through its cancel token.
  void Abort();
  /// Acts on time that has run out. Called about once a second.
  void CheckDeadline(int64_t now_ns);

 private:
  struct Incoming;  // Beast's parser
  enum class Phase { kHandshake, kIdle, kReading, kHandling, kWriting, kLingering, kClosed };

  void ReadMore();
  void OnRead(bool ok, size_t bytes);
  void ParseInput();
  /// False: the request is not complete, or was answered with an error.
  bool ParseOne();
  void SendContinue();
  void Dispatch();
  void OnHandled(std::shared_ptr<Response> response);
  void WriteSome();
  void OnWritten(bool ok, size_t bytes);
  void OnAllWritten();
  void NextPart();
  void OnPart(std::string part, bool more);
  void Refuse(int status);
  void Linger();
  void Close();
  void SetPhase(Phase phase, DurationMs timeout_ms);

  std::unique_ptr<Transport> transport_;
  ConnectionHost* host_;
  Phase phase_ = Phase::kHandshake;
  int64_t deadline_ns_ = 0;  // 0: none

  std::string input_;  // read and not yet parsed
  std::unique_ptr<char[]> read_buffer_;
  size_t read_size_;
  bool reading_ = false;
  bool peer_gone_ = false;
  bool last_ = false;     // the connection ends after this answer
  bool refused_ = false;  // and what the client still sends is not read as a request
  bool sending_continue_ = false;
  std::unique_ptr<Incoming> incoming_;

  std::shared_ptr<StopToken> cancel_;
  std::shared_ptr<Response> response_;  // while it is streamed
  std::string head_;
  std::string body_;
  size_t head_written_ = 0;
  size_t body_written_ = 0;
  bool head_request_ = false;
  bool http_1_0_ = false;
  bool more_parts_ = false;
};

}  // namespace tocsin::http
