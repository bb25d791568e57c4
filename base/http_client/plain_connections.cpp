#include "base/http_client/plain_connections.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/http_client/curl_error.h"
#include "base/strings.h"

namespace tocsin {

/// A socket. `job` counts while it is busy.
struct PlainConnections::Connection {
  int fd = -1;
  std::string host_port;
  uint32_t watched = 0;  ///< Events of epoll.
  bool connecting = false;
  bool reused = false;  ///< It has served a request before.
  bool busy = false;
  int wake_bytes = 1;
  int64_t idle_since_ns = 0;
  Job job;
  size_t sent = 0;
  bool received_any = false;
  std::optional<PlainResponse> response;
};

PlainConnections::~PlainConnections() {
  for (const auto& [fd, connection] : connections_) {
    close(fd);
  }
}

PlainConnections::Connection* PlainConnections::TakeIdle(const std::string& host_port) {
  const auto found = idle_.find(host_port);
  if (found == idle_.end()) {
    return nullptr;
  }
  Connection* const connection = connections_.at(found->second.back()).get();
  Forget(connection);
  if (clock_.MonotonicNs() - connection->idle_since_ns < kIdleNs) {
    return connection;
  }
  Close(connection->fd);
  return nullptr;
}

/// Takes it out of the idle ones.
void PlainConnections::Forget(Connection* connection) {
  const auto found = idle_.find(connection->host_port);
  std::erase(found->second, connection->fd);
  if (found->second.empty()) {
    idle_.erase(found);
  }
  --idle_count_;
}

void PlainConnections::Start(Job job) {
  Connection* const connection = TakeIdle(job.request.host_port);
  next_deadline_ns_ = next_deadline_ns_ < 0 ? job.deadline_ns : std::min(next_deadline_ns_, job.deadline_ns);
  if (connection == nullptr) {
    Open(std::move(job));
    return;
  }
  connection->reused = true;
  connection->busy = true;
  busy_[job.id] = connection->fd;
  connection->job = std::move(job);
  connection->sent = 0;
  connection->received_any = false;
  Send(connection);
}

void PlainConnections::Open(Job job) {
  auto owned = std::make_unique<Connection>();
  Connection* const connection = owned.get();
  connection->busy = true;
  connection->host_port = job.request.host_port;
  connection->job = std::move(job);
  const PlainRequest& request = connection->job.request;
  connection->fd = socket(request.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection->fd < 0) {
    const std::string reason = Cat("dial tcp ", request.host_port, ": socket: ", ErrnoText(errno));
    results_.push_back(
        {connection->job.id, absl::UnavailableError(av(RequestErrorText(connection->job.method, connection->job.url, reason)))});
    return;
  }
  busy_[connection->job.id] = connection->fd;
  connections_[connection->fd] = std::move(owned);
  const int on = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(connection->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  if (connect(connection->fd, reinterpret_cast<const sockaddr*>(&request.address), request.address_bytes) == 0) {
    Send(connection);
  } else if (errno == EINPROGRESS) {
    connection->connecting = true;
    Watch(connection, EPOLLOUT);
  } else {
    Lost(connection, errno, "connect");
  }
}

void PlainConnections::Watch(Connection* connection, uint32_t events) {
  if (connection->watched == events) {
    return;
  }
  epoll_event event{};
  event.events = events;
  event.data.fd = connection->fd;
  epoll_ctl(epoll_fd_, connection->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection->fd, &event);
  connection->watched = events;
}

void PlainConnections::SetWakeBytes(Connection* connection, uint64_t bytes) {
  const int wake_bytes = static_cast<int>(std::clamp<uint64_t>(bytes, 1, kWakeBytesMax));
  // It costs a system call: not for what arrives at once anyway.
  const int wanted = wake_bytes < kWakeBytesMax / 8 ? 1 : wake_bytes;
  if (wanted != connection->wake_bytes) {
    setsockopt(connection->fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof(wanted));
    connection->wake_bytes = wanted;
  }
}

void PlainConnections::Send(Connection* connection) {
  const std::string& text = connection->job.request.text;
  while (connection->sent < text.size()) {
    const ssize_t count = send(connection->fd, text.data() + connection->sent, text.size() - connection->sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) {
      Watch(connection, EPOLLIN | EPOLLOUT);
      return;
    }
    if (count < 0 && errno != EINTR) {
      Lost(connection, errno, "write");
      return;
    }
    connection->sent += static_cast<size_t>(std::max<ssize_t>(count, 0));
  }
  Watch(connection, EPOLLIN);
}

bool PlainConnections::OnReady(int fd, uint32_t events) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) {
    return false;
  }
  Connection* const connection = found->second.get();
  if (!connection->busy) {
    // The peer closes it, or sends what nobody has asked for.
    Forget(connection);
    Close(fd);
    return true;
  }
  if (connection->connecting) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      Lost(connection, error, "connect");
      return true;
    }
    connection->connecting = false;
    Send(connection);
  } else if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    Receive(connection);
  } else {
    Send(connection);
  }
  return true;
}

