#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/env.h"
#include "storage/head_core.h"
#include "storage/wal/replay.h"
#include "storage/wal/segment_log.h"

namespace tocsin {

/// The head's folder on disk, PATH/tocsin: "lock", "wal/" with segments and checkpoints.
/// Threads: Maintain from one thread at a time; the numbers from any.
class HeadStorage {
 public:
  /// A checkpoint is made when the log behind the last one is larger than half of that checkpoint, within these bounds: a start reads it
  /// again, sample by sample, and that is to take a few seconds.
  static constexpr uint64_t kCheckpointLogBytesMin = uint64_t{64} << 20;
  static constexpr uint64_t kCheckpointLogBytesMax = uint64_t{512} << 20;

  /// Locks the folder, replays into `core`, begins a new segment and gives the core its log.
  static absl::StatusOr<std::unique_ptr<HeadStorage>> Open(HeadCore& core, const std::string& path, Env& env, ReplayProgress* progress);
  /// Locks and replays, and writes nothing; the other functions but report() do nothing then.
  static absl::StatusOr<std::unique_ptr<HeadStorage>> OpenToLook(HeadCore& core, const std::string& path, Env& env);
  ~HeadStorage();

  /// Brings the log to the disk; makes a checkpoint when it is time for one, or when the log has failed and could be writable again.
  void Maintain();

  absl::Status Checkpoint();

  const ReplayReport& report() const { return report_; }
  const SegmentLog& log() const { return *log_; }
  std::vector<double> TakeSyncSeconds() const { return log_->TakeSyncSeconds(); }
  uint64_t checkpoints() const { return checkpoints_; }
  uint64_t failed_checkpoints() const { return failed_checkpoints_; }
  uint64_t checkpoint_bytes() const { return checkpoint_bytes_; }
  double replay_seconds() const { return replay_seconds_; }
  /// How often the log before a checkpoint was removed, and files that could not be; the time it took.
  uint64_t removals() const { return removals_; }
  uint64_t failed_removals() const { return failed_removals_; }
  double removal_seconds() const { return static_cast<double>(removal_ns_) / 1e9; }
  /// Of all files; looked up now.
  uint64_t disk_bytes() const;

 private:
  HeadStorage(HeadCore& core, Env& env, std::string folder) : core_(core), env_(env), folder_(std::move(folder)) {}

  static absl::StatusOr<std::unique_ptr<HeadStorage>> LockAndReplay(HeadCore& core, const std::string& path, Env& env,
                                                                    ReplayProgress* progress);
  absl::Status WriteCheckpointAt(uint32_t segment);
  void RemoveOlderThan(uint32_t segment);
  void TellReport() const;

  HeadCore& core_;
  Env& env_;
  std::string folder_;
  std::unique_ptr<FileLock> lock_;
  SegmentLog* log_ = nullptr;  // owned by the core
  ReplayReport report_;
  double replay_seconds_ = 0;
  uint64_t log_bytes_at_checkpoint_ = 0;
  uint64_t replayed_log_bytes_ = 0;
  std::atomic<uint64_t> checkpoints_{0};
  std::atomic<uint64_t> failed_checkpoints_{0};
  std::atomic<uint64_t> checkpoint_bytes_{0};
  std::atomic<uint64_t> removals_{0};
  std::atomic<uint64_t> failed_removals_{0};
  std::atomic<int64_t> removal_ns_{0};
};

}  // namespace tocsin
