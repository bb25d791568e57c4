#include "engine/config/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "base/strings.h"

namespace tocsin {
namespace {

absl::Status FileError(std::string_view action, const std::string& path, int error) {
  std::string reason = std::strerror(error);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') {
    reason[0] = static_cast<char>(reason[0] + 32);  // as Go writes it
  }
  const std::string text = Cat(action, " ", path, ": ", reason);
  return error == ENOENT ? absl::NotFoundError(text) : absl::FailedPreconditionError(text);
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return FileError("open", path, errno);
  }
  const absl::Cleanup close_file = [file] { close(file); };
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(file, buffer, sizeof(buffer));
    if (got < 0) {
      return FileError("read", path, errno);
    }
    if (got == 0) {
      return text;
    }
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kTextFileBytesMax) {
      return absl::ResourceExhaustedError(Cat("read ", path, ": larger than ", kTextFileBytesMax, " bytes"));
    }
  }
}

}  // namespace tocsin
