#include "tests/differential/peer_prometheus.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <simdjson.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"

extern char** environ;

namespace tocsin::differential {
namespace {

constexpr DurationMs kStartPatience = 60 * kSecond;

int FreeLoopbackPort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string FormEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (isalnum(byte) != 0) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

std::string SecondsText(TimestampMs ms) { return GoFloat(static_cast<double>(ms) / 1000, 'f'); }

}  // namespace

std::optional<std::string> PeerPrometheus::Program() {
  const char* folder = std::getenv("TOCSIN_NEWEST_PEERS");
  return folder == nullptr ? std::nullopt : std::optional(Cat(folder, "/usr/bin/prometheus"));
}

absl::StatusOr<std::unique_ptr<PeerPrometheus>> PeerPrometheus::Start(const std::string& program) {
  std::unique_ptr<PeerPrometheus> peer(new PeerPrometheus);
  const std::string config = peer->folder_.File("prometheus.yml");
  std::ofstream(config) << "global: {}\n";
  const int port = FreeLoopbackPort();
  peer->url_ = Cat("http://127.0.0.1:", port);
  const std::vector<std::string> arguments = {
      program,
      Cat("--config.file=", config),
      Cat("--storage.tsdb.path=", peer->folder_.File("data")),
      Cat("--web.listen-address=127.0.0.1:", port),
      "--web.enable-remote-write-receiver",
      "--storage.tsdb.retention.time=100y",
      "--enable-feature=promql-experimental-functions,promql-duration-expr,native-histograms",
  };
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const std::string log = peer->folder_.File("log");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int error = posix_spawn(&peer->pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    peer->pid_ = -1;
    return absl::NotFoundError(Cat("cannot start ", program));
  }
  RETURN_IF_ERROR(peer->WaitUntilReady());
  return peer;
}

PeerPrometheus::~PeerPrometheus() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

absl::Status PeerPrometheus::WaitUntilReady() {
  const TimestampMs give_up = clock_.NowMs() + kStartPatience;
  const StopToken never;
  while (clock_.NowMs() < give_up) {
    HttpRequest request;
    request.url = url_ + "/-/ready";
    const auto ready = client_.Do(request);
    if (ready.ok() && ready->status == 200) {
      request.url = url_ + "/api/v1/status/buildinfo";
      ASSIGN_OR_RETURN(const HttpResponse info, client_.Do(request));
      simdjson::dom::parser parser;
      version_ = std::string(std::string_view(simdjson::dom::element(parser.parse(info.body))["data"]["version"]));
      return absl::OkStatus();
    }
    clock_.WaitUntil(clock_.NowMs() + 50, never);
  }
  return absl::DeadlineExceededError("prometheus does not become ready");
}

absl::StatusOr<HttpResponse> PeerPrometheus::Send(const std::string& path, HttpHeaders headers, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_ + path;
  request.headers = std::move(headers);
  request.body = std::move(body);
  return client_.Do(request);
}

absl::Status PeerPrometheus::Write(const std::string& body) {
  ASSIGN_OR_RETURN(
      const HttpResponse response,
      Send("/api/v1/write",
           {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Write-Version", "0.1.0"}},
           body));
  return response.status / 100 == 2 ? absl::OkStatus() : absl::InternalError(response.body);
}

absl::StatusOr<std::string> PeerPrometheus::Query(const promql::QueryRequest& query) {
  std::string form = Cat("query=", FormEncode(query.expression));
  if (query.step_ms == 0) {
    Append(&form, "&time=", SecondsText(query.start));
  } else {
    Append(&form, "&start=", SecondsText(query.start), "&end=", SecondsText(query.end), "&step=", SecondsText(query.step_ms));
  }
  ASSIGN_OR_RETURN(HttpResponse response, Send(query.step_ms == 0 ? "/api/v1/query" : "/api/v1/query_range",
                                               {{"Content-Type", "application/x-www-form-urlencoded"}}, form));
  return std::move(response.body);
}

}  // namespace tocsin::differential