void PlainConnections::Receive(Connection* connection) {
  if (!connection->response.has_value()) {
    connection->response.emplace(std::move(connection->job.buffer), connection->job.body_bytes_max, connection->job.overflow.get());
  }
  PlainResponse& response = *connection->response;
  while (true) {
    const std::span<char> room = response.Room();
    const ssize_t count = recv(connection->fd, room.data(), room.size(), 0);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) {
        Lost(connection, errno, "read");
      }
      return;
    }
    if (count == 0) {
      if (const PlainResponse::State state = response.Ended(); state == PlainResponse::State::kDone) {
        Answered(connection);
      } else if (state == PlainResponse::State::kFailed) {
        End(connection, response.error());
      } else {
        Lost(connection, 0, "");
      }
      return;
    }
    connection->received_any = true;
    const PlainResponse::State state = response.Received(static_cast<size_t>(count));
    if (state == PlainResponse::State::kDone) {
      Answered(connection);
      return;
    }
    if (state == PlainResponse::State::kFailed) {
      End(connection, response.error());
      return;
    }
    if (state == PlainResponse::State::kUnusual) {
      End(connection, std::nullopt);
      return;
    }
    if (static_cast<size_t>(count) < room.size()) {
      SetWakeBytes(connection, response.bytes_left());
      return;
    }
  }
}

/// The connection failed (`error` of `what`), or the peer closed it before the end of its answer (0).
void PlainConnections::Lost(Connection* connection, int error, std::string_view what) {
  Job& job = connection->job;
  if (connection->reused && !connection->received_any) {
    // The peer may have closed it while the request was on its way: another one decides.
    if (connection->response.has_value()) {
      job.buffer = connection->response->Take().body;
    }
    Job again = std::move(job);
    busy_.erase(again.id);
    Close(connection->fd);
    Open(std::move(again));
    return;
  }
  if (error == 0 && connection->response.has_value() && connection->response->state() == PlainResponse::State::kBody) {
    End(connection, absl::UnavailableError("unexpected EOF"));
    return;
  }
  if (error == 0 && connection->received_any) {
    End(connection, std::nullopt);
    return;
  }
  std::string reason = error == 0 ? "EOF" : Cat(what, ": ", ErrnoText(error));
  if (what == "connect") {
    reason = Cat("dial tcp ", job.request.host_port, ": ", reason);
  }
  End(connection, absl::UnavailableError(av(RequestErrorText(job.method, job.url, reason))));
}

void PlainConnections::Answered(Connection* connection) {
  const bool keeps_alive = connection->response->keeps_alive() && connection->watched == EPOLLIN && idle_count_ < idle_max_;
  results_.push_back({connection->job.id, connection->response->Take()});
  busy_.erase(connection->job.id);
  connection->response.reset();
  if (!keeps_alive) {
    Close(connection->fd);
    return;
  }
  SetWakeBytes(connection, 1);
  connection->busy = false;
  connection->job = Job();
  connection->idle_since_ns = clock_.MonotonicNs();
  idle_[connection->host_port].push_back(connection->fd);
  ++idle_count_;
}

void PlainConnections::End(Connection* connection, std::optional<absl::StatusOr<HttpResponse>> response) {
  results_.push_back({connection->job.id, std::move(response)});
  busy_.erase(connection->job.id);
  Close(connection->fd);
}

void PlainConnections::Close(int fd) {
  connections_.erase(fd);
  close(fd);  // which ends its watch
}

int64_t PlainConnections::Expire(int64_t now_ns) {
  if (next_deadline_ns_ < 0 || now_ns < next_deadline_ns_) {
    return next_deadline_ns_;
  }
  next_deadline_ns_ = -1;
  std::vector<Connection*> late;
  std::vector<Connection*> old;
  for (const auto& [fd, connection] : connections_) {
    if (!connection->busy) {
      if (now_ns - connection->idle_since_ns >= kIdleNs) {
        old.push_back(connection.get());
      }
    } else if (now_ns >= connection->job.deadline_ns) {
      late.push_back(connection.get());
    } else {
      next_deadline_ns_ = next_deadline_ns_ < 0 ? connection->job.deadline_ns : std::min(next_deadline_ns_, connection->job.deadline_ns);
    }
  }
  for (Connection* const connection : late) {
    const Job& job = connection->job;
    End(connection, absl::DeadlineExceededError(av(RequestErrorText(job.method, job.url, "context deadline exceeded"))));
  }
  for (Connection* const connection : old) {
    Forget(connection);
    Close(connection->fd);
  }
  return next_deadline_ns_;
}

bool PlainConnections::ReceivedAny(uint64_t id) const {
  const auto found = busy_.find(id);
  return found != busy_.end() && connections_.at(found->second)->received_any;
}

}  // namespace tocsin
