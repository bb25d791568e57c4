#include "storage/wal/replay.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "storage/wal/checkpoint.h"
#include "storage/wal/checkpoint_loader.h"
#include "storage/wal/frame.h"
#include "storage/wal/mapped_file.h"
#include "storage/wal/replay_samples.h"
#include "storage/wal/segment_log.h"

namespace tocsin {
namespace {

// Damages told one by one; further ones are only counted.
constexpr size_t kDamagesTold = 100;
// Of a series in a checkpoint.
constexpr size_t kSeriesBytesMin = 16;
// Where memory does not suffice for what is replayed, so much of the limit more than needed is given up at once: looking for what to give
// up walks all series.
constexpr int64_t kShedPart = 20;

/// Threads of a replay, at most one for each pool of open chunks.
uint32_t ReplayThreads() { return std::clamp(std::thread::hardware_concurrency(), 1U, OpenChunkPools::kCount); }

/// One replay into one head. Nobody else knows the head yet, so its lock is not taken.
class Replay {
 public:
  Replay(HeadCore& core, Env& env, std::string folder) : core_(core), env_(env), folder_(std::move(folder)), series_(core, aliases_) {}

  absl::Status Run(ReplayProgress* progress) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, env_.ListFolder(folder_));
    std::vector<uint32_t> segments;
    std::vector<uint32_t> checkpoints;
    for (const std::string& name : names) {
      uint32_t number = 0;
      if (SegmentLog::ParseFileName(name, &number)) {
        segments.push_back(number);
      } else if (ParseCheckpointFileName(name, &number)) {
        checkpoints.push_back(number);
      }
    }
    std::sort(segments.begin(), segments.end());
    std::sort(checkpoints.begin(), checkpoints.end());
    uint32_t first = 0;
    if (!checkpoints.empty()) {
      first = checkpoints.back();
      RETURN_IF_ERROR(LoadCheckpoint(first));
    }
    std::erase_if(segments, [first](uint32_t segment) { return segment < first; });
    report.next_segment = std::max(first, segments.empty() ? 1 : segments.back() + 1);
    for (size_t i = 0; i < segments.size(); ++i) {
      const uint32_t expected = i > 0 ? segments[i - 1] + 1 : first == 0 ? segments[i] : first;
      if (segments[i] != expected) {
        Damage(SegmentLog::FileName(expected), 0, 0, Cat("missing: the segments up to ", segments[i] - 1, " are gone"));
      }
    }
    if (progress != nullptr && !segments.empty()) {
      progress->min = segments.front();
      progress->max = segments.back();
    }
    for (const uint32_t segment : segments) {
      if (progress != nullptr) {
        progress->current = segment;
      }
      RETURN_IF_ERROR(LoadSegment(segment, segment == segments.back()));
    }
    if (report.lost_commits > 0 && report.damages.size() < kDamagesTold) {
      report.damages.push_back(Cat(report.lost_commits, " commits are missing in the row of their numbers"));
    }
    Finish();
    return absl::OkStatus();
  }

  bool Record(std::span<const uint8_t> record) {
    const bool whole = series_.Read(record);
    SamplePass samples(core_, aliases_, 0, 1);
    samples.Read(record);
    samples.Finish();
    Take(samples);
    return whole;
  }

  bool Block(std::span<const uint8_t> block) {
    if (block.empty()) {
      return false;
    }
    switch (static_cast<CheckpointBlock::Kind>(block[0])) {
      case CheckpointBlock::Kind::kSeries:
        return SeriesBlock(DecodeSeriesBlock(block.subspan(1)));
      case CheckpointBlock::Kind::kMetadata:
      case CheckpointBlock::Kind::kExemplars:
        return series_.Read(block.subspan(1));
      case CheckpointBlock::Kind::kEnd:
        complete_ = true;
        return true;
    }
    return false;
  }

  ReplayReport report;

 private:
  void Damage(const std::string& file, size_t offset, size_t bytes, const std::string& what) {
    ++report.damaged_places;
    report.dropped_bytes += bytes;
    if (report.damages.size() < kDamagesTold) {
      report.damages.push_back(Cat(file, " at byte ", offset, ": ", what));
    }
  }

