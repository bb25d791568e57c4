#pragma once

#include <cstdint>
#include <string>

#include "base/types.h"

namespace tocsin {

/// What the kernel knows of this process and machine; values that cannot be read are 0.
struct ProcessStatus {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  int open_files = 0;
  uint64_t open_files_max = 0;
  int threads = 0;
  double start_time_seconds = 0;  // Unix time
};

ProcessStatus ReadProcessStatus();

/// The soft limit of open files becomes the hard one.
void RaiseOpenFilesLimit();

/// --memory.max when it was not given: 80 % of the cgroup's limit, else half of the machine's memory.
uint64_t DefaultMemoryMax();

std::string HostName();
std::string WorkingDirectory();

/// Blocks SIGHUP, SIGINT, SIGTERM and SIGPIPE in this thread and those it starts; to be called before any other thread exists.
void BlockSignals();

enum class SignalReceived { kReload, kTerminate };
/// Waits for SIGHUP, or SIGINT or SIGTERM.
SignalReceived WaitForSignal();
/// As if the process had received SIGTERM.
void RequestTermination();

}  // namespace tocsin
