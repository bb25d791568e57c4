#include "tests/support/http_double.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "base/check.h"
#include "base/http_client/http_message.h"
#include "base/strings.h"

namespace tocsin::test {

std::string DoubleRequest::Header(std::string_view name) const { return std::string(FindHeader(headers, name)); }

struct HttpDouble::Connection {
  int fd = -1;
  ssl_st* tls = nullptr;
  std::string buffer;
  std::thread thread;

  /// False at the end of the stream.
  bool Fill() {
    char piece[16384];
    const ssize_t got = tls != nullptr ? SSL_read(tls, piece, sizeof piece) : recv(fd, piece, sizeof piece, 0);
    if (got > 0) {
      buffer.append(piece, static_cast<size_t>(got));
    }
    return got > 0;
  }

  bool Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent =
          tls != nullptr ? SSL_write(tls, text.data(), static_cast<int>(text.size())) : send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  /// Reads one request; false when the other side is gone.
  bool ReadRequest(DoubleRequest* request) {
    size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) {
        return false;
      }
    }
    const std::string head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    const size_t line_end = head.find("\r\n");
    const size_t space = head.find(' ');
    request->method = head.substr(0, space);
    request->target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
    for (size_t at = line_end + 2; at < head.size();) {
      const size_t stop = head.find("\r\n", at);
      const std::string line = head.substr(at, stop - at);
      const size_t colon = line.find(':');
      request->headers.emplace_back(line.substr(0, colon), std::string(sv(absl::StripAsciiWhitespace(line.substr(colon + 1)))));
      at = stop + 2;
    }
    size_t length = 0;
    if (!absl::SimpleAtoi(request->Header("content-length"), &length)) {
      return true;
    }
    while (buffer.size() < length) {
      if (!Fill()) {
        return false;
      }
    }
    request->body = buffer.substr(0, length);
    buffer.erase(0, length);
    return true;
  }
};

namespace {

ssl_ctx_st* MakeServerTls(const DoubleCertificate& certificate, const std::string& client_ca_pem);

int ListenTcp(int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TOCSIN_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 512) == 0);
  socklen_t length = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  *port = ntohs(address.sin_port);
  return fd;
}

int ListenUnix(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  TOCSIN_CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  TOCSIN_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 64) == 0);
  return fd;
}

BIO* MemoryOf(const std::string& pem) { return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())); }

ssl_ctx_st* MakeServerTls(const DoubleCertificate& certificate, const std::string& client_ca_pem) {
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  BIO* bio = MemoryOf(certificate.cert_pem);
  X509* const cert = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = MemoryOf(certificate.key_pem);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  TOCSIN_CHECK(SSL_CTX_use_certificate(context, cert) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
  X509_free(cert);
  EVP_PKEY_free(key);
  if (!client_ca_pem.empty()) {
    bio = MemoryOf(client_ca_pem);
    X509* const ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
    X509_free(ca);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

HttpDouble::HttpDouble(Handler handler, Options options) : handler_(std::move(handler)), options_(std::move(options)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that are gone
  if (options_.certificate != nullptr) {
    tls_ = MakeServerTls(*options_.certificate, options_.client_ca_pem);
    SSL_CTX_set_alpn_select_cb(tls_, &HttpDouble::OnProtocols, this);
  }
  listen_fd_ = options_.unix_socket.empty() ? ListenTcp(&port_) : ListenUnix(options_.unix_socket);
  acceptor_ = std::thread([this] { Accept(); });
}

/// Notes what the client offers, and takes none of it: the connection is HTTP/1.1.
int HttpDouble::OnProtocols(ssl_st* /*tls*/, const unsigned char** /*out*/, unsigned char* /*out_size*/, const unsigned char* in,
                            unsigned int in_size, void* self) {
  auto& server = *static_cast<HttpDouble*>(self);
  MutexLock lock(server.mu_);
  server.protocols_offered_.clear();
  for (unsigned int i = 0; i < in_size; i += in[i] + 1U) {
    server.protocols_offered_ += (server.protocols_offered_.empty() ? "" : " ");
    server.protocols_offered_.append(reinterpret_cast<const char*>(in + i + 1), in[i]);
  }
  return SSL_TLSEXT_ERR_NOACK;
}

std::string HttpDouble::protocols_offered() const {
  MutexLock lock(mu_);
  return protocols_offered_;
}

HttpDouble::~HttpDouble() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    for (Connection& connection : open_) {
      shutdown(connection.fd, SHUT_RDWR);
    }
  }
  shutdown(listen_fd_, SHUT_RDWR);
  acceptor_.join();
  std::list<Connection> open;
  {
    MutexLock lock(mu_);
    open.swap(open_);
  }
  for (Connection& connection : open) {
    connection.thread.join();
    SSL_free(connection.tls);
    close(connection.fd);
  }
  close(listen_fd_);
  SSL_CTX_free(tls_);
}

std::string HttpDouble::host() const { return Cat("127.0.0.1:", port_); }

std::string HttpDouble::Url(std::string_view path) const { return Cat(tls_ != nullptr ? "https://" : "http://", host(), path); }

void HttpDouble::Accept() {
  while (true) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    MutexLock lock(mu_);
    if (fd < 0 || stopping_) {
      if (fd >= 0) {
        close(fd);
      }
      return;
    }
    ++connections_;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection& connection = open_.emplace_back();
    connection.fd = fd;
    connection.thread = std::thread([this, &connection] { Serve(&connection); });
  }
}

void HttpDouble::Serve(Connection* connection) {
  if (tls_ != nullptr) {
    connection->tls = SSL_new(tls_);
    SSL_set_fd(connection->tls, connection->fd);
    if (SSL_accept(connection->tls) != 1) {
      shutdown(connection->fd, SHUT_RDWR);
      return;
    }
  }
  DoubleRequest request;
  while (connection->ReadRequest(&request)) {
    ++requests_;
    if (!Answer(connection, handler_(request))) {
      break;
    }
    request = DoubleRequest();
  }
  shutdown(connection->fd, SHUT_RDWR);
}

bool HttpDouble::Answer(Connection* connection, const DoubleResponse& response) {
  if (response.reset) {
    const linger hard{1, 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    const int dead = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    dup2(dead, connection->fd);  // closes the socket at once, the number stays ours
    close(dead);
    return false;
  }
  if (response.hang) {
    while (connection->Fill()) {
    }
    return false;
  }
  if (!response.raw.empty()) {
    connection->Send(response.raw);
    return false;
  }
  std::string head = Cat("HTTP/1.1 ", response.status, " ", HttpReason(response.status), "\r\n");
  for (const auto& [name, value] : response.headers) {
    Append(&head, name, ": ", value, "\r\n");
  }
  Append(&head, "Content-Length: ", response.body.size(), "\r\n\r\n");
  return connection->Send(head) && connection->Send(response.body);
}

}  // namespace tocsin::test