  absl::Status LoadCheckpoint(uint32_t number) {
    const std::string name = CheckpointFileName(number);
    ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(folder_ + "/" + name));
    const std::string_view bytes = file.bytes();
    const bool known = bytes.starts_with(kCheckpointMagic);
    if (!known) {
      Damage(name, 0, kCheckpointMagic.size(), "no checkpoint's beginning");
    }
    FrameReader frames(bytes, known ? kCheckpointMagic.size() : 0);
    std::vector<FrameReader::Frame> all;
    std::vector<std::span<const uint8_t>> series_blocks;
    FrameReader::Frame frame;
    size_t skipped = 0;
    bool more = true;
    complete_ = false;
    while (more) {
      more = frames.Next(&frame, &skipped);
      if (skipped > 0) {
        Damage(name, (more ? frame.offset : bytes.size()) - skipped, skipped, Cat(skipped, " bytes dropped"));
      }
      file.ForgetUpTo(frames.offset());
      if (more) {
        all.push_back(frame);
        if (IsSeriesBlock(frame.payload)) {
          series_blocks.push_back(frame.payload.subspan(1));
        }
      }
    }
    CheckpointLoader loader(std::move(series_blocks), ReplayThreads() - 1);
    size_t next_series_block = 0;
    file.Rewind();
    for (const FrameReader::Frame& block : all) {
      file.ForgetUpTo(block.offset);
      KeepMemoryLimit();
      const bool whole = IsSeriesBlock(block.payload) ? TakeSeriesBlock(&loader, next_series_block++, bytes.size()) : Block(block.payload);
      if (!whole) {
        Damage(name, block.offset, block.payload.size(), "a block that cannot be read to its end");
      }
    }
    if (!complete_) {
      Damage(name, bytes.size(), 0, "the end is missing");
    }
    report.checkpoint_bytes = bytes.size();
    return absl::OkStatus();
  }

  static bool IsSeriesBlock(std::span<const uint8_t> block) {
    return !block.empty() && block[0] == static_cast<uint8_t>(CheckpointBlock::Kind::kSeries);
  }

  bool TakeSeriesBlock(CheckpointLoader* loader, size_t number, size_t file_bytes) NO_THREAD_SAFETY_ANALYSIS {
    DecodedBlock decoded = loader->Take(number);
    if (number == 0) {
      core_.table.Reserve(std::min(decoded.series.size() * loader->block_count(), file_bytes / kSeriesBytesMin));
    }
    return SeriesBlock(std::move(decoded));
  }

  bool SeriesBlock(DecodedBlock block) NO_THREAD_SAFETY_ANALYSIS {
    ReplayedPairs pairs(core_.pairs);
    for (DecodedSeries& decoded : block.series) {
      if (core_.table.Find(decoded.slot) != nullptr || decoded.slot >= kSlotsEnd) {
        continue;
      }
      if (refuses_series_) {
        slots_end_ = std::max(slots_end_, decoded.slot + 1);
        ++report.refused_series;
        continue;
      }
      const std::span<const PairId> ids = pairs.Acquire(block.pairs, decoded.pair_numbers);
      if (core_.table.Find(ids, decoded.hash) != nullptr) {
        pairs.ReleaseLast();
        continue;
      }
      Series* series = core_.table.AddInterned(ids, decoded.hash, decoded.slot);
      InstallSeries(decoded, core_.table.open_chunks().Of(decoded.slot), series);
      series->in_log = true;
      core_.chunk_bytes += static_cast<int64_t>(series->closed_bytes() + series->open_state().capacity);
      core_.min_time = std::min(core_.min_time, series->FirstTime());
      core_.max_time = std::max(core_.max_time, series->last_t);
      ++report.checkpoint_series;
    }
    return block.ok;
  }

  absl::Status LoadSegment(uint32_t number, bool last) {
    const std::string name = SegmentLog::FileName(number);
    ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(folder_ + "/" + name));
    const std::string_view bytes = file.bytes();
    KeepMemoryLimit();
    ++report.segments;
    report.log_bytes += bytes.size();
    size_t offset = 0;
    if (bytes.starts_with(SegmentLog::Header(number))) {
      offset = SegmentLog::kHeaderBytes;
    } else if (bytes.size() >= SegmentLog::kHeaderBytes || !last) {
      Damage(name, 0, std::min(bytes.size(), SegmentLog::kHeaderBytes), "not the beginning of this segment");
    }
    FrameReader reader(bytes, offset);
    std::vector<std::span<const uint8_t>> records;
    FrameReader::Frame frame;
    size_t skipped = 0;
    for (bool more = true; more;) {
      more = reader.Next(&frame, &skipped);
      file.ForgetUpTo(reader.offset());
      if (skipped > 0) {
        const size_t at = (more ? frame.offset : bytes.size()) - skipped;
        Damage(name, at, skipped, Cat(skipped, last && !more ? " bytes of an unfinished write dropped" : " bytes dropped"));
      }
      if (!more) {
        break;
      }
      if (frame.number < report.next_number) {
        Damage(name, frame.offset, frame.payload.size(), Cat("commit ", frame.number, " was read before: not read again"));
        continue;
      }
      if (report.next_number > 1 || report.commits > 0) {
        report.lost_commits += frame.number - report.next_number;
      }
      report.next_number = frame.number + 1;
      ++report.commits;
      records.push_back(frame.payload);
    }
    ApplyRecords(name, records, &file);
    return absl::OkStatus();
  }

  void ApplyRecords(const std::string& name, const std::vector<std::span<const uint8_t>>& records, MappedFile* file) {
    const auto forget_before = [file](std::span<const uint8_t> record) {
      file->ForgetUpTo(static_cast<size_t>(reinterpret_cast<const char*>(record.data()) - file->bytes().data()));
    };
    file->Rewind();
    for (const std::span<const uint8_t> record : records) {
      forget_before(record);
      if (!series_.Read(record)) {
        Damage(name, 0, record.size(), "a record that cannot be read to its end");
      }
    }
    file->Rewind();
    const uint32_t shards = ReplayThreads();
    std::vector<std::unique_ptr<SamplePass>> passes;
    std::vector<std::thread> threads;
    for (uint32_t shard = 0; shard < shards; ++shard) {
      passes.push_back(std::make_unique<SamplePass>(core_, aliases_, shard, shards));
      const bool last = shard + 1 == shards;
      const auto read_all = [&, last, pass = passes.back().get()] {
        for (const std::span<const uint8_t> record : records) {
          if (last) {
            forget_before(record);  // for all: what another looks at later comes back
          }
          pass->Read(record);
        }
        pass->Finish();
      };
      if (last) {
        read_all();
      } else {
        threads.emplace_back(read_all);
      }
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (const std::unique_ptr<SamplePass>& pass : passes) {
      Take(*pass);
    }
  }

  void Take(const SamplePass& pass) NO_THREAD_SAFETY_ANALYSIS {
    report.samples += pass.samples();
    report.dropped_samples += pass.dropped_samples();
    core_.chunk_bytes += pass.context().bytes_grown;
    core_.min_time = std::min(core_.min_time, pass.min_t());
    core_.max_time = std::max(core_.max_time, pass.max_t());
  }

  /// What is replayed may be more than there was when it was written: history that was given up is in the log still, and the limit may be
  /// lower now. The order of retreat is that of the running store.
  void KeepMemoryLimit() NO_THREAD_SAFETY_ANALYSIS {
    MemoryBudget* const budget = core_.options.memory_budget;
    if (budget == nullptr || budget->limit_bytes() <= 0) {
      return;
    }
    budget->SetMeasured(MemoryBudget::ResidentBytes());
    if (budget->excess_bytes() > 0) {
      MemoryBudget::ReleaseFreePages();
      budget->SetMeasured(MemoryBudget::ResidentBytes());
    }
    if (const int64_t excess = budget->excess_bytes(); excess > 0) {
      core_.ShedHistory(static_cast<size_t>(excess + budget->limit_bytes() / kShedPart));
      MemoryBudget::ReleaseFreePages();
      budget->SetMeasured(MemoryBudget::ResidentBytes());
    }
    refuses_series_ = budget->pressure() == MemoryBudget::Pressure::kRefuseSeries;
  }

  void Finish() NO_THREAD_SAFETY_ANALYSIS {
    KeepMemoryLimit();
    core_.table.ReserveSlots(std::max(slots_end_, series_.highest_slot() + 1));
  }

  HeadCore& core_;
  Env& env_;
  std::string folder_;
  SlotAliases aliases_;
  SeriesPass series_;
  bool complete_ = false;
  bool refuses_series_ = false;
  uint32_t slots_end_ = 0;  // behind those of refused series
};

}  // namespace

absl::StatusOr<ReplayReport> ReplayLog(HeadCore& core, Env& env, const std::string& folder, ReplayProgress* progress) {
  if (progress != nullptr) {
    progress->state = ReplayProgress::State::kInProgress;
  }
  Replay replay(core, env, folder);
  RETURN_IF_ERROR(replay.Run(progress));
  if (progress != nullptr) {
    progress->state = ReplayProgress::State::kDone;
  }
  return std::move(replay.report);
}

bool ReplayRecord(HeadCore& core, std::span<const uint8_t> record) { return Replay(core, SystemEnv(), "").Record(record); }

bool ReplayCheckpointBlock(HeadCore& core, std::span<const uint8_t> block) { return Replay(core, SystemEnv(), "").Block(block); }

}  // namespace tocsin
