#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace tocsin::test {

/// A folder that is removed with its contents.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  /// Writes `text` to the file `name` in it and returns the file's path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

struct Finished {
  int exit_code = -1;  // 128 + signal when killed by one
  std::string output;  // standard output and error
};

/// Runs the program `tocsin` to its end.
Finished RunProgram(const std::vector<std::string>& arguments);

/// The program as a server on a port of 127.0.0.1; killed when the object goes.
class RunningProgram {
 public:
  /// Adds --config.file, --storage.tsdb.path and --web.listen-address; waits until it is ready (fails the test when it is not).
  RunningProgram(const TemporaryFolder& folder, const std::string& config_file, const std::vector<std::string>& more = {});
  ~RunningProgram();

  /// "http://127.0.0.1:PORT"
  std::string url() const;
  pid_t pid() const { return pid_; }

  /// The body of an answer; `status` receives the code (0: no answer).
  std::string Get(const std::string& path, int* status = nullptr) const;
  std::string Post(const std::string& path, int* status = nullptr) const;
  /// Sends a remote-write request of version 1 (not yet compressed); the status of the answer.
  int RemoteWrite(const std::string& request) const;

  /// Asks again until `text` is in the answer or 30 seconds have passed; the test fails then.
  void WaitFor(const std::string& path, const std::string& text) const;

  /// Sends the signal and waits for the end.
  Finished Stop(int signal);
  /// Waits for the end that something else has begun.
  Finished AwaitEnd();
  /// SIGKILL, at once.
  void Kill();
  std::string Output() const;

 private:
  const std::string output_file_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace tocsin::test
