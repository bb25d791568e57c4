#include "tests/doubles/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/strings.h"

namespace tocsin::test {
namespace {

constexpr size_t kMaxBodyBytes = 64 << 20;
constexpr size_t kMaxHeadBytes = 1 << 20;

bool SendAll(int socket, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string UrlDecode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

void ParseTarget(std::string_view target, HttpRequest* request) {
  const size_t question = target.find('?');
  request->path = UrlDecode(target.substr(0, question));
  std::string_view rest = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = std::min(pair.find('='), pair.size());
    request->query[UrlDecode(pair.substr(0, equals))] = UrlDecode(pair.substr(std::min(equals + 1, pair.size())));
  }
}

void ParseHead(std::string_view head, HttpRequest* request) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const size_t first = line.find(' ');
  const size_t second = line.find(' ', first + 1);
  request->method = line.substr(0, first);
  ParseTarget(line.substr(first + 1, second - first - 1), request);
  std::string_view rest = head.substr(std::min(head.size(), line.size() + 2));
  while (!rest.empty()) {
    const std::string_view header = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), header.size() + 2));
    const size_t colon = header.find(':');
    if (colon != std::string_view::npos) {
      const size_t value = std::min(header.find_first_not_of(' ', colon + 1), header.size());
      request->headers[Lower(header.substr(0, colon))] = header.substr(value);
    }
  }
}

// Reads from a socket until what is wanted has arrived; what came too early stays for the next request.
class Reader {
 public:
  explicit Reader(int socket) : socket_(socket) {}

  std::optional<std::string> Until(std::string_view mark, size_t limit) {
    size_t at;
    while ((at = pending_.find(mark)) == std::string::npos) {
      if (pending_.size() > limit || !More()) {
        return std::nullopt;
      }
    }
    std::string out = pending_.substr(0, at);
    pending_.erase(0, at + mark.size());
    return out;
  }

  std::optional<std::string> Exactly(size_t length) {
    while (pending_.size() < length) {
      if (!More()) {
        return std::nullopt;
      }
    }
    std::string out = pending_.substr(0, length);
    pending_.erase(0, length);
    return out;
  }

 private:
  bool More() {
    char buffer[65536];
    const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (got <= 0) {
      return false;
    }
    pending_.append(buffer, static_cast<size_t>(got));
    return true;
  }

  const int socket_;
  std::string pending_;
};

bool ReadBody(Reader* reader, HttpRequest* request) {
  if (request->headers["transfer-encoding"] == "chunked") {
    for (;;) {
      const std::optional<std::string> size_line = reader->Until("\r\n", kMaxHeadBytes);
      if (!size_line) {
        return false;
      }
      const size_t size = std::strtoul(size_line->c_str(), nullptr, 16);
      const std::optional<std::string> data = size > kMaxBodyBytes ? std::nullopt : reader->Exactly(size + 2);
      if (!data) {
        return false;
      }
      if (size == 0) {
        return true;
      }
      request->body.append(*data, 0, size);
    }
  }
  const size_t length = std::strtoul(request->headers["content-length"].c_str(), nullptr, 10);
  std::optional<std::string> data = length > kMaxBodyBytes ? std::nullopt : reader->Exactly(length);
  if (!data) {
    return false;
  }
  request->body = *std::move(data);
  return true;
}

}  // namespace

void HttpResponseWriter::Send(int status, std::string_view content_type, std::string_view body,
                              const std::map<std::string, std::string>& headers) {
  begun_ = true;
  std::string head = Cat("HTTP/1.1 ", status, " Answer\r\nContent-Type: ", content_type, "\r\nContent-Length: ", body.size(), "\r\n");
  for (const auto& [name, value] : headers) {
    Append(&head, name, ": ", value, "\r\n");
  }
  head.append("\r\n");
  head.append(body);
  SendAll(socket_, head);
}

void HttpResponseWriter::Begin(int status, std::string_view content_type) {
  begun_ = true;
  SendAll(socket_, Cat("HTTP/1.1 ", status, " Answer\r\nContent-Type: ", content_type,
                       "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"));
}

bool HttpResponseWriter::Chunk(std::string_view data) { return SendAll(socket_, Cat(absl::Hex(data.size()), "\r\n", data, "\r\n")); }

bool HttpResponseWriter::Raw(std::string_view data) {
  begun_ = true;
  return SendAll(socket_, data);
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(int port, Handler handler) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || ::listen(listener, 1024) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    const std::string reason = std::strerror(errno);
    ::close(listener);
    return absl::UnavailableError(Cat("cannot listen on port ", port, ": ", reason));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(listener, ntohs(address.sin_port), std::move(handler)));
}

HttpServer::HttpServer(int listener, int port, Handler handler) : listener_(listener), port_(port), handler_(std::move(handler)) {
  accepter_ = std::thread([this] { AcceptLoop(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  accepter_.join();
  ::close(listener_);
  std::vector<std::thread> threads;
  {
    MutexLock lock(mu_);
    for (const int socket : open_sockets_) {
      ::shutdown(socket, SHUT_RDWR);
    }
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

std::string HttpServer::url() const { return Cat("http://127.0.0.1:", port_); }

void HttpServer::AcceptLoop() {
  while (!stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      continue;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ++connections_;
    MutexLock lock(mu_);
    if (stopping_) {
      ::close(socket);
      return;
    }
    open_sockets_.insert(socket);
    threads_.emplace_back([this, socket] { Serve(socket); });
  }
}

void HttpServer::Serve(int socket) {
  Reader reader(socket);
  while (!stopping_) {
    const std::optional<std::string> head = reader.Until("\r\n\r\n", kMaxHeadBytes);
    HttpRequest request;
    if (!head) {
      break;
    }
    ParseHead(*head, &request);
    if (!ReadBody(&reader, &request)) {
      break;
    }
    HttpResponseWriter writer(socket);
    handler_(request, writer);
    if (!writer.keeps_connection() || request.headers["connection"] == "close") {
      break;
    }
  }
  MutexLock lock(mu_);
  open_sockets_.erase(socket);
  ::close(socket);
}

void WaitForTermination() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  int signal = 0;
  sigwait(&signals, &signal);
}

}  // namespace tocsin::test
