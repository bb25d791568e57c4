#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

#include "api/http/asio_transport.h"

namespace tocsin::http {
namespace {

class TlsTransport : public Transport {
 public:
  TlsTransport(StreamSocket socket, std::string remote_address, std::shared_ptr<boost::asio::ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_), remote_address_(std::move(remote_address)) {}

  void Handshake(std::function<void(bool)> done) override {
    stream_.async_handshake(boost::asio::ssl::stream_base::server,
                            [done = std::move(done)](const boost::system::error_code& error) { done(!error); });
  }

  void Read(char* buffer, size_t size, Done done) override {
    stream_.async_read_some(boost::asio::buffer(buffer, size),
                            [done = std::move(done)](const boost::system::error_code& error, size_t bytes) { done(!error, bytes); });
  }

  void Write(std::string_view first, std::string_view second, Done done) override {
    // One record for a short head and body together; SSL streams write one buffer at a time.
    joined_.clear();
    if (!first.empty() && first.size() + second.size() <= kJoinBytesMax) {
      joined_.append(first).append(second);
      first = joined_;
    } else if (first.empty()) {
      first = second;
    }
    stream_.async_write_some(boost::asio::buffer(first.data(), first.size()),
                             [done = std::move(done)](const boost::system::error_code& error, size_t bytes) { done(!error, bytes); });
  }

  void ShutdownSend() override {
    boost::system::error_code ignored;
    stream_.next_layer().shutdown(StreamSocket::shutdown_send, ignored);
  }

  void Close() override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }

  bool tls() const override { return true; }
  std::string remote_address() const override { return remote_address_; }

 private:
  static constexpr size_t kJoinBytesMax = 16 << 10;

  std::shared_ptr<boost::asio::ssl::context> context_;
  boost::asio::ssl::stream<StreamSocket> stream_;
  std::string remote_address_;
  std::string joined_;
};

}  // namespace

std::unique_ptr<Transport> MakeTlsTransport(StreamSocket socket, std::string remote_address,
                                            std::shared_ptr<boost::asio::ssl::context> context) {
  return std::make_unique<TlsTransport>(std::move(socket), std::move(remote_address), std::move(context));
}

}  // namespace tocsin::http
