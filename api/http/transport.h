#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tocsin::http {

/// One accepted socket, plain or TLS. At most one Read and one Write are under way at a time; their call-backs come on the server's
/// input-output thread, never from within the call. Closing ends what is under way with ok = false.
/// Threads: the input-output thread only.
class Transport {
 public:
  using Done = std::function<void(bool ok, size_t bytes)>;

  virtual ~Transport() = default;

  /// Before all else; plain sockets are ready at once.
  virtual void Handshake(std::function<void(bool ok)> done) = 0;

  /// Some bytes, at least one. The buffer must live until the call-back.
  virtual void Read(char* buffer, size_t size, Done done) = 0;

  /// Some bytes of `first` and then of `second`, at least one. Both must live until the call-back.
  virtual void Write(std::string_view first, std::string_view second, Done done) = 0;

  /// Tells the peer that nothing more will come; reading goes on.
  virtual void ShutdownSend() = 0;
  virtual void Close() = 0;

  virtual bool tls() const = 0;
  /// "127.0.0.1:41234"; "@" for a unix socket.
  virtual std::string remote_address() const = 0;
};

}  // namespace tocsin::http
