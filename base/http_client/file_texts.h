#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace tocsin {

/// Small files with secrets and certificates, read again when they change. A look costs one stat(2): identity, size and time of change of
/// the file behind the path count, so that swaps of symbolic links (Kubernetes Secrets) are seen.
/// Threads: safe.
class FileTexts {
 public:
  static constexpr size_t kFileBytesMax = 1 << 20;

  /// The whole file. FAILED_PRECONDITION "unable to read file <path>: <reason>".
  absl::StatusOr<std::shared_ptr<const std::string>> Read(const std::string& path);

 private:
  struct Entry {
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t size = 0;
    int64_t changed_ns = 0;
    std::shared_ptr<const std::string> text;
  };

  Mutex mu_;
  absl::flat_hash_map<std::string, Entry> entries_ GUARDED_BY(mu_);
};

}  // namespace tocsin
