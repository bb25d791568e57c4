#include "storage/wal/replay.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "base/status.h"
#include "storage/wal/checkpoint.h"
#include "storage/wal/frame.h"
#include "storage/wal/segment_log.h"
#include "storage/wal/series_codec.h"

namespace tocsin {
namespace {

// Damages told one by one; further ones are only counted.
constexpr size_t kDamagesTold = 100;
constexpr uint32_t kReplayThreads = 2;

/// Slots of the log whose series stands at another slot (it had gone and come back).
using SlotAliases = absl::flat_hash_map<uint32_t, uint32_t>;

/// First pass over a segment: what must be done in order and alone.
class SeriesPass : public CommitRecordHandler {
 public:
  SeriesPass(HeadCore& core, SlotAliases& aliases) : core_(core), aliases_(aliases) {}

  void OnSeries(uint32_t slot, std::string_view encoded_labels) override NO_THREAD_SAFETY_ANALYSIS {
    const Labels labels = Labels::FromEncoded(std::string(encoded_labels));
    if (labels.empty() || core_.table.Find(slot) != nullptr || slot >= 0xfffffff0) {
      return;
    }
    if (const Series* known = core_.table.Find(labels); known != nullptr) {
      aliases_[slot] = known->slot;
      highest_slot_ = std::max(highest_slot_, slot);
      return;
    }
    Series* series = core_.table.Add(labels, slot);
    series->in_log = true;
    core_.counters.series_created.fetch_add(1, std::memory_order_relaxed);
  }
  void OnFloat(uint32_t, TimestampMs, double, bool) override {}
  void OnHistogram(uint32_t, TimestampMs, FloatHistogram, bool, bool) override {}
  void OnStart(uint32_t, TimestampMs, TimestampMs) override {}
  void OnDeletion(uint32_t, TimestampMs, TimestampMs) override {}

  void OnExemplar(uint32_t slot, TimestampMs t, double value, std::string_view encoded_labels) override NO_THREAD_SAFETY_ANALYSIS {
    Exemplar exemplar{Labels::FromEncoded(std::string(encoded_labels)), value, t, true};
    const auto alias = aliases_.find(slot);
    const uint32_t known = alias == aliases_.end() ? slot : alias->second;
    if (core_.table.Find(known) != nullptr && core_.exemplars.Check(known, exemplar) == AppendResult::kOk) {
      core_.exemplars.Add(known, std::move(exemplar));
    }
  }
  void OnMetadata(std::string_view metric, std::string_view type, std::string_view help,
                  std::string_view unit) override NO_THREAD_SAFETY_ANALYSIS {
    core_.metadata[std::string(metric)] = MetricMetadata{std::string(type), std::string(help), std::string(unit)};
  }

  uint32_t highest_slot() const { return highest_slot_; }

 private:
  HeadCore& core_;
  SlotAliases& aliases_;
  uint32_t highest_slot_ = 0;
};

/// Second pass: the samples of the series of one shard. Shards touch different series and run side by side.
class SamplePass : public CommitRecordHandler {
 public:
  SamplePass(HeadCore& core, const SlotAliases& aliases, uint32_t shard, uint32_t shards)
      : core_(core), aliases_(aliases), shard_(shard), shards_(shards), context_{core.options.chunk_range_ms, 0} {}

  void OnSeries(uint32_t, std::string_view) override {}
  void OnExemplar(uint32_t, TimestampMs, double, std::string_view) override {}
  void OnMetadata(std::string_view, std::string_view, std::string_view, std::string_view) override {}

  void OnFloat(uint32_t slot, TimestampMs t, double value, bool out_of_order) override {
    Series* series = SeriesOf(slot);
    if (series == nullptr) {
      return;
    }
    Seen(t);
    if (out_of_order) {
      InsertOutOfOrder(*series, {t, value, nullptr, 0, 0});
    } else if (t > series->last_t) {
      AppendFloatInOrder(*series, t, value, &context_);
    }
  }

  void OnHistogram(uint32_t slot, TimestampMs t, FloatHistogram histogram, bool integers, bool out_of_order) override {
    Series* series = SeriesOf(slot);
    if (series == nullptr) {
      return;
    }
    Seen(t);
    auto shared = std::make_shared<const FloatHistogram>(std::move(histogram));
    if (out_of_order) {
      const double sum = shared->sum;
      InsertOutOfOrder(*series, {t, sum, std::move(shared), 0, 0});
    } else if (t > series->last_t) {
      AppendHistogramInOrder(*series, t, std::move(shared), integers, &context_);
    }
  }

  void OnStart(uint32_t slot, TimestampMs t, TimestampMs start_t) override {
    if (Series* series = SeriesOf(slot); series != nullptr) {
      SetStart(*series, t, start_t);
    }
  }

  void OnDeletion(uint32_t slot, TimestampMs min_t, TimestampMs max_t) override NO_THREAD_SAFETY_ANALYSIS {
    Series* series = SeriesOf(slot);
    if (series == nullptr || !series->has_samples_in_order()) {
      return;
    }
    // A checkpoint may hold its effect already.
    const auto& deleted = series->MakeExtra().deleted;
    if (std::none_of(deleted.begin(), deleted.end(), [&](const TimeRange& one) { return one.min_t == min_t && one.max_t == max_t; })) {
      core_.DeleteRange(*series, min_t, max_t);
    }
  }

  uint64_t samples() const { return samples_; }
  uint64_t dropped_samples() const { return dropped_; }
  TimestampMs min_t() const { return min_t_; }
  TimestampMs max_t() const { return max_t_; }
  const SeriesAppendContext& context() const { return context_; }

