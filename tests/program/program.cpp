#include "tests/program/program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/http_client/http_client.h"
#include "base/strings.h"
#include "tests/support/corpus.h"
#include "tests/support/write_request_builder.h"

extern char** environ;

namespace tocsin::test {
namespace {

constexpr int kPollMs = 50;
constexpr int kPatienceMs = 30'000;

pid_t Spawn(const std::vector<std::string>& arguments, const std::string& output_file) {
  std::vector<char*> argv = {const_cast<char*>(TOCSIN_PROGRAM)};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, TOCSIN_PROGRAM, &actions, nullptr, argv.data(), environ), 0) << TOCSIN_PROGRAM;
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int WaitForEnd(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

void Pause() { std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs)); }

std::string Ask(tocsin::HttpRequest request, int* status) {
  static const SystemClock clock;
  HttpClient client(HttpClientOptions{}, clock);
  request.timeout_ms = 10 * kSecond;
  const auto answer = client.Do(request);
  if (status != nullptr) {
    *status = answer.ok() ? answer->status : 0;
  }
  return answer.ok() ? answer->body : "";
}

std::string Ask(const std::string& method, const std::string& url, int* status) {
  tocsin::HttpRequest request;
  request.method = method;
  request.url = url;
  return Ask(std::move(request), status);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "tocsin-program.XXXXXX").string();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::Write(const std::string& name, const std::string& text) const {
  const std::string path = path_ + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Finished RunProgram(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const std::string output_file = folder.path() + "/output";
  const pid_t pid = Spawn(arguments, output_file);
  siginfo_t ended{};
  for (int waited = 0; waited < kPatienceMs && ended.si_pid == 0; waited += kPollMs) {
    ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT);
    Pause();
  }
  if (ended.si_pid == 0) {
    ::kill(pid, SIGKILL);
  }
  const int exit_code = WaitForEnd(pid);
  return {exit_code, ReadFileOrFail(output_file)};
}

RunningProgram::RunningProgram(const TemporaryFolder& folder, const std::string& config_file, const std::vector<std::string>& more)
    : output_file_(folder.path() + "/output"), port_(FreePort()) {
  std::vector<std::string> arguments = {"--config.file=" + config_file, "--storage.tsdb.path=" + folder.path() + "/data",
                                        "--web.listen-address=127.0.0.1:" + std::to_string(port_)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  pid_ = Spawn(arguments, output_file_);
  int status = 0;
  for (int waited = 0; waited < kPatienceMs && status != 200 && ::waitpid(pid_, nullptr, WNOHANG) == 0; waited += kPollMs) {
    Get("/-/ready", &status);
    Pause();
  }
  EXPECT_EQ(status, 200) << Output();
}

RunningProgram::~RunningProgram() { Kill(); }

void RunningProgram::Kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    WaitForEnd(pid_);
    pid_ = -1;
  }
}

std::string RunningProgram::url() const { return Cat("http://127.0.0.1:", port_); }

std::string RunningProgram::Get(const std::string& path, int* status) const { return Ask("GET", url() + path, status); }

std::string RunningProgram::Post(const std::string& path, int* status) const { return Ask("POST", url() + path, status); }

int RunningProgram::RemoteWrite(const std::string& body) const {
  tocsin::HttpRequest request;
  request.method = "POST";
  request.url = url() + "/api/v1/write";
  request.headers = {
      {"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Write-Version", "0.1.0"}};
  request.body = Snappy(body);
  int status = 0;
  Ask(std::move(request), &status);
  return status;
}

void RunningProgram::WaitFor(const std::string& path, const std::string& text) const {
  std::string answer;
  for (int waited = 0; waited < kPatienceMs; waited += kPollMs) {
    answer = Get(path);
    if (answer.find(text) != std::string::npos) {
      return;
    }
    Pause();
  }
  ADD_FAILURE() << path << " has no " << text << " but " << answer.substr(0, 4000) << "\n" << Output();
}

Finished RunningProgram::Stop(int signal) {
  ::kill(pid_, signal);
  return AwaitEnd();
}

Finished RunningProgram::AwaitEnd() {
  const int exit_code = WaitForEnd(pid_);
  pid_ = -1;
  return {exit_code, Output()};
}

std::string RunningProgram::Output() const { return ReadFileOrFail(output_file_); }

}  // namespace tocsin::test
