#include "engine/scrape/body_spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

absl::Status FileError(std::string_view what, std::string_view path) {
  return absl::UnavailableError(
      av(Cat("the body has no room in memory, and ", what, " ", path, " fails: ", std::generic_category().message(errno))));
}

}  // namespace

absl::Status BodyWithoutRoom() { return absl::ResourceExhaustedError("body does not fit into the memory limit (--memory.max)"); }

BodySpill::BodySpill(MemoryShare& share, std::string folder) : in_memory_(&share), folder_(std::move(folder)) {}

BodySpill::~BodySpill() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

void BodySpill::Begin() {
  in_memory_.Clear();
  spilled_bytes_ = 0;
  if (fd_ >= 0) {
    close(std::exchange(fd_, -1));
  }
}

bool BodySpill::HasRoom(uint64_t body_bytes) { return in_memory_.GrowTo(body_bytes); }

absl::Status BodySpill::OpenFile() {
  if (folder_.empty()) {
    return BodyWithoutRoom();
  }
  std::string path = Cat(folder_, "/scrape-body.XXXXXX");
  fd_ = mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) {
    return FileError("making", path);
  }
  unlink(path.c_str());
  return absl::OkStatus();
}

absl::Status BodySpill::Append(std::string_view piece) {
  in_memory_.Clear();
  if (fd_ < 0) {
    RETURN_IF_ERROR(OpenFile());
  }
  while (!piece.empty()) {
    const ssize_t written = pwrite(fd_, piece.data(), piece.size(), static_cast<off_t>(spilled_bytes_));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return FileError("writing a file in", folder_);
    }
    spilled_bytes_ += static_cast<uint64_t>(written);
    piece.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> BodySpill::ReadAt(uint64_t offset, char* out, size_t size) const {
  while (true) {
    const ssize_t read = pread(fd_, out, size, static_cast<off_t>(offset));
    if (read >= 0) {
      return static_cast<size_t>(read);
    }
    if (errno != EINTR) {
      return FileError("reading a file in", folder_);
    }
  }
}

}  // namespace tocsin
