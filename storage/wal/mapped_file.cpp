#include "storage/wal/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

// So much is given back at once; a multiple of the size of a page.
constexpr size_t kForgetBytes = 4 << 20;

absl::Status ReadError(const std::string& path) { return absl::InternalError(Cat("cannot read ", path, ": ", std::strerror(errno))); }

}  // namespace

absl::StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info{};
  if (file < 0 || fstat(file, &info) != 0) {
    const absl::Status error = ReadError(path);
    if (file >= 0) {
      close(file);
    }
    return error;
  }
  const auto size = static_cast<size_t>(info.st_size);
  void* const begin = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  const absl::Status status = begin == MAP_FAILED ? ReadError(path) : absl::OkStatus();
  close(file);
  RETURN_IF_ERROR(status);
  if (begin != nullptr) {
    madvise(begin, size, MADV_SEQUENTIAL);
  }
  return MappedFile(static_cast<char*>(begin), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_(std::exchange(other.size_, 0)), forgotten_(other.forgotten_) {}

MappedFile::~MappedFile() {
  if (begin_ != nullptr) {
    munmap(begin_, size_);
  }
}

void MappedFile::ForgetUpTo(size_t offset) {
  const size_t end = std::min(offset, size_) / kForgetBytes * kForgetBytes;
  if (end > forgotten_) {
    madvise(begin_ + forgotten_, end - forgotten_, MADV_DONTNEED);
    forgotten_ = end;
  }
}

}  // namespace tocsin
