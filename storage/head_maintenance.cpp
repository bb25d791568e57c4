#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/memory_budget.h"
#include "storage/head_core.h"

namespace tocsin {
namespace {

// So many series are truncated before commits and queries get a turn.
constexpr size_t kTruncateSlice = 2048;
constexpr DurationMs kSweepInterval = 15 * kSecond;
// Series lie anywhere: the sweep asks for them before it needs them.
constexpr uint32_t kSweepPrefetchAhead = 8;
// Out-of-order samples of a series are merged into its chunks from so many on.
constexpr size_t kFoldFrom = 32;
// An open chunk of fewer bytes is not given up.
constexpr uint16_t kShedOpenFrom = 45;

}  // namespace

void HeadCore::DropChunks(Series& series, size_t count) {
  SeriesAppendContext context{table.open_chunks(), options.chunk_range_ms};
  for (size_t i = 0; i < count; ++i) {
    context.bytes_grown -= static_cast<int64_t>(series.closed[i]->memory_bytes());
  }
  series.closed.Drop(count);
  counters.chunks_removed.fetch_add(count, std::memory_order_relaxed);
  Account(context);
}

// True when nothing is left of the series.
bool HeadCore::TruncateSeries(Series& series, TimestampMs cutoff, Sweep* sweep) {
  size_t old = 0;
  while (old < series.closed.size() && series.closed[old]->max_t() < cutoff) {
    ++old;
  }
  if (old > 0) {
    DropChunks(series, old);
    sweep->old_chunks += old;
  }
  if (series.extra != nullptr) {
    SeriesExtra& extra = *series.extra;
    std::erase_if(extra.out_of_order, [cutoff](const auto& sample) { return sample.t < cutoff; });
    std::erase_if(extra.deleted, [cutoff](const TimeRange& range) { return range.max_t < cutoff; });
    while (extra.starts.size() > 1 && extra.starts[1].t < cutoff) {
      extra.starts.erase(extra.starts.begin());
    }
    if (extra.out_of_order.size() >= kFoldFrom) {
      FoldOutOfOrder(series);
    }
  }
  sweep->first = std::min(sweep->first, series.FirstTime());
  CountSeries(series, sweep);
  return series.has_samples_in_order() ? series.last_t < cutoff && (series.extra == nullptr || series.extra->out_of_order.empty())
                                       : series.empty() && series.slot < settled_slots_end_;
}

void HeadCore::CountSeries(const Series& series, Sweep* sweep) {
  sweep->chunks += series.chunk_count();
  if (series.has_samples_in_order() && IsStaleNaN(series.last_value)) {
    ++sweep->stale_series;
  }
  if (series.extra != nullptr && series.extra->last_histogram != nullptr) {
    const FloatHistogram& last = *series.extra->last_histogram;
    ++sweep->histogram_series;
    sweep->histogram_buckets += last.positive_buckets.size() + last.negative_buckets.size();
  }
}

// Those that lie within the time of a closed chunk, up to the next one, are merged into it. Apart stay those that a querier may not see
// yet, those that a tombstone or a start timestamp of the samples in order would touch, and what lies within a chunk of histograms.
void HeadCore::FoldOutOfOrder(Series& series) {
  std::vector<SeriesExtra::OutOfOrderSample>& samples = series.extra->out_of_order;
  if (!series.extra->starts.empty()) {
    return;
  }
  const auto is_deleted = [&deleted = series.extra->deleted](TimestampMs t) {
    return std::any_of(deleted.begin(), deleted.end(), [t](const TimeRange& range) { return range.min_t <= t && t <= range.max_t; });
  };
  const uint64_t oldest = queriers.Oldest();
  SeriesAppendContext context{table.open_chunks(), options.chunk_range_ms};
  for (size_t i = 0; i < series.closed.size() && !samples.empty(); ++i) {
    const ChunkPtr chunk = series.closed[i];
    const TimestampMs until = i + 1 < series.closed.size() ? series.closed[i + 1]->min_t() : chunk->max_t();
    const auto begin =
        i == 0 ? samples.begin() : std::find_if(samples.begin(), samples.end(), [&](const auto& one) { return one.t >= chunk->min_t(); });
    const auto end = std::find_if(begin, samples.end(), [&](const auto& one) { return one.t >= until; });
    const bool mergeable = chunk->encoding() == ChunkEncoding::kXor && std::all_of(begin, end, [&](const auto& one) {
                             return one.histogram == nullptr && one.start_t == 0 && one.commit <= oldest && !is_deleted(one.t);
                           });
    SampleColumns old;
    if (end == begin || !mergeable || !ReadChunk(chunk->encoding(), chunk->bytes(), kMinTimestamp, kMaxTimestamp, &old) ||
        old.size() + static_cast<size_t>(end - begin) > UINT16_MAX / 32) {
      continue;
    }
    std::vector<std::pair<TimestampMs, double>> merged;
    for (size_t k = 0; k < old.size(); ++k) {
      merged.emplace_back(old.timestamps[k], old.values[k]);
    }
    for (auto it = begin; it != end; ++it) {
      merged.emplace_back(it->t, it->value);
    }
    std::stable_sort(merged.begin(), merged.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    merged.erase(std::unique(merged.begin(), merged.end(), [](const auto& a, const auto& b) { return a.first == b.first; }), merged.end());
    XorState state;
    uint8_t* buffer = nullptr;
    uint32_t delta = 0;
    for (size_t k = 0; k < merged.size(); ++k) {
      XorAppend(merged[k].first, merged[k].second, k == 0 ? 0 : merged[k - 1].first, k == 0 ? 0 : merged[k - 1].second, &delta, &state,
                &buffer);
    }
    context.bytes_grown -= static_cast<int64_t>(chunk->memory_bytes());
    series.closed.Replace(i, ChunkPtr::Make(merged.front().first, merged.back().first, ChunkEncoding::kXor, {buffer, state.size}));
    context.bytes_grown += static_cast<int64_t>(series.closed[i]->memory_bytes());
    std::free(buffer);
    samples.erase(begin, end);
  }
  Account(context);
}

void HeadCore::RemoveSeries(const std::vector<uint32_t>& slots) {
  for (const uint32_t slot : slots) {
    held.OnSeriesRemoved(slot);
    exemplars.DropSeries(slot);
    Series& series = *table.Find(slot);
    EndReservation(series);
    SeriesAppendContext context{table.open_chunks(), options.chunk_range_ms};
    CloseOpenChunk(series, &context);
    Account(context);
    DropChunks(series, series.closed.size());
    series.last_t = kMinTimestamp;
  }
  for (Series::Ptr& series : table.Remove(slots)) {
    removed_slots_[series->slot] = removed_before_ + removed_.size();
    removed_.push_back(Removed{commit, std::move(series)});
  }
  counters.series_removed.fetch_add(slots.size(), std::memory_order_relaxed);
}

void HeadCore::FreeRemoved() {
  const uint64_t oldest = std::min(queriers.Oldest(), appenders.Oldest());
  while (!removed_.empty() && (removed_.front().series == nullptr || removed_.front().commit < oldest)) {
    if (removed_.front().series != nullptr) {
      removed_slots_.erase(removed_.front().series->slot);
      table.Destroy(std::move(removed_.front().series));
    }
    removed_.pop_front();
    ++removed_before_;
  }
}

void HeadCore::Maintain() {
  if (options.memory_budget != nullptr) {
    options.memory_budget->SetMeasured(MemoryBudget::ResidentBytes());
  }
  if (SweepIsDue()) {
    SweepSeries();
  }
  size_t excess = 0;
  {
    const WriterLock lock(mu);
    FreeRemoved();
    TrimLimits();
    if (options.retention_bytes > 0 && chunk_bytes > options.retention_bytes) {
      excess = static_cast<size_t>(chunk_bytes - options.retention_bytes);
      counters.size_retentions.fetch_add(1, std::memory_order_relaxed);
    }
  }
  KeepMemoryLimit(excess);
}

/// What a sweep finds depends on the newest sample's time. While that goes on, not every call needs one: it looks at every series, which
/// costs as much as a scrape of all.
bool HeadCore::SweepIsDue() {
  const WriterLock lock(mu);
  const bool due = max_time <= looked_max_time_ || max_time - kSweepInterval >= swept_max_time_;
  looked_max_time_ = max_time;
  swept_max_time_ = due ? max_time : swept_max_time_;
  return due;
}

void HeadCore::SweepSeries() {
  TimestampMs cutoff = options.min_time;
  uint32_t end = 0;
  Round round{};
  {
    const WriterLock lock(mu);
    round = {++commit, table.slots_end()};
    end = round.slots_end;
    // Series without a sample may belong to an appender that is about to commit, however long that takes.
    const uint64_t oldest = appenders.Oldest();
    for (; !rounds_.empty() && rounds_.front().commit <= oldest; rounds_.pop_front()) {
      settled_slots_end_ = rounds_.front().slots_end;
    }
    if (options.retention_ms > 0 && max_time != kMinTimestamp) {
      cutoff = std::max(cutoff, max_time - options.retention_ms);
    }
  }
  const int64_t start_ns = clock.MonotonicNs();
  Sweep sweep;
  for (uint32_t begin = 0; begin < end; begin += kTruncateSlice) {
    const WriterLock lock(mu);
    std::vector<uint32_t> gone;
    for (uint32_t slot = begin; slot < std::min<uint64_t>(end, uint64_t{begin} + kTruncateSlice); ++slot) {
      if (uint64_t{slot} + 2 * kSweepPrefetchAhead < end) {
        table.Prefetch(slot + 2 * kSweepPrefetchAhead);
        if (const Series* soon = table.Find(slot + kSweepPrefetchAhead); soon != nullptr) {
          soon->Prefetch();
        }
        if (const Series* next = table.Find(slot + kSweepPrefetchAhead / 2); next != nullptr && next->closed.empty()) {
          __builtin_prefetch(next->open);
        }
      }
      Series* series = table.Find(slot);
      if (series != nullptr && TruncateSeries(*series, cutoff, &sweep)) {
        gone.push_back(slot);
      }
    }
    if (!gone.empty()) {
      RemoveSeries(gone);
    }
  }
  {
    const WriterLock lock(mu);
    min_time = std::max(sweep.first, cutoff);
    rounds_.push_back(round);
  }
  counters.chunks = sweep.chunks;
  counters.stale_series = sweep.stale_series;
  counters.histogram_series = sweep.histogram_series;
  counters.histogram_buckets = sweep.histogram_buckets;
  counters.time_retentions.fetch_add(sweep.old_chunks > 0 ? 1 : 0, std::memory_order_relaxed);
  counters.truncation_ns.fetch_add(static_cast<uint64_t>(clock.MonotonicNs() - start_ns), std::memory_order_relaxed);
  counters.truncations.fetch_add(1, std::memory_order_relaxed);
}

// The order of retreat: free pages, history that no rule reads; new series are refused where they come.
void HeadCore::KeepMemoryLimit(size_t excess) {
  if (options.memory_budget != nullptr && options.memory_budget->pressure() != MemoryBudget::Pressure::kNone) {
    MemoryBudget::ReleaseFreePages();
    options.memory_budget->SetMeasured(MemoryBudget::ResidentBytes());
  }
  TellPressure();
  TellRefusals();
  if (options.memory_budget != nullptr) {
    excess = std::max(excess, static_cast<size_t>(options.memory_budget->excess_bytes()));
  }
  if (excess > 0) {
    const size_t freed = ShedHistory(excess);
    LogWarn("History was given up to keep the memory limit", {{"wanted_bytes", uint64_t{excess}}, {"freed_bytes", uint64_t{freed}}});
  }
}

void HeadCore::TellPressure() {
  const MemoryBudget* budget = options.memory_budget;
  const auto now = budget == nullptr ? MemoryBudget::Pressure::kNone : budget->pressure();
  if (now == std::exchange(told_pressure_, now)) {
    return;
  }
  const auto used = static_cast<uint64_t>(budget->estimate_bytes());
  const auto limit = static_cast<uint64_t>(budget->limit_bytes());
  switch (now) {
    case MemoryBudget::Pressure::kNone:
      LogInfo("Memory is within its limit again", {{"used_bytes", used}, {"limit_bytes", limit}});
      break;
    case MemoryBudget::Pressure::kShedHistory:
      LogWarn("Memory is near its limit: history that no rule reads is given up", {{"used_bytes", used}, {"limit_bytes", limit}});
      break;
    case MemoryBudget::Pressure::kRefuseSeries:
      LogWarn("Memory is at its limit: new series are refused", {{"used_bytes", used}, {"limit_bytes", limit}});
      break;
  }
}

// Queries and requests can be refused by the thousand: they are told once a round.
void HeadCore::TellRefusals() {
  const MemoryBudget* budget = options.memory_budget;
  if (budget == nullptr) {
    return;
  }
  const uint64_t queries = budget->refused_work() - told_refused_queries_;
  const uint64_t requests = budget->bodies().refused() - told_refused_requests_;
  if (queries + requests > 0) {
    LogWarn("Work was refused to keep the memory limit", {{"queries", queries}, {"requests", requests}});
  }
  told_refused_queries_ += queries;
  told_refused_requests_ += requests;
}

size_t HeadCore::ShedHistory(size_t bytes) {
  const size_t freed = ShedClosedChunks(bytes);
  return freed >= bytes ? freed : freed + ShedOpenChunks(bytes - freed);
}

size_t HeadCore::ShedClosedChunks(size_t bytes) {
  // The time before which a chunk must end to go, so that the oldest go first: found among samples of all series.
  std::vector<std::pair<TimestampMs, size_t>> ends;
  std::vector<bool> is_held;
  {
    const ReaderLock lock(mu);
    is_held = held.HeldSlots(table.slots_end());
    table.ForEach([&](const Series& series) {
      for (size_t i = 0; i < series.closed.size() && !is_held[series.slot]; ++i) {
        ends.emplace_back(series.closed[i]->max_t(), series.closed[i]->memory_bytes());
      }
    });
  }
  std::sort(ends.begin(), ends.end());
  TimestampMs cutoff = kMinTimestamp;
  size_t found = 0;
  for (size_t i = 0; i < ends.size() && found < bytes; ++i) {
    found += ends[i].second;
    cutoff = ends[i].first;
  }
  size_t freed = 0;
  if (found == 0) {
    return freed;
  }
  const WriterLock lock(mu);
  is_held = held.HeldSlots(table.slots_end());
  table.ForEach([&](Series& series) NO_THREAD_SAFETY_ANALYSIS {
    if (series.closed.empty() || series.closed.front()->max_t() > cutoff || is_held[series.slot]) {
      return;
    }
    size_t old = 0;
    while (old < series.closed.size() && series.closed[old]->max_t() <= cutoff) {
      freed += series.closed[old++]->memory_bytes();
    }
    DropChunks(series, old);
    counters.shed_chunks.fetch_add(old, std::memory_order_relaxed);
  });
  return freed;
}

size_t HeadCore::ShedOpenChunks(size_t bytes) {
  size_t freed = 0;
  const WriterLock lock(mu);
  const std::vector<bool> is_held = held.HeldSlots(table.slots_end());
  SeriesAppendContext context{table.open_chunks(), options.chunk_range_ms};
  table.ForEach([&](Series& series) {
    if (freed >= bytes || series.open_size < kShedOpenFrom || is_held[series.slot]) {
      return;
    }
    const int64_t before = context.bytes_grown;
    const TimestampMs t = series.last_t;
    CloseOpenChunk(series, &context);
    context.bytes_grown -= static_cast<int64_t>(series.closed.back()->memory_bytes());
    series.closed.DropLast();
    AppendFloatInOrder(series, t, series.last_value, &context);
    freed += static_cast<size_t>(std::max<int64_t>(0, before - context.bytes_grown));
    counters.shed_chunks.fetch_add(1, std::memory_order_relaxed);
  });
  Account(context);
  return freed;
}

}  // namespace tocsin
