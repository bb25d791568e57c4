#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/http/asio_transport.h"

namespace tocsin::http {

/// A bound and listening socket.
/// Threads: the input-output thread, once it runs.
class Listener {
 public:
  using OnAccept = std::function<void(StreamSocket socket, std::string remote_address)>;

  static absl::StatusOr<std::unique_ptr<Listener>> Bind(boost::asio::io_context* io, const std::string& address);
  ~Listener();

  /// Accepts until Close. After an error (no file descriptors left) it pauses until Resume.
  void Accept(OnAccept on_accept);
  void Resume();
  void Close();

  const std::string& address() const { return address_; }

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

  explicit Listener(boost::asio::io_context* io) : acceptor_(*io), next_(*io), io_(io) {}
  absl::Status BindTo(const boost::asio::generic::stream_protocol& protocol,
                      const boost::asio::generic::stream_protocol::endpoint& endpoint, bool dual_stack);
  void AcceptOne();

  Acceptor acceptor_;
  StreamSocket next_;
  boost::asio::io_context* io_;
  OnAccept on_accept_;
  bool paused_ = false;
  std::string address_;
  std::string unix_path_;
};

}  // namespace tocsin::http
