#include "api/http/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "api/http/listen_address.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using GenericEndpoint = asio::generic::stream_protocol::endpoint;

absl::Status ListenError(std::string_view address, std::string_view what) {
  return absl::UnavailableError(Cat("listen tcp ", address, ": ", what));
}

tcp::endpoint ToTcp(const GenericEndpoint& generic) {
  tcp::endpoint endpoint;
  if (generic.size() <= endpoint.capacity()) {
    std::memcpy(endpoint.data(), generic.data(), generic.size());
    endpoint.resize(generic.size());
  }
  return endpoint;
}

std::string AddressText(const GenericEndpoint& generic) {
  const int family = generic.protocol().family();
  if (family != AF_INET && family != AF_INET6) {
    return "@";
  }
  const tcp::endpoint endpoint = ToTcp(generic);
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return JoinHostPort(address.to_string(), std::to_string(endpoint.port()));
}

/// The address to bind to; IPv4 first, as Go does for a name.
absl::StatusOr<tcp::endpoint> Resolve(asio::io_context* io, const ListenAddress& address, std::string_view text) {
  boost::system::error_code error;
  tcp::resolver resolver(*io);
  const auto found = resolver.resolve(address.host, address.port, tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return ListenError(text, error ? error.message() : "no such host");
  }
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) {
      return entry.endpoint();
    }
  }
  return found.begin()->endpoint();
}

/// Takes away a socket file that no process listens on any more.
void RemoveStaleSocket(asio::io_context* io, const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
    return;
  }
  boost::system::error_code error;
  asio::local::stream_protocol::socket probe(*io);
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error == asio::error::connection_refused) {
    ::unlink(path.c_str());
  }
}

}  // namespace

Listener::~Listener() { Close(); }

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(asio::io_context* io, const std::string& text) {
  ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(text));
  std::unique_ptr<Listener> listener(new Listener(io));
  absl::Status bound;
  if (!address.unix_path.empty()) {
    constexpr size_t kUnixPathMax = 107;
    if (address.unix_path.size() > kUnixPathMax) {
      return ListenError(text, "path of the unix socket is too long");
    }
    RemoveStaleSocket(io, address.unix_path);
    bound = listener->BindTo(asio::local::stream_protocol(), asio::local::stream_protocol::endpoint(address.unix_path), false);
    listener->unix_path_ = bound.ok() ? address.unix_path : "";
  } else if (address.host.empty()) {
    const auto port = static_cast<unsigned short>(std::stoi(address.port));
    bound = listener->BindTo(tcp::v6(), tcp::endpoint(tcp::v6(), port), true);
    if (!bound.ok() && !listener->acceptor_.is_open()) {  // a machine without IPv6
      bound = listener->BindTo(tcp::v4(), tcp::endpoint(tcp::v4(), port), false);
    }
  } else {
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, Resolve(io, address, text));
    bound = listener->BindTo(endpoint.protocol(), endpoint, false);
  }
  if (!bound.ok()) {
    return ListenError(text, Message(bound));
  }
  listener->address_ = address.unix_path.empty() ? AddressText(listener->acceptor_.local_endpoint()) : Cat("unix:", address.unix_path);
  return listener;
}

absl::Status Listener::BindTo(const asio::generic::stream_protocol& protocol, const GenericEndpoint& endpoint, bool dual_stack) {
  boost::system::error_code error;
  acceptor_.open(protocol, error);
  if (error) {
    return absl::UnavailableError(error.message());
  }
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (dual_stack) {
    acceptor_.set_option(asio::ip::v6_only(false), error);
  }
  acceptor_.bind(endpoint, error);
  if (!error) {
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return absl::UnavailableError(Cat("bind: ", error.message()));
  }
  return absl::OkStatus();
}

void Listener::Accept(OnAccept on_accept) {
  on_accept_ = std::move(on_accept);
  AcceptOne();
}

void Listener::Resume() {
  if (paused_) {
    paused_ = false;
    AcceptOne();
  }
}

void Listener::AcceptOne() {
  acceptor_.async_accept(next_, [this](const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) {
      return;
    }
    if (error) {
      LogWarn("accepting connections pauses", {{"address", address_}, {"err", error.message()}});
      paused_ = true;
      return;
    }
    StreamSocket socket = std::exchange(next_, StreamSocket(*io_));
    boost::system::error_code ignored;
    std::string remote = "@";
    if (unix_path_.empty()) {
      socket.set_option(tcp::no_delay(true), ignored);
      const GenericEndpoint peer = socket.remote_endpoint(ignored);
      remote = ignored ? "" : AddressText(peer);
    }
    on_accept_(std::move(socket), std::move(remote));
    AcceptOne();
  });
}

void Listener::Close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  if (!unix_path_.empty()) {
    ::unlink(unix_path_.c_str());
    unix_path_.clear();
  }
}

}  // namespace tocsin::http
