#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "tests/program/program.h"
#include "tests/support/raw_client.h"

namespace tocsin::test {

/// The program with a few series in it, asked byte by byte. Its samples stand at kNewest and each 15 s before, back to kOldest.
class ApiServer {
 public:
  explicit ApiServer(const std::vector<std::string>& flags = {}, const std::string& config = "global: {}\n");

  /// Seconds; the last full minute before the start.
  int64_t newest() const { return newest_; }
  int64_t oldest() const { return newest_ - 600; }

  /// The answer's head and body.
  std::string Raw(std::string_view request) const;
  /// The body of a GET or of a form that is posted.
  std::string Get(std::string_view target) const;
  std::string Post(std::string_view target, std::string_view form) const;

  std::string address() const { return program_.url().substr(7); }
  const RunningProgram& program() const { return program_; }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  void Push();

  TemporaryFolder folder_;
  RunningProgram program_;
  int64_t newest_ = 0;
};

}  // namespace tocsin::test
