#include "tests/doubles/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin::test {
namespace {

std::string Exchange(int port, std::string_view request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::send(socket, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  ssize_t got;
  while ((got = ::recv(socket, buffer, sizeof(buffer), 0)) > 0) {
    answer.append(buffer, static_cast<size_t>(got));
  }
  ::close(socket);
  return answer;
}

TEST(HttpServerDoubleTest, AnswersTwoRequestsOnOneConnection) {
  const auto server = *HttpServer::Start(0, [](const HttpRequest& request, HttpResponseWriter& writer) {
    writer.Send(200, "text/plain", request.method + request.path + request.query.at("a") + request.body);
  });
  const std::string answer = Exchange(server->port(),
                                      "GET /x?a=1%2B HTTP/1.1\r\nHost: x\r\n\r\n"
                                      "POST /y?a=2 HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  EXPECT_NE(answer.find("GET/x1+"), std::string::npos) << answer;
  EXPECT_NE(answer.find("POST/y2abc"), std::string::npos) << answer;
  EXPECT_EQ(server->connections(), 1);
}

}  // namespace
}  // namespace tocsin::test
