#include "engine/remote/write_queue.h"

#include <algorithm>

#include "base/log.h"
#include "base/secret.h"
#include "engine/relabel/relabel.h"

namespace tocsin {
namespace {

std::vector<Matcher> AllSeries() { return {*Matcher::Create(MatchType::kNotEqual, std::string(kMetricName), "")}; }

}  // namespace

WriteQueue::WriteQueue(WriteQueueOptions options, Head& store, const Clock& clock, Env& env, std::unique_ptr<WriteTransport> transport,
                       prometheus::Registry& registry)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      transport_(std::move(transport)),
      metrics_(registry, options_.config.name, options_.config.url),
      position_(env, options_.position_path),
      context_{options_.config, clock, *transport_, metrics_, stop_, options_.config.protobuf_message},
      planner_(options_.config.queue) {
  metrics_.SetLimits(options_.config.queue);
  start_position_ = position_.Load(clock_.NowMs());
  exemplar_position_ = start_position_;
  held_ = store_.Hold(AllSeries(), /*keeps_history=*/false);
  StartShards(static_cast<int>(options_.config.queue.min_shards));
  reader_ = std::thread([this] { Run(); });
}

WriteQueue::~WriteQueue() {
  finish_.Stop();
  stop_.Stop();
  Join();
}

void WriteQueue::StopAll(std::span<const std::unique_ptr<WriteQueue>> queues, DurationMs flush_deadline_ms, const Clock& clock) {
  // Each reader makes a last round; it ends by itself, or when the deadline has passed.
  for (const std::unique_ptr<WriteQueue>& queue : queues) {
    queue->finish_.Stop();
  }
  StopToken done;
  std::thread deadline([&] {
    if (flush_deadline_ms == 0 || clock.WaitUntil(clock.NowMs() + flush_deadline_ms, done)) {
      for (const std::unique_ptr<WriteQueue>& queue : queues) {
        queue->stop_.Stop();
      }
    }
  });
  for (const std::unique_ptr<WriteQueue>& queue : queues) {
    queue->Join();
  }
  done.Stop();
  deadline.join();
}

void WriteQueue::Join() {
  if (reader_.joinable()) {
    reader_.join();
  }
  stop_.Stop();
  shards_.clear();
}

void WriteQueue::Run() {
  TimestampMs next_round = clock_.NowMs();
  while (true) {
    const bool last = finish_.stopped();
    const TimestampMs round_start = clock_.NowMs();
    if (!Round() || (last && !WaitUntilSent())) {
      return;
    }
    if (last || clock_.NowMs() >= next_save_) {
      if (!WaitUntilSent()) {
        return;
      }
      SavePosition(round_start);
    }
    if (last) {
      return;
    }
    PlanShards();
    next_round = std::max(next_round + kRoundInterval, clock_.NowMs());
    clock_.WaitUntil(next_round, finish_);
  }
}

bool WriteQueue::Round() {
  TakeSeriesChanges();
  for (auto& [id, source] : sources_) {
    if (!ReadSeries(id, &source)) {
      return false;
    }
  }
  if (options_.config.send_exemplars && !ReadExemplars()) {
    return false;
  }
  metrics_.SetHighest(highest_read_);
  return FlushPending() && SendMetadata();
}

void WriteQueue::TakeSeriesChanges() {
  const HeldSelector::Changes changes = held_->TakeChanges();
  for (const uint64_t id : changes.left) {
    sources_.erase(id);
  }
  for (const HeldSeries& joined : changes.joined) {
    Source& source = sources_[joined.id];
    source.series = MakeOutgoing(joined.labels);
    source.cursor = {start_position_, 0};
  }
}

std::shared_ptr<const OutgoingSeries> WriteQueue::MakeOutgoing(const Labels& labels) const {
  LabelsBuilder builder(labels);
  for (const Label& external : options_.external_labels) {
    if (builder.Get(external.name).empty()) {
      builder.Set(external.name, external.value);
    }
  }
  if (!Relabel(options_.config.write_relabel_configs, &builder)) {
    return nullptr;
  }
  auto outgoing = std::make_shared<OutgoingSeries>();
  outgoing->labels = builder.Build();
  if (outgoing->labels.empty()) {
    return nullptr;
  }
  if (options_.config.protobuf_message == RemoteWriteMessage::kV2) {
    outgoing->metadata = store_.Metadata(std::string(labels.metric_name()));
  }
  return outgoing;
}

bool WriteQueue::ReadSeries(uint64_t id, Source* source) {
  columns_.Clear();
  const TimestampMs behind = source->cursor.t;
  if (!held_->ReadSince(id, kMaxTimestamp, &source->cursor, &columns_)) {
    // Its past has changed: read all, and send what is new.
    source->cursor = {};
    columns_.Clear();
    if (!held_->ReadSince(id, kMaxTimestamp, &source->cursor, &columns_)) {
      source->cursor = {behind, 0};
      return true;
    }
  }
  WriteBatch::Counts dropped;
  WriteBatch::Counts received;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_.timestamps[i] <= behind) {
      continue;
    }
    const bool is_histogram = columns_.is_histogram(i);
    ++(is_histogram ? received.histograms : received.samples);
    if (source->series == nullptr || (is_histogram && !options_.config.send_native_histograms)) {
      ++(is_histogram ? dropped.histograms : dropped.samples);
      continue;
    }
    highest_read_ = std::max(highest_read_, columns_.timestamps[i]);
    OutgoingSample sample{source->series,
                          columns_.timestamps[i],
                          columns_.values[i],
                          is_histogram ? columns_.histograms[i] : nullptr,
                          columns_.start_timestamps.empty() ? 0 : columns_.start_timestamps[i],
                          nullptr};
    if (!Enqueue(id, std::move(sample))) {
      return false;
    }
  }
  source->cursor.t = std::max(source->cursor.t, behind);
  if (const size_t samples = received.samples + received.histograms; samples > 0) {
    planner_.NoteIn(samples);
    planner_.NoteDropped(dropped.samples + dropped.histograms);
    metrics_.AddReceived(received);
    metrics_.AddDropped(WriteMetrics::DropReason::kDroppedSeries, dropped);
  }
  return true;
}

