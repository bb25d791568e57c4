#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tocsin {

/// A file that only grows. Closed by its destructor.
/// Threads: one at a time.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  /// Handed to the kernel whole when OK. After an error any part of `bytes` may be in the file.
  virtual absl::Status Append(std::span<const uint8_t> bytes) = 0;
  /// What was appended is on the disk.
  virtual absl::Status Sync() = 0;
};

/// Holds a lock file until it is destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// The files of the machine, behind an interface so that tests can make a disk fail. Errors name the path and the system's reason.
/// Threads: safe.
class Env {
 public:
  virtual ~Env() = default;

  /// Creates the file, or empties it.
  virtual absl::StatusOr<std::unique_ptr<AppendFile>> CreateFile(const std::string& path) = 0;
  /// NotFound when there is none.
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path) = 0;
  /// Names (not paths) in a folder, sorted; of a folder that is not there: none.
  virtual absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) = 0;
  virtual absl::StatusOr<uint64_t> FileSize(const std::string& path) = 0;
  virtual absl::Status CreateFolders(const std::string& path) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  /// Names that came and went in the folder are on the disk.
  virtual absl::Status SyncFolder(const std::string& path) = 0;
  /// FailedPrecondition, with the holder's process id, when another process has it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

/// The machine's own.
Env& SystemEnv();

}  // namespace tocsin
