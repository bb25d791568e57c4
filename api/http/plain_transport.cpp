#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "api/http/asio_transport.h"

namespace tocsin::http {
namespace {

class PlainTransport : public Transport {
 public:
  PlainTransport(StreamSocket socket, std::string remote_address)
      : socket_(std::move(socket)), remote_address_(std::move(remote_address)) {}

  void Handshake(std::function<void(bool)> done) override {
    boost::asio::post(socket_.get_executor(), [done = std::move(done)] { done(true); });
  }

  void Read(char* buffer, size_t size, Done done) override {
    socket_.async_read_some(boost::asio::buffer(buffer, size),
                            [done = std::move(done)](const boost::system::error_code& error, size_t bytes) { done(!error, bytes); });
  }

  void Write(std::string_view first, std::string_view second, Done done) override {
    const std::array<boost::asio::const_buffer, 2> buffers = {boost::asio::buffer(first.data(), first.size()),
                                                              boost::asio::buffer(second.data(), second.size())};
    socket_.async_write_some(buffers,
                             [done = std::move(done)](const boost::system::error_code& error, size_t bytes) { done(!error, bytes); });
  }

  void ShutdownSend() override {
    boost::system::error_code ignored;
    socket_.shutdown(StreamSocket::shutdown_send, ignored);
  }

  void Close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  bool tls() const override { return false; }
  std::string remote_address() const override { return remote_address_; }

 private:
  StreamSocket socket_;
  std::string remote_address_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(StreamSocket socket, std::string remote_address) {
  return std::make_unique<PlainTransport>(std::move(socket), std::move(remote_address));
}

}  // namespace tocsin::http