bool WriteQueue::ReadExemplars() {
  const std::vector<std::vector<Matcher>> selectors = {AllSeries()};
  TimestampMs newest = exemplar_position_;
  for (const Head::SeriesExemplars& series : store_.SelectExemplars(selectors, exemplar_position_ + 1, kMaxTimestamp)) {
    const std::shared_ptr<const OutgoingSeries> outgoing = MakeOutgoing(series.labels);
    for (const Exemplar& exemplar : series.exemplars) {
      newest = std::max(newest, exemplar.t);
      metrics_.AddReceived({0, 0, 1});
      if (outgoing == nullptr) {
        metrics_.AddDropped(WriteMetrics::DropReason::kDroppedSeries, {0, 0, 1});
        continue;
      }
      if (!Enqueue(outgoing->labels.Hash(), {outgoing, exemplar.t, 0, nullptr, 0, std::make_shared<const Exemplar>(exemplar)})) {
        return false;
      }
    }
  }
  exemplar_position_ = newest;
  return true;
}

bool WriteQueue::Enqueue(uint64_t id, OutgoingSample sample) {
  const size_t shard = id % shards_.size();
  WriteBatch& batch = pending_[shard];
  batch.samples.push_back(std::move(sample));
  if (batch.samples.size() < static_cast<size_t>(options_.config.queue.max_samples_per_send)) {
    return true;
  }
  return shards_[shard]->Push(std::exchange(batch, {}));
}

bool WriteQueue::FlushPending() {
  for (size_t shard = 0; shard < shards_.size(); ++shard) {
    if (!pending_[shard].samples.empty() && !shards_[shard]->Push(std::exchange(pending_[shard], {}))) {
      return false;
    }
  }
  return true;
}

bool WriteQueue::WaitUntilSent() {
  return std::all_of(shards_.begin(), shards_.end(), [](const std::unique_ptr<WriteShard>& shard) { return shard->WaitEmpty(); });
}

void WriteQueue::SavePosition(TimestampMs round_start) {
  next_save_ = clock_.NowMs() + kSavePositionInterval;
  if (const absl::Status saved = position_.Save(round_start - kOverlapMs); !saved.ok()) {
    LogWarn("The position of a remote write queue cannot be saved", {{"url", RedactUrl(options_.config.url)}, {"err", saved}});
  }
}

void WriteQueue::PlanShards() {
  const TimestampMs now = clock_.NowMs();
  planner_.NoteSent(context_.sent_samples.exchange(0), static_cast<double>(context_.send_ns.exchange(0)) / 1e9);
  if (now < next_plan_) {
    return;
  }
  next_plan_ = now + static_cast<DurationMs>(ShardPlanner::kPeriodSeconds * kSecond);
  const int count = static_cast<int>(shards_.size());
  const double delay = static_cast<double>(std::max<TimestampMs>(0, highest_read_ - context_.highest_sent)) / kSecond;
  const int planned = planner_.Plan(count, context_.highest_sent == 0 ? 0 : delay);
  metrics_.SetShards(count, planner_.desired());
  // A series may go to another shard only when its old one has nothing of it left.
  if (planned != count && WaitUntilSent()) {
    LogInfo("Resharding remote write", {{"url", RedactUrl(options_.config.url)}, {"from", count}, {"to", planned}});
    StartShards(planned);
  }
}

void WriteQueue::StartShards(int count) {
  const size_t per_send = static_cast<size_t>(std::max<int64_t>(1, options_.config.queue.max_samples_per_send));
  const size_t batches = std::max<size_t>(1, static_cast<size_t>(options_.config.queue.capacity) / per_send);
  shards_.clear();
  for (int i = 0; i < std::max(1, count); ++i) {
    shards_.push_back(std::make_unique<WriteShard>(context_, batches));
  }
  pending_.assign(shards_.size(), {});
  metrics_.SetShards(static_cast<int>(shards_.size()), planner_.desired());
}

bool WriteQueue::SendMetadata() {
  const MetadataConfig& config = options_.config.metadata;
  if (!config.send || !options_.metadata || context_.message != RemoteWriteMessage::kV1 || clock_.NowMs() < next_metadata_) {
    return true;
  }
  next_metadata_ = clock_.NowMs() + config.send_interval_ms;
  const std::vector<FamilyMetadataEntry> families = options_.metadata();
  const size_t per_send = static_cast<size_t>(std::max<int64_t>(1, config.max_samples_per_send));
  for (size_t begin = 0; begin < families.size(); begin += per_send) {
    const size_t end = std::min(families.size(), begin + per_send);
    const std::string body = EncodeWriteMetadata(families, begin, end);
    const WriteOutcome outcome = transport_->Send(body, RemoteWriteMessage::kV1, 0, stop_);
    if (outcome.kind == WriteOutcome::Kind::kStopped) {
      return false;
    }
    // Metadata comes again with the next interval: no retries that would hold up samples.
    const bool ok = outcome.kind == WriteOutcome::Kind::kDone;
    metrics_.AddMetadata(end - begin, body.size(), ok);
    if (!ok) {
      LogWarn("Metadata could not be sent", {{"url", RedactUrl(options_.config.url)}, {"err", outcome.error}});
      return true;
    }
  }
  return true;
}

}  // namespace tocsin
