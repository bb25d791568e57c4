#pragma once

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "base/check.h"

namespace tocsin::rules::test {

/// While it lives, no file of this process can grow beyond what `path` has now and a few bytes more: writes end in the middle of a record,
/// as on a disk that has just become full.
class FullDisk {
 public:
  explicit FullDisk(const std::string& path) {
    constexpr rlim_t kLastBytes = 5;
    std::signal(SIGXFSZ, SIG_IGN);
    TOCSIN_CHECK(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{std::filesystem::file_size(path) + kLastBytes, before_.rlim_max};
    TOCSIN_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullDisk() { TOCSIN_CHECK(setrlimit(RLIMIT_FSIZE, &before_) == 0); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

}  // namespace tocsin::rules::test
