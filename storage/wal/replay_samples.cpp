#include "storage/wal/replay_samples.h"

#include <algorithm>

namespace tocsin {

SamplePass::SamplePass(HeadCore& core, const SlotAliases& aliases, uint32_t shard, uint32_t shards) NO_THREAD_SAFETY_ANALYSIS
    : core_(core),
      aliases_(aliases),
      shard_(shard),
      shards_(shards),
      context_{core.table.open_chunks(), core.options.chunk_range_ms} {}

void SamplePass::Read(std::span<const uint8_t> record) { ReadCommitRecord(record, *this); }

bool SamplePass::IsMine(uint32_t* slot) const {
  if (!aliases_.empty()) [[unlikely]] {
    const auto alias = aliases_.find(*slot);
    *slot = alias == aliases_.end() ? *slot : alias->second;
  }
  return OpenChunkPools::NumberOf(*slot) % shards_ == shard_;
}

// After the floats that came before.
Series* SamplePass::SeriesOf(uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
  if (!IsMine(&slot)) {
    return nullptr;
  }
  ApplyWaiting();
  Series* series = core_.table.Find(slot);
  dropped_ += series == nullptr ? 1 : 0;
  return series;
}

void SamplePass::Seen(TimestampMs t) {
  ++samples_;
  min_t_ = std::min(min_t_, t);
  max_t_ = std::max(max_t_, t);
  if (t != range_of_) {
    range_of_ = t;
    const TimestampMs offset = t % context_.chunk_range_ms;
    context_.range_start = t - (offset < 0 ? offset + context_.chunk_range_ms : offset);
  }
}

void SamplePass::OnFloat(uint32_t slot, TimestampMs t, double value, bool out_of_order) NO_THREAD_SAFETY_ANALYSIS {
  if (out_of_order) {
    if (Series* series = SeriesOf(slot); series != nullptr) {
      Seen(t);
      InsertOutOfOrder(*series, {t, value, nullptr, 0, 0});
    }
    return;
  }
  if (!IsMine(&slot)) {
    return;
  }
  core_.table.Prefetch(slot);
  At(came_) = Waiting{slot, t, value, nullptr};
  ++came_;
  if (came_ - applied_ < kWaitingMax) {
    return;
  }
  FindSeries(&At(came_ - kStep));
  if (const Series* near = At(came_ - 2 * kStep).series; near != nullptr && near->open != nullptr) {
    __builtin_prefetch(near->open, 1);
    __builtin_prefetch(near->open + near->open_size, 1);
  }
  Apply(At(applied_++));
}

void SamplePass::FindSeries(Waiting* waiting) NO_THREAD_SAFETY_ANALYSIS {
  waiting->series = core_.table.Find(waiting->slot);
  if (waiting->series != nullptr) {
    __builtin_prefetch(waiting->series, 1);
  }
}

void SamplePass::Apply(const Waiting& waiting) NO_THREAD_SAFETY_ANALYSIS {
  Series* series = waiting.series != nullptr ? waiting.series : core_.table.Find(waiting.slot);
  if (series == nullptr) {
    ++dropped_;
    return;
  }
  Seen(waiting.t);
  if (waiting.t > series->last_t) {
    AppendFloatInOrder(*series, waiting.t, waiting.value, &context_);
  }
}

void SamplePass::ApplyWaiting() {
  while (applied_ < came_) {
    Apply(At(applied_++));
  }
}

void SamplePass::OnHistogram(uint32_t slot, TimestampMs t, FloatHistogram histogram, bool integers, bool out_of_order) {
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

void SamplePass::OnStart(uint32_t slot, TimestampMs t, TimestampMs start_t) {
  if (Series* series = SeriesOf(slot); series != nullptr) {
    SetStart(*series, t, start_t);
  }
}

void SamplePass::OnDeletion(uint32_t slot, TimestampMs min_t, TimestampMs max_t) NO_THREAD_SAFETY_ANALYSIS {
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

}  // namespace tocsin
