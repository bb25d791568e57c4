#include "tests/support/faulty_env.h"

#include <algorithm>

#include "base/status.h"

namespace tocsin::test {
namespace {

class FaultyAppendFile : public AppendFile {
 public:
  FaultyAppendFile(FaultyEnv& env, std::unique_ptr<AppendFile> file) : env_(env), file_(std::move(file)) {}

  absl::Status Append(std::span<const uint8_t> bytes) override {
    const size_t fits = env_.Take(bytes.size());
    RETURN_IF_ERROR(file_->Append(bytes.first(fits)));
    return fits == bytes.size() ? absl::OkStatus() : absl::ResourceExhaustedError("cannot write: No space left on device");
  }
  absl::Status Sync() override { return file_->Sync(); }

 private:
  FaultyEnv& env_;
  std::unique_ptr<AppendFile> file_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AppendFile>> FaultyEnv::CreateFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file, SystemEnv().CreateFile(path));
  return std::make_unique<FaultyAppendFile>(*this, std::move(file));
}

size_t FaultyEnv::Take(size_t wanted) {
  const int64_t left = space_left_;
  if (left < 0) {
    return wanted;
  }
  const size_t fits = std::min(wanted, static_cast<size_t>(left));
  space_left_ = left - static_cast<int64_t>(fits);
  return fits;
}

}  // namespace tocsin::test
