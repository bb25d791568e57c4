#include "storage/wal/checkpoint.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "storage/wal/frame.h"
#include "storage/wal/series_codec.h"

namespace tocsin {
namespace {

constexpr std::string_view kCheckpointSuffix = ".checkpoint";
// A block is closed above this; so many series at most are copied before commits get a turn.
constexpr size_t kBlockBytes = 1 << 20;
constexpr uint32_t kBlockSlots = 1024;

class CheckpointFile {
 public:
  CheckpointFile(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

  absl::Status Begin() { return file_->Append({reinterpret_cast<const uint8_t*>(kCheckpointMagic.data()), kCheckpointMagic.size()}); }

  absl::Status Put(ByteBuffer* block) {
    framed_.Clear();
    AppendFrame(++blocks_, block->bytes(), &framed_);
    SealFrames({const_cast<uint8_t*>(framed_.bytes().data()), framed_.size()});
    block->Clear();
    bytes_ += framed_.size();
    return file_->Append(framed_.bytes());
  }

  absl::Status Sync() { return file_->Sync(); }
  uint64_t bytes() const { return bytes_; }
  uint64_t blocks() const { return blocks_; }

 private:
  std::unique_ptr<AppendFile> file_;
  ByteBuffer framed_;
  uint64_t bytes_ = kCheckpointMagic.size();
  uint64_t blocks_ = 0;
};

void PutKind(CheckpointBlock::Kind kind, ByteBuffer* block) { block->PutByte(static_cast<uint8_t>(kind)); }

absl::Status PutAllSeries(HeadCore& core, CheckpointFile* file) {
  ByteBuffer block;
  uint32_t slot = 0;
  for (bool more = true; more;) {
    PutKind(CheckpointBlock::Kind::kSeries, &block);
    SeriesBlockWriter writer(block);
    size_t series_count = 0;
    {
      const ReaderLock lock(core.mu);
      const uint32_t until = static_cast<uint32_t>(std::min<uint64_t>(core.table.slots_end(), uint64_t{slot} + kBlockSlots));
      for (; slot < until && block.size() < kBlockBytes; ++slot) {
        if (const Series* series = core.table.Find(slot); series != nullptr) {
          writer.Add(*series, core.table.PairsOf(*series), core.pairs);
          ++series_count;
        }
      }
      more = slot < core.table.slots_end();
    }
    if (series_count > 0) {
      RETURN_IF_ERROR(file->Put(&block));
    }
    block.Clear();
  }
  return absl::OkStatus();
}

absl::Status PutTheRest(HeadCore& core, CheckpointFile* file) {
  ByteBuffer block;
  PutKind(CheckpointBlock::Kind::kMetadata, &block);
  {
    const ReaderLock lock(core.mu);
    CommitRecordWriter writer(block);
    for (const auto& [metric, metadata] : core.metadata) {
      writer.AddMetadata(metric, metadata.type, metadata.help, metadata.unit);
    }
  }
  RETURN_IF_ERROR(file->Put(&block));
  PutKind(CheckpointBlock::Kind::kExemplars, &block);
  {
    const ReaderLock lock(core.mu);
    CommitRecordWriter writer(block);
    core.exemplars.ForEach(
        [&](uint32_t slot, const Exemplar& exemplar) { writer.AddExemplar(slot, exemplar.t, exemplar.value, exemplar.labels.encoded()); });
  }
  RETURN_IF_ERROR(file->Put(&block));
  PutKind(CheckpointBlock::Kind::kEnd, &block);
  block.PutVarint(file->blocks());
  return file->Put(&block);
}

}  // namespace

std::string CheckpointFileName(uint32_t segment) { return absl::StrFormat("%08u.checkpoint", segment); }

bool ParseCheckpointFileName(const std::string& name, uint32_t* segment) {
  if (name.size() < 8 + kCheckpointSuffix.size() || !name.ends_with(kCheckpointSuffix)) {
    return false;
  }
  uint64_t number = 0;
  for (const char c : std::string_view(name).substr(0, name.size() - kCheckpointSuffix.size())) {
    if (c < '0' || c > '9' || number > UINT32_MAX) {
      return false;
    }
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  *segment = static_cast<uint32_t>(number);
  return number <= UINT32_MAX;
}

absl::StatusOr<uint64_t> WriteCheckpoint(HeadCore& core, Env& env, const std::string& folder, uint32_t segment) {
  const std::string path = folder + "/" + CheckpointFileName(segment);
  const std::string unfinished = path + ".tmp";
  ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> created, env.CreateFile(unfinished));
  CheckpointFile file(std::move(created));
  absl::Status status = file.Begin();
  status = status.ok() ? PutAllSeries(core, &file) : status;
  status = status.ok() ? PutTheRest(core, &file) : status;
  status = status.ok() ? file.Sync() : status;
  status = status.ok() ? env.Rename(unfinished, path) : status;
  if (!status.ok()) {
    static_cast<void>(env.Remove(unfinished));
    return status;
  }
  RETURN_IF_ERROR(env.SyncFolder(folder));
  return file.bytes();
}

}  // namespace tocsin
