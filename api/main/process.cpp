#include "api/main/process.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

namespace tocsin {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The fields of /proc/self/stat behind the name: number 3 (state) is the first.
std::vector<std::string> StatFields() {
  const std::string stat = ReadFile("/proc/self/stat");
  const size_t name_end = stat.rfind(')');
  std::vector<std::string> fields;
  if (name_end != std::string::npos) {
    std::istringstream rest(stat.substr(name_end + 1));
    for (std::string field; rest >> field;) {
      fields.push_back(std::move(field));
    }
  }
  return fields;
}

int CountOpenFiles() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) {
    return 0;
  }
  int files = 0;
  while (const dirent* entry = ::readdir(folder)) {
    files += entry->d_name[0] != '.' ? 1 : 0;
  }
  ::closedir(folder);
  return files - 1;  // without the folder's own
}

double BootTimeSeconds() {
  const std::string stat = ReadFile("/proc/stat");
  const size_t line = stat.find("btime ");
  return line == std::string::npos ? 0 : static_cast<double>(std::strtoll(stat.c_str() + line + 6, nullptr, 10));
}

uint64_t CgroupLimit() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const uint64_t limit = std::strtoull(ReadFile(path).c_str(), nullptr, 10);
    // cgroup v1 says "no limit" by a number near 2^63.
    if (limit > 0 && limit < uint64_t{1} << 60) {
      return limit;
    }
  }
  return 0;
}

sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

ProcessStatus ReadProcessStatus() {
  ProcessStatus status;
  const std::vector<std::string> fields = StatFields();
  const auto field = [&fields](size_t number) {
    return number - 3 < fields.size() ? static_cast<double>(std::strtoll(fields[number - 3].c_str(), nullptr, 10)) : 0.0;
  };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  status.cpu_seconds = (field(14) + field(15)) / ticks;
  status.threads = static_cast<int>(field(20));
  status.start_time_seconds = BootTimeSeconds() + field(22) / ticks;
  status.virtual_bytes = static_cast<uint64_t>(field(23));
  status.resident_bytes = static_cast<uint64_t>(field(24)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  status.open_files = CountOpenFiles();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    status.open_files_max = limit.rlim_cur;
  }
  return status;
}

void RaiseOpenFilesLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

uint64_t DefaultMemoryMax() {
  if (const uint64_t limit = CgroupLimit(); limit > 0) {
    return limit / 10 * 8;
  }
  struct sysinfo info{};
  return ::sysinfo(&info) == 0 ? static_cast<uint64_t>(info.totalram) * info.mem_unit / 2 : 0;
}

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string WorkingDirectory() {
  std::array<char, 4096> path{};
  return ::getcwd(path.data(), path.size()) != nullptr ? path.data() : "<error retrieving current working directory>";
}

void BlockSignals() {
  sigset_t signals = HandledSignals();
  sigaddset(&signals, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

SignalReceived WaitForSignal() {
  const sigset_t signals = HandledSignals();
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
  return signal == SIGHUP ? SignalReceived::kReload : SignalReceived::kTerminate;
}

void RequestTermination() { ::kill(::getpid(), SIGTERM); }

}  // namespace tocsin
