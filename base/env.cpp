#include "base/env.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/status.h"

namespace tocsin {
namespace {

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int code = errno;
  const std::string text = Cat(what, " ", path, ": ", std::strerror(code));
  if (code == ENOENT) {
    return absl::NotFoundError(text);
  }
  return code == ENOSPC || code == EDQUOT ? absl::ResourceExhaustedError(text) : absl::InternalError(text);
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  int number() const { return number_; }

 private:
  int number_;
};

class SystemAppendFile : public AppendFile {
 public:
  SystemAppendFile(std::string path, int number) : path_(std::move(path)), file_(number) {}

  absl::Status Append(std::span<const uint8_t> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(file_.number(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) {
          continue;
        }
        return SystemError("cannot write", path_);
      }
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override { return fdatasync(file_.number()) == 0 ? absl::OkStatus() : SystemError("cannot sync", path_); }

 private:
  std::string path_;
  FileDescriptor file_;
};

class SystemFileLock : public FileLock {
 public:
  explicit SystemFileLock(int number) : file_(number) {}

 private:
  FileDescriptor file_;
};

class MachineEnv : public Env {
 public:
  absl::StatusOr<std::unique_ptr<AppendFile>> CreateFile(const std::string& path) override {
    const int number = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    if (number < 0) {
      return SystemError("cannot create", path);
    }
    return std::make_unique<SystemAppendFile>(path, number);
  }

  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info{};
    if (file.number() < 0 || fstat(file.number(), &info) != 0) {
      return SystemError("cannot open", path);
    }
    std::string bytes(static_cast<size_t>(info.st_size), '\0');
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got = read(file.number(), bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return SystemError("cannot read", path);
      }
      if (got == 0) {
        break;
      }
      done += static_cast<size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) override {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator it(path, error);
    if (error == std::errc::no_such_file_or_directory) {
      return names;
    }
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) {
      return absl::InternalError(Cat("cannot list ", path, ": ", error.message()));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<uint64_t> FileSize(const std::string& path) override {
    struct stat info{};
    if (stat(path.c_str(), &info) != 0) {
      return SystemError("cannot look at", path);
    }
    return static_cast<uint64_t>(info.st_size);
  }

  absl::Status CreateFolders(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return error ? absl::InternalError(Cat("cannot create folder ", path, ": ", error.message())) : absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    return rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : SystemError("cannot rename", from);
  }

  absl::Status Remove(const std::string& path) override {
    return unlink(path.c_str()) == 0 ? absl::OkStatus() : SystemError("cannot remove", path);
  }

  absl::Status SyncFolder(const std::string& path) override {
    const FileDescriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.number() >= 0 && fsync(folder.number()) == 0 ? absl::OkStatus() : SystemError("cannot sync folder", path);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    const int number = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (number < 0) {
      return SystemError("cannot open", path);
    }
    auto lock = std::make_unique<SystemFileLock>(number);
    if (flock(number, LOCK_EX | LOCK_NB) != 0) {
      char holder[16] = {};
      const ssize_t size = pread(number, holder, sizeof(holder) - 1, 0);
      return absl::FailedPreconditionError(
          Cat("the folder is in use by another process", size > 0 ? Cat(" (pid ", holder, ")") : std::string(), ": ", path, " is locked"));
    }
    const std::string pid = std::to_string(getpid());
    if (ftruncate(number, 0) != 0 || pwrite(number, pid.data(), pid.size(), 0) < 0) {
      return SystemError("cannot write", path);
    }
    return lock;
  }
};

}  // namespace

Env& SystemEnv() {
  static MachineEnv env;
  return env;
}

}  // namespace tocsin
