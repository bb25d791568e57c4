// Asks a server the same thing over many kept connections at once, as fast as it answers.
//
//   answer_load --port N --target PATH --connections N --answers N
//
// Each connection has one request under way. Prints "N answers, N bytes in S s"; exit code 1 when one is not 200.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"

namespace tocsin::bench {
namespace {

/// One connection with one request under way.
class AskingConnection {
 public:
  bool Open(int port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  int socket() const { return socket_; }

  bool Ask(const std::string& request) {
    return ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  }

  /// Reads what is there. False: the connection or the answer is bad.
  bool Read(size_t* bytes) {
    char buffer[65536];
    const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (got <= 0) {
      return false;
    }
    *bytes += static_cast<size_t>(got);
    input_.append(buffer, static_cast<size_t>(got));
    return input_.size() < 12 || input_.compare(9, 3, "200") == 0;
  }

  /// Whether the whole answer has come; takes it away.
  bool TakeAnswer() {
    const size_t head = input_.find("\r\n\r\n");
    if (head == std::string::npos) {
      return false;
    }
    const size_t length = input_.find("Content-Length: ");
    const bool complete = length < head ? input_.size() >= head + 4 + std::strtoull(input_.c_str() + length + 16, nullptr, 10)
                                        : input_.ends_with("\r\n0\r\n\r\n");
    if (complete) {
      input_.clear();
    }
    return complete;
  }

 private:
  int socket_ = -1;
  std::string input_;
};

int Run(std::map<std::string, std::string> options) {
  const std::string request = Cat("GET ", options["--target"], " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const int64_t wanted = std::atoll(options["--answers"].c_str());
  std::vector<AskingConnection> connections(static_cast<size_t>(std::atoi(options["--connections"].c_str())));
  const int poll = ::epoll_create1(0);
  const SystemClock clock;
  const int64_t begin_ns = clock.MonotonicNs();
  int64_t asked = 0;
  int64_t answered = 0;
  size_t bytes = 0;
  for (AskingConnection& connection : connections) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    if (!connection.Open(std::atoi(options["--port"].c_str())) || ::epoll_ctl(poll, EPOLL_CTL_ADD, connection.socket(), &event) != 0) {
      std::fprintf(stderr, "answer_load: no connection\n");
      return 1;
    }
    asked += connection.Ask(request) ? 1 : 0;
  }
  while (answered < wanted) {
    epoll_event events[64];
    const int ready = ::epoll_wait(poll, events, 64, 30'000);
    if (ready <= 0) {
      std::fprintf(stderr, "answer_load: no answer\n");
      return 1;
    }
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<AskingConnection*>(events[i].data.ptr);
      if (!connection->Read(&bytes)) {
        std::fprintf(stderr, "answer_load: a bad answer\n");
        return 1;
      }
      if (connection->TakeAnswer()) {
        ++answered;
        asked += asked < wanted && connection->Ask(request) ? 1 : 0;
      }
    }
  }
  std::printf("%lld answers, %zu bytes in %.3f s\n", static_cast<long long>(answered), bytes,
              static_cast<double>(clock.MonotonicNs() - begin_ns) / 1e9);
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) {
    options[argv[i]] = argv[i + 1];
  }
  if (options.size() != 4) {
    std::fprintf(stderr, "usage: answer_load --port N --target PATH --connections N --answers N\n");
    return 2;
  }
  return tocsin::bench::Run(std::move(options));
}
