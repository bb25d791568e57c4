#include "base/http_client/file_texts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/strings.h"

namespace tocsin {
namespace {

absl::Status ReadFailure(const std::string& path, std::string_view reason) {
  return absl::FailedPreconditionError(av(Cat("unable to read file ", path, ": ", reason)));
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return ReadFailure(path, std::strerror(errno));
  }
  std::string text;
  char buffer[16384];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof buffer)) > 0 && text.size() <= FileTexts::kFileBytesMax) {
    text.append(buffer, static_cast<size_t>(got));
  }
  const int error = errno;
  close(fd);
  if (got < 0) {
    return ReadFailure(path, std::strerror(error));
  }
  if (text.size() > FileTexts::kFileBytesMax) {
    return ReadFailure(path, "file too large");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const std::string>> FileTexts::Read(const std::string& path) {
  struct stat now{};
  if (stat(path.c_str(), &now) != 0) {
    return ReadFailure(path, std::strerror(errno));
  }
  Entry entry{now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec * 1'000'000'000 + now.st_mtim.tv_nsec, nullptr};
  {
    MutexLock lock(mu_);
    const auto found = entries_.find(path);
    if (found != entries_.end() && found->second.device == entry.device && found->second.inode == entry.inode &&
        found->second.size == entry.size && found->second.changed_ns == entry.changed_ns) {
      return found->second.text;
    }
  }
  auto text = ReadWhole(path);
  if (!text.ok()) {
    return text.status();
  }
  entry.text = std::make_shared<const std::string>(*std::move(text));
  MutexLock lock(mu_);
  entries_[path] = entry;
  return entry.text;
}

}  // namespace tocsin
