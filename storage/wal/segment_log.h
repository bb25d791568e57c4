#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/env.h"
#include "base/mutex.h"
#include "storage/wal/commit_log.h"

namespace tocsin {

/// The log as a row of segment files, "00000001.log" and so on.
///
/// Group commit: whoever waits first writes for all that are queued, with one write(2). After a failed write nothing more is written, and
/// every commit is told so, until Restart() has begun a new segment: a checkpoint must follow, since the log has a hole. Threads: safe.
class SegmentLog : public CommitLog {
 public:
  /// A segment is closed, and synced, above this.
  static constexpr uint64_t kSegmentBytes = uint64_t{64} << 20;

  /// Begins segment `segment`; records are numbered from `first_number` on.
  static absl::StatusOr<std::unique_ptr<SegmentLog>> Open(Env& env, const Clock& clock, std::string folder, uint32_t segment,
                                                          uint64_t first_number);

  uint64_t Enqueue(ByteBuffer* record) override EXCLUDES(mu_);
  absl::Status WaitWritten(uint64_t ticket) override EXCLUDES(mu_);

  /// Writes what is queued and brings all to the disk.
  absl::Status Sync() EXCLUDES(mu_);

  /// Ends the segment and begins the next, whose number it returns: what was enqueued before is in the ones before it.
  absl::StatusOr<uint32_t> Rotate() EXCLUDES(mu_);

  /// After a failure: begins a new segment. Commits are still refused until Resume().
  absl::StatusOr<uint32_t> Restart() EXCLUDES(mu_);
  void Resume() EXCLUDES(mu_);
  bool accepting() const override EXCLUDES(mu_);

  uint32_t segment() const { return segment_; }
  /// Written since this log was opened, all segments together.
  uint64_t bytes_written() const { return bytes_written_; }
  uint64_t failed_writes() const { return failed_writes_; }
  uint64_t writes() const { return writes_; }
  /// How long each sync took since the last call; the last of very many are left out.
  std::vector<double> TakeSyncSeconds() EXCLUDES(sync_mu_);

  static std::string FileName(uint32_t segment);
  static bool ParseFileName(const std::string& name, uint32_t* segment);
  /// The bytes a segment begins with: "TOCSWAL1", its number and a checksum of both.
  static constexpr size_t kHeaderBytes = 16;
  static std::string Header(uint32_t segment);

 private:
  SegmentLog(Env& env, const Clock& clock, std::string folder, uint32_t segment, uint64_t first_number)
      : env_(env), clock_(clock), folder_(std::move(folder)), segment_(segment), enqueued_(first_number - 1), written_(first_number - 1) {}

  void BecomeWriter() REQUIRES(mu_);
  void WriteQueued() REQUIRES(mu_);
  absl::Status OpenSegment(uint32_t segment);
  absl::Status WriteAndSeal(ByteBuffer* bytes);
  absl::Status SyncFile() EXCLUDES(sync_mu_);

  Env& env_;
  const Clock& clock_;
  const std::string folder_;
  std::atomic<uint32_t> segment_;
  std::atomic<uint64_t> bytes_written_{0};
  std::atomic<uint64_t> failed_writes_{0};
  std::atomic<uint64_t> writes_{0};
  Mutex sync_mu_;
  std::vector<double> sync_seconds_ GUARDED_BY(sync_mu_);

  mutable Mutex mu_;
  CondVar changed_;
  ByteBuffer queued_ GUARDED_BY(mu_);
  uint64_t enqueued_ GUARDED_BY(mu_);
  uint64_t written_ GUARDED_BY(mu_);
  bool writing_ GUARDED_BY(mu_) = false;
  absl::Status status_ GUARDED_BY(mu_);
  // Tickets whose records are not in the log: the last such range.
  uint64_t lost_from_ GUARDED_BY(mu_) = UINT64_MAX;
  uint64_t lost_through_ GUARDED_BY(mu_) = 0;

  // Of the one who is writing.
  std::unique_ptr<AppendFile> file_;
  uint64_t segment_bytes_ = 0;
  ByteBuffer writing_bytes_;
};

}  // namespace tocsin