 private:
  Series* SeriesOf(uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
    if (!aliases_.empty()) {
      const auto alias = aliases_.find(slot);
      slot = alias == aliases_.end() ? slot : alias->second;
    }
    // Neighbours stay together, so that threads do not write to the same cache lines.
    if ((slot >> 6) % shards_ != shard_) {
      return nullptr;
    }
    Series* series = core_.table.Find(slot);
    dropped_ += series == nullptr ? 1 : 0;
    return series;
  }

  void Seen(TimestampMs t) {
    ++samples_;
    min_t_ = std::min(min_t_, t);
    max_t_ = std::max(max_t_, t);
    if (t != range_of_) {
      range_of_ = t;
      const TimestampMs offset = t % context_.chunk_range_ms;
      context_.range_start = t - (offset < 0 ? offset + context_.chunk_range_ms : offset);
    }
  }

  HeadCore& core_;
  const SlotAliases& aliases_;
  uint32_t shard_;
  uint32_t shards_;
  SeriesAppendContext context_;
  TimestampMs range_of_ = kMinTimestamp;
  uint64_t samples_ = 0;
  uint64_t dropped_ = 0;
  TimestampMs min_t_ = kMaxTimestamp;
  TimestampMs max_t_ = kMinTimestamp;
};

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
    const bool whole = ReadCommitRecord(record, series_);
    SamplePass samples(core_, aliases_, 0, 1);
    ReadCommitRecord(record, samples);
    Take(samples);
    return whole;
  }

  bool Block(std::span<const uint8_t> block) {
    if (block.empty()) {
      return false;
    }
    switch (static_cast<CheckpointBlock::Kind>(block[0])) {
      case CheckpointBlock::Kind::kSeries:
        return SeriesBlock(block.subspan(1));
      case CheckpointBlock::Kind::kMetadata:
      case CheckpointBlock::Kind::kExemplars:
        return ReadCommitRecord(block.subspan(1), series_);
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
    ASSIGN_OR_RETURN(const std::string bytes, env_.ReadFile(folder_ + "/" + name));
    const bool known = bytes.starts_with(kCheckpointMagic);
    if (!known) {
      Damage(name, 0, kCheckpointMagic.size(), "no checkpoint's beginning");
    }
    FrameReader frames(bytes, known ? kCheckpointMagic.size() : 0);
    FrameReader::Frame frame;
    size_t skipped = 0;
    bool more = true;
    complete_ = false;
    while (more) {
      more = frames.Next(&frame, &skipped);
      if (skipped > 0) {
        Damage(name, (more ? frame.offset : bytes.size()) - skipped, skipped, Cat(skipped, " bytes dropped"));
      }
      if (more && !Block(frame.payload)) {
        Damage(name, frame.offset, frame.payload.size(), "a block that cannot be read to its end");
      }
    }
    if (!complete_) {
      Damage(name, bytes.size(), 0, "the end is missing");
    }
    report.checkpoint_bytes = bytes.size();
    return absl::OkStatus();
  }

  bool SeriesBlock(std::span<const uint8_t> block) NO_THREAD_SAFETY_ANALYSIS {
    SeriesBlockReader reader(block);
    DecodedSeries decoded;
    while (reader.Next(&decoded)) {
      const Labels labels = Labels::FromEncoded(std::move(decoded.encoded_labels));
      if (labels.empty() || core_.table.Find(decoded.slot) != nullptr || core_.table.Find(labels) != nullptr ||
          decoded.slot >= 0xfffffff0) {
        continue;
      }
      Series* series = core_.table.Add(labels, decoded.slot);
      InstallSeries(decoded, series);
      series->in_log = true;
      core_.chunk_bytes += static_cast<int64_t>(series->closed_bytes() + series->open_state.capacity);
      core_.min_time = std::min(core_.min_time, series->FirstTime());
      core_.max_time = std::max(core_.max_time, series->last_t);
      ++report.checkpoint_series;
    }
    return reader.ok();
  }

  absl::Status LoadSegment(uint32_t number, bool last) {
    const std::string name = SegmentLog::FileName(number);
    ASSIGN_OR_RETURN(const std::string bytes, env_.ReadFile(folder_ + "/" + name));
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
    ApplyRecords(name, records);
    return absl::OkStatus();
  }

  void ApplyRecords(const std::string& name, const std::vector<std::span<const uint8_t>>& records) {
    for (const std::span<const uint8_t> record : records) {
      if (!ReadCommitRecord(record, series_)) {
        Damage(name, 0, record.size(), "a record that cannot be read to its end");
      }
    }
    std::vector<std::unique_ptr<SamplePass>> passes;
    std::vector<std::thread> threads;
    for (uint32_t shard = 0; shard < kReplayThreads; ++shard) {
      passes.push_back(std::make_unique<SamplePass>(core_, aliases_, shard, kReplayThreads));
      threads.emplace_back([&records, pass = passes.back().get()] {
        for (const std::span<const uint8_t> record : records) {
          ReadCommitRecord(record, *pass);
        }
      });
    }
    for (uint32_t shard = 0; shard < kReplayThreads; ++shard) {
      threads[shard].join();
      Take(*passes[shard]);
    }
  }

  void Take(const SamplePass& pass) NO_THREAD_SAFETY_ANALYSIS {
    report.samples += pass.samples();
    report.dropped_samples += pass.dropped_samples();
    core_.chunk_bytes += pass.context().bytes_grown;
    core_.min_time = std::min(core_.min_time, pass.min_t());
    core_.max_time = std::max(core_.max_time, pass.max_t());
  }

  void Finish() NO_THREAD_SAFETY_ANALYSIS { core_.table.ReserveSlots(series_.highest_slot() + 1); }

  HeadCore& core_;
  Env& env_;
  std::string folder_;
  SlotAliases aliases_;
  SeriesPass series_;
  bool complete_ = false;
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
