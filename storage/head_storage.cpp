#include "storage/head_storage.h"

#include <algorithm>

#include "base/log.h"
#include "base/status.h"
#include "storage/wal/checkpoint.h"

namespace tocsin {

absl::StatusOr<std::unique_ptr<HeadStorage>> HeadStorage::LockAndReplay(HeadCore& core, const std::string& path, Env& env,
                                                                        ReplayProgress* progress) {
  const std::string folder = path + "/tocsin";
  std::unique_ptr<HeadStorage> storage(new HeadStorage(core, env, folder + "/wal"));
  ASSIGN_OR_RETURN(storage->lock_, env.Lock(folder + "/lock"));
  const int64_t start_ns = core.clock.MonotonicNs();
  ASSIGN_OR_RETURN(storage->report_, ReplayLog(core, env, storage->folder_, progress));
  storage->replay_seconds_ = static_cast<double>(core.clock.MonotonicNs() - start_ns) / 1e9;
  storage->checkpoint_bytes_ = storage->report_.checkpoint_bytes;
  storage->TellReport();
  return storage;
}

absl::StatusOr<std::unique_ptr<HeadStorage>> HeadStorage::Open(HeadCore& core, const std::string& path, Env& env,
                                                               ReplayProgress* progress) {
  RETURN_IF_ERROR(env.CreateFolders(path + "/tocsin/wal"));
  ASSIGN_OR_RETURN(std::unique_ptr<HeadStorage> storage, LockAndReplay(core, path, env, progress));
  ASSIGN_OR_RETURN(std::unique_ptr<SegmentLog> log,
                   SegmentLog::Open(env, core.clock, storage->folder_, storage->report_.next_segment, storage->report_.next_number));
  storage->log_ = log.get();
  storage->replayed_log_bytes_ = storage->report_.log_bytes;
  core.log = std::move(log);
  return storage;
}

absl::StatusOr<std::unique_ptr<HeadStorage>> HeadStorage::OpenToLook(HeadCore& core, const std::string& path, Env& env) {
  return LockAndReplay(core, path, env, nullptr);
}

HeadStorage::~HeadStorage() {
  if (log_ != nullptr) {
    if (const absl::Status status = log_->Sync(); !status.ok()) {
      LogError("The log could not be brought to the disk at the end", {{"err", status}});
    }
    core_.log.reset();
  }
}

void HeadStorage::TellReport() const {
  for (const std::string& damage : report_.damages) {
    LogWarn("Damage in the log was passed over", {{"damage", damage}});
  }
  if (report_.damaged_places > report_.damages.size()) {
    LogWarn("More damage in the log", {{"places", report_.damaged_places - report_.damages.size()}});
  }
  LogInfo("The log was replayed", {{"checkpoint_series", report_.checkpoint_series},
                                   {"segments", report_.segments},
                                   {"commits", report_.commits},
                                   {"samples", report_.samples},
                                   {"dropped_bytes", report_.dropped_bytes},
                                   {"dropped_samples", report_.dropped_samples},
                                   {"refused_series", report_.refused_series}});
}

void HeadStorage::Maintain() {
  if (log_ == nullptr) {
    return;
  }
  if (!log_->accepting()) {
    const absl::StatusOr<uint32_t> segment = log_->Restart();
    absl::Status status = segment.ok() ? WriteCheckpointAt(*segment) : segment.status();
    if (!status.ok()) {
      LogError("The log still cannot be written", {{"err", status}});
      return;
    }
    log_->Resume();
    LogInfo("The log is written again");
    return;
  }
  if (const absl::Status status = log_->Sync(); !status.ok()) {
    LogError("The log could not be brought to the disk", {{"err", status}});
    return;
  }
  const uint64_t since = log_->bytes_written() - log_bytes_at_checkpoint_ + replayed_log_bytes_;
  if (since > std::clamp(checkpoint_bytes_.load() / 2, kCheckpointLogBytesMin, kCheckpointLogBytesMax)) {
    if (const absl::Status status = Checkpoint(); !status.ok()) {
      LogError("No checkpoint could be made", {{"err", status}});
    }
  }
}

absl::Status HeadStorage::Checkpoint() {
  if (log_ == nullptr) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const uint32_t segment, log_->Rotate());
  return WriteCheckpointAt(segment);
}

absl::Status HeadStorage::WriteCheckpointAt(uint32_t segment) {
  const uint64_t written = log_->bytes_written();
  const absl::StatusOr<uint64_t> bytes = WriteCheckpoint(core_, env_, folder_, segment);
  if (!bytes.ok()) {
    ++failed_checkpoints_;
    return bytes.status();
  }
  ++checkpoints_;
  checkpoint_bytes_ = *bytes;
  log_bytes_at_checkpoint_ = written;
  replayed_log_bytes_ = 0;
  const int64_t start_ns = core_.clock.MonotonicNs();
  RemoveOlderThan(segment);
  removal_ns_ += core_.clock.MonotonicNs() - start_ns;
  ++removals_;
  return absl::OkStatus();
}

void HeadStorage::RemoveOlderThan(uint32_t segment) {
  const absl::StatusOr<std::vector<std::string>> names = env_.ListFolder(folder_);
  if (!names.ok()) {
    return;
  }
  for (const std::string& name : *names) {
    uint32_t number = 0;
    const bool known = SegmentLog::ParseFileName(name, &number) || ParseCheckpointFileName(name, &number);
    if ((known && number < segment) || name.ends_with(".tmp")) {
      if (const absl::Status status = env_.Remove(folder_ + "/" + name); !status.ok()) {
        ++failed_removals_;
        LogWarn("An old file of the log could not be removed", {{"err", status}});
      }
    }
  }
}

uint64_t HeadStorage::disk_bytes() const {
  uint64_t bytes = 0;
  const absl::StatusOr<std::vector<std::string>> names = env_.ListFolder(folder_);
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>{}) {
    bytes += env_.FileSize(folder_ + "/" + name).value_or(0);
  }
  return bytes;
}

}  // namespace tocsin
