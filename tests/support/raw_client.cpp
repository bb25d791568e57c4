#include "tests/support/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tocsin::test {

RawClient::RawClient(const std::string& address) {
  constexpr std::string_view kUnix = "unix:";
  if (address.starts_with(kUnix)) {
    socket_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address.copy(to.sun_path, sizeof(to.sun_path) - 1, kUnix.size());
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0) << address;
    return;
  }
  const size_t colon = address.rfind(':');
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0) << address;
}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (socket_ >= 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;  // the server has closed: what it said before is still to be read
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool RawClient::Fill() {
  char buffer[16384];
  const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
  if (got <= 0) {
    return false;
  }
  input_.append(buffer, static_cast<size_t>(got));
  return true;
}

std::string RawClient::ReadResponse(bool head_request) {
  size_t head_end;
  while ((head_end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) {
      return "";
    }
  }
  const std::string head = input_.substr(0, head_end + 4);
  size_t total = head.size();
  const size_t length = head.find("Content-Length: ");
  if (head_request || head.starts_with("HTTP/1.1 1") || head.starts_with("HTTP/1.1 204")) {
    total = head.size();
  } else if (length != std::string::npos) {
    total += std::stoul(head.substr(length + 16));
  } else if (head.find("chunked") != std::string::npos) {
    size_t end;
    while ((end = input_.find("0\r\n\r\n", head.size())) == std::string::npos) {
      if (!Fill()) {
        return "";
      }
    }
    total = end + 5;
  }
  while (input_.size() < total) {
    if (!Fill()) {
      return "";
    }
  }
  std::string response = input_.substr(0, total);
  input_.erase(0, total);
  return response;
}

std::string RawClient::ReadToEnd() {
  while (Fill()) {
  }
  return std::exchange(input_, std::string());
}

std::string_view BodyOf(std::string_view response) {
  const size_t end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view() : response.substr(end + 4);
}

}  // namespace tocsin::test
