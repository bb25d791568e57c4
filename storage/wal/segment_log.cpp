#include "storage/wal/segment_log.h"

#include <isa-l/crc.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "storage/wal/frame.h"

namespace tocsin {
namespace {

constexpr std::string_view kSegmentMagic = "TOCSWAL1";
constexpr std::string_view kSegmentSuffix = ".log";
constexpr size_t kSegmentDigits = 8;
// Buffers above this are given back after a large commit.
constexpr size_t kKeptQueueBytes = 4 << 20;
// Durations of syncs that nobody has asked for yet.
constexpr size_t kSyncsKept = 1024;

}  // namespace

std::string SegmentLog::FileName(uint32_t segment) { return absl::StrFormat("%08u.log", segment); }

bool SegmentLog::ParseFileName(const std::string& name, uint32_t* segment) {
  if (name.size() < kSegmentDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
    return false;
  }
  uint64_t number = 0;
  for (const char c : std::string_view(name).substr(0, name.size() - kSegmentSuffix.size())) {
    if (c < '0' || c > '9' || number > UINT32_MAX) {
      return false;
    }
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  *segment = static_cast<uint32_t>(number);
  return number <= UINT32_MAX;
}

std::string SegmentLog::Header(uint32_t segment) {
  std::string header(kSegmentMagic);
  header.append(reinterpret_cast<const char*>(&segment), sizeof(segment));
  const uint32_t checksum =
      crc32_iscsi(reinterpret_cast<unsigned char*>(header.data()), static_cast<int>(header.size()), 0xffffffff) ^ 0xffffffff;
  header.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  return header;
}

absl::StatusOr<std::unique_ptr<SegmentLog>> SegmentLog::Open(Env& env, const Clock& clock, std::string folder, uint32_t segment,
                                                             uint64_t first_number) {
  RETURN_IF_ERROR(env.CreateFolders(folder));
  std::unique_ptr<SegmentLog> log(new SegmentLog(env, clock, std::move(folder), segment, first_number));
  RETURN_IF_ERROR(log->OpenSegment(segment));
  return log;
}

absl::Status SegmentLog::OpenSegment(uint32_t segment) {
  ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file, env_.CreateFile(folder_ + "/" + FileName(segment)));
  const std::string header = Header(segment);
  RETURN_IF_ERROR(file->Append({reinterpret_cast<const uint8_t*>(header.data()), header.size()}));
  RETURN_IF_ERROR(env_.SyncFolder(folder_));
  file_ = std::move(file);
  segment_ = segment;
  segment_bytes_ = header.size();
  return absl::OkStatus();
}

uint64_t SegmentLog::Enqueue(ByteBuffer* record) {
  const MutexLock lock(mu_);
  ++enqueued_;
  if (status_.ok()) {
    AppendFrame(enqueued_, record->bytes(), &queued_);
  }
  record->Clear();
  return enqueued_;
}

absl::Status SegmentLog::WriteAndSeal(ByteBuffer* bytes) {
  if (bytes->size() == 0) {
    return absl::OkStatus();
  }
  SealFrames({const_cast<uint8_t*>(bytes->bytes().data()), bytes->size()});
  RETURN_IF_ERROR(file_->Append(bytes->bytes()));
  ++writes_;
  bytes_written_ += bytes->size();
  segment_bytes_ += bytes->size();
  if (segment_bytes_ >= kSegmentBytes) {
    RETURN_IF_ERROR(SyncFile());
    RETURN_IF_ERROR(OpenSegment(segment_ + 1));
  }
  return absl::OkStatus();
}

absl::Status SegmentLog::SyncFile() {
  const int64_t start_ns = clock_.MonotonicNs();
  RETURN_IF_ERROR(file_->Sync());
  const MutexLock lock(sync_mu_);
  if (sync_seconds_.size() < kSyncsKept) {
    sync_seconds_.push_back(static_cast<double>(clock_.MonotonicNs() - start_ns) / 1e9);
  }
  return absl::OkStatus();
}

std::vector<double> SegmentLog::TakeSyncSeconds() {
  const MutexLock lock(sync_mu_);
  return std::exchange(sync_seconds_, {});
}

void SegmentLog::BecomeWriter() {
  while (writing_) {
    changed_.Wait(mu_);
  }
  writing_ = true;
}

// The caller is the writer.
void SegmentLog::WriteQueued() {
  queued_.Swap(writing_bytes_);
  const uint64_t until = enqueued_;
  absl::Status status = status_;
  mu_.Unlock();
  if (status.ok()) {
    status = WriteAndSeal(&writing_bytes_);
    if (!status.ok()) {
      ++failed_writes_;
      LogError("The log cannot be written: commits are kept in memory only", {{"err", status}});
    }
  }
  writing_bytes_.ClearAndTrim(kKeptQueueBytes);
  mu_.Lock();
  if (status_.ok() && !status.ok()) {
    status_ = std::move(status);
    lost_from_ = written_ + 1;
    lost_through_ = UINT64_MAX;
  }
  written_ = until;
  if (!status_.ok()) {
    queued_.Clear();
  }
}

absl::Status SegmentLog::WaitWritten(uint64_t ticket) {
  const MutexLock lock(mu_);
  while (written_ < ticket) {
    if (writing_) {
      changed_.Wait(mu_);
      continue;
    }
    writing_ = true;
    WriteQueued();
    writing_ = false;
    changed_.NotifyAll();
  }
  if (ticket < lost_from_ || ticket > lost_through_) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(status_.ok() ? std::string("not durable: the log could not be written")
                                             : Cat("not durable: ", Message(status_)));
}

absl::Status SegmentLog::Sync() {
  const MutexLock lock(mu_);
  BecomeWriter();
  WriteQueued();
  absl::Status status = status_;
  mu_.Unlock();
  if (status.ok()) {
    status = SyncFile();
  }
  mu_.Lock();
  writing_ = false;
  changed_.NotifyAll();
  return status;
}

absl::StatusOr<uint32_t> SegmentLog::Rotate() {
  const MutexLock lock(mu_);
  BecomeWriter();
  WriteQueued();
  absl::Status status = status_;
  mu_.Unlock();
  if (status.ok()) {
    status = SyncFile();
  }
  if (status.ok()) {
    status = OpenSegment(segment_ + 1);
  }
  mu_.Lock();
  writing_ = false;
  changed_.NotifyAll();
  RETURN_IF_ERROR(status);
  return segment_.load();
}

absl::StatusOr<uint32_t> SegmentLog::Restart() {
  const MutexLock lock(mu_);
  BecomeWriter();
  mu_.Unlock();
  const absl::Status status = OpenSegment(segment_ + 1);
  mu_.Lock();
  writing_ = false;
  changed_.NotifyAll();
  RETURN_IF_ERROR(status);
  return segment_.load();
}

void SegmentLog::Resume() {
  const MutexLock lock(mu_);
  if (!status_.ok()) {
    status_ = absl::OkStatus();
    lost_through_ = enqueued_;
  }
}

bool SegmentLog::accepting() const {
  const MutexLock lock(mu_);
  return status_.ok();
}

}  // namespace tocsin
