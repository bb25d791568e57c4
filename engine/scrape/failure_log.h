#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/types.h"

namespace tocsin {

/// `scrape_failure_log_file`: one JSON object a line for each failed scrape, appended.
/// Threads: safe.
class FailureLog {
 public:
  /// Makes the file when it is not there.
  static absl::StatusOr<std::shared_ptr<FailureLog>> Open(const std::string& path);
  ~FailureLog();
  FailureLog(const FailureLog&) = delete;
  FailureLog& operator=(const FailureLog&) = delete;

  void Write(TimestampMs now, std::string_view job, std::string_view target, std::string_view error);

 private:
  explicit FailureLog(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace tocsin
