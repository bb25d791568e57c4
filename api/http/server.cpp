#include "api/http/server.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "api/http/connection.h"
#include "api/http/listener.h"
#include "api/http/response_head.h"
#include "api/http/tls_context.h"
#include "api/http/worker_pool.h"
#include "base/status.h"

namespace tocsin::http {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kSweepEvery{1};

class AsioServer : public Server, public ConnectionHost {
 public:
  AsioServer(const ServerOptions& options, RootHandler handler, const Clock& clock)
      : options_(options), handler_(std::move(handler)), clock_(clock), work_(asio::make_work_guard(io_)), sweep_(io_) {}
  ~AsioServer() override { Stop(0); }

  absl::Status Start() {
    if (options_.tls != nullptr) {
      ASSIGN_OR_RETURN(tls_, MakeTlsContext(*options_.tls));
      options_.tls = nullptr;
    }
    for (const std::string& address : options_.listen) {
      ASSIGN_OR_RETURN(std::unique_ptr<Listener> listener, Listener::Bind(&io_, address));
      addresses_.push_back(listener->address());
      listeners_.push_back(std::move(listener));
    }
    for (const auto& listener : listeners_) {
      listener->Accept([this](StreamSocket socket, std::string remote) { OnAccept(std::move(socket), std::move(remote)); });
    }
    Sweep();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  std::vector<std::string> addresses() const override { return addresses_; }

  absl::Status ReplaceTls(const TlsMaterial& tls) override {
    ASSIGN_OR_RETURN(auto context, MakeTlsContext(tls));
    asio::post(io_, [this, context = std::move(context)] { tls_ = context; });
    return absl::OkStatus();
  }

  void Stop(DurationMs grace_ms) override {
    if (stopped_.exchange(true)) {
      return;
    }
    if (thread_.joinable()) {
      std::promise<void> idle;
      asio::post(io_, [this, &idle] {
        all_closed_ = &idle;
        for (const auto& listener : listeners_) {
          listener->Close();
        }
        ForEachConnection([](Connection& connection) { connection.FinishSoon(); });
        TellIfAllClosed();
      });
      std::future<void> closed = idle.get_future();
      if (closed.wait_for(std::chrono::milliseconds(grace_ms)) != std::future_status::ready) {
        asio::post(io_, [this] { ForEachConnection([](Connection& connection) { connection.Abort(); }); });
        closed.wait();
      }
    }
    // Handlers that still run have been cancelled; their last posts find closed connections.
    workers_.reset();
    work_.reset();
    asio::post(io_, [this] {
      sweeping_ = false;
      sweep_.cancel();
    });
    if (thread_.joinable()) {
      thread_.join();
    }
    listeners_.clear();
  }

  ServerStats stats() const override {
    return {.connections = open_.load(std::memory_order_relaxed), .connections_refused = refused_.load(std::memory_order_relaxed)};
  }

  void Post(std::function<void()> work) override { asio::post(io_, std::move(work)); }
  void RunOnWorker(std::function<void()> work) override { workers_->Run(std::move(work)); }
  const RootHandler& handler() const override { return handler_; }
  const ServerOptions& options() const override { return options_; }
  const Clock& clock() const override { return clock_; }

  void OnClosed(Connection* connection) override {
    connections_.erase(connection);
    open_.store(static_cast<int>(connections_.size()), std::memory_order_relaxed);
    TellIfAllClosed();
  }

 private:
  void OnAccept(StreamSocket socket, std::string remote) {
    if (connections_.size() >= static_cast<size_t>(options_.connections_max)) {
      RefuseConnection(std::move(socket));
      return;
    }
    std::unique_ptr<Transport> transport = tls_ == nullptr ? MakePlainTransport(std::move(socket), std::move(remote))
                                                           : MakeTlsTransport(std::move(socket), std::move(remote), tls_);
    auto connection = std::make_shared<Connection>(std::move(transport), this);
    connections_.emplace(connection.get(), connection);
    open_.store(static_cast<int>(connections_.size()), std::memory_order_relaxed);
    connection->Start();
  }

  void RefuseConnection(StreamSocket socket) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    if (tls_ != nullptr) {
      return;
    }
    const std::string text = "too many connections\n";
    const std::string answer = ResponseHead(503, {{"Content-Type", "text/plain; charset=utf-8"}, {"Retry-After", "1"}},
                                            {.keep_alive = false, .content_length = text.size(), .now = clock_.NowMs()}) +
                               text;
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.send(asio::buffer(answer), 0, ignored);
    socket.shutdown(StreamSocket::shutdown_send, ignored);
  }

  void Sweep() {
    sweep_.expires_after(kSweepEvery);
    sweep_.async_wait([this](const boost::system::error_code& error) {
      if (error || !sweeping_) {
        return;
      }
      const int64_t now_ns = clock_.MonotonicNs();
      ForEachConnection([now_ns](Connection& connection) { connection.CheckDeadline(now_ns); });
      for (const auto& listener : listeners_) {
        listener->Resume();
      }
      Sweep();
    });
  }

  template <typename Visit>
  void ForEachConnection(Visit visit) {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [pointer, connection] : connections_) {
      all.push_back(connection);
    }
    for (const auto& connection : all) {
      visit(*connection);
    }
  }

  void TellIfAllClosed() {
    if (all_closed_ != nullptr && connections_.empty()) {
      std::exchange(all_closed_, nullptr)->set_value();
    }
  }

  ServerOptions options_;
  RootHandler handler_;
  const Clock& clock_;
  asio::io_context io_{1};  // outlives all sockets
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweep_;
  bool sweeping_ = true;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::string> addresses_;
  std::shared_ptr<asio::ssl::context> tls_;
  absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::promise<void>* all_closed_ = nullptr;
  std::atomic<int> open_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<bool> stopped_{false};
  std::unique_ptr<WorkerPool> workers_ = std::make_unique<WorkerPool>(kWorkersMax);
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> StartServer(const ServerOptions& options, RootHandler handler, const Clock& clock) {
  auto server = std::make_unique<AsioServer>(options, std::move(handler), clock);
  RETURN_IF_ERROR(server->Start());
  return server;
}

}  // namespace tocsin::http
