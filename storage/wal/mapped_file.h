#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

/// A file of the log to be read from its beginning to its end, without memory of its own: what has been read can be forgotten, and comes
/// back from the system's cache should it be looked at again.
/// Threads: safe.
class MappedFile {
 public:
  static absl::StatusOr<MappedFile> Open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {begin_, size_}; }

  /// Gives the pages up to `offset` back to the system; called often, it does so now and then.
  void ForgetUpTo(size_t offset);
  /// From the beginning again.
  void Rewind() { forgotten_ = 0; }

 private:
  MappedFile(char* begin, size_t size) : begin_(begin), size_(size) {}

  char* begin_;
  size_t size_;
  size_t forgotten_ = 0;
};

}  // namespace tocsin
