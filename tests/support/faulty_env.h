#pragma once

#include <atomic>
#include <string>

#include "base/env.h"

namespace tocsin::test {

/// The machine's files on a disk that tests can fill up.
/// Threads: safe.
class FaultyEnv : public Env {
 public:
  /// Appends fail with ResourceExhausted once so many more bytes were written; a part of the failing one is written. Negative: never.
  void SetSpaceLeft(int64_t bytes) { space_left_ = bytes; }

  absl::StatusOr<std::unique_ptr<AppendFile>> CreateFile(const std::string& path) override;
  absl::StatusOr<std::string> ReadFile(const std::string& path) override { return SystemEnv().ReadFile(path); }
  absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) override { return SystemEnv().ListFolder(path); }
  absl::StatusOr<uint64_t> FileSize(const std::string& path) override { return SystemEnv().FileSize(path); }
  absl::Status CreateFolders(const std::string& path) override { return SystemEnv().CreateFolders(path); }
  absl::Status Rename(const std::string& from, const std::string& to) override { return SystemEnv().Rename(from, to); }
  absl::Status Remove(const std::string& path) override { return SystemEnv().Remove(path); }
  absl::Status SyncFolder(const std::string& path) override { return SystemEnv().SyncFolder(path); }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override { return SystemEnv().Lock(path); }

  /// What of `wanted` bytes may still be written.
  size_t Take(size_t wanted);

 private:
  std::atomic<int64_t> space_left_{-1};
};

}  // namespace tocsin::test
