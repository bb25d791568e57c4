#include "storage/head_core.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "storage/wal/commit_log.h"

namespace tocsin {
namespace {

// Queriers that were open for so many series changes read what came later: they lose consistency between selectors, not their data.
constexpr size_t kLimitsMax = 4'000'000;
// How far ahead the series of a batch are brought into the cache.
constexpr size_t kPrefetchAhead = 8;
constexpr size_t kSeriesLabelsMax = 10'000;

// What one more series costs at most, scrape caches and growing tables included; counted at once so that a flood of series meets the budget
// before the next measurement, which is made after so many new series.
int64_t SeriesCost(const Labels& labels) { return 600 + static_cast<int64_t>(labels.size()) * 24; }
constexpr uint64_t kMeasureEverySeries = 1024;
// What the first commit of a series takes on top: its transaction, its record in the log, its open chunk, its line in a scrape cache.
constexpr int64_t kFirstCommitBytes = 384;

bool SameHistogram(const FloatHistogram& a, const FloatHistogram& b) {
  return std::bit_cast<uint64_t>(a.sum) == std::bit_cast<uint64_t>(b.sum) && a.count == b.count && a.zero_count == b.zero_count &&
         a.schema == b.schema && a.zero_threshold == b.zero_threshold && a.positive_spans == b.positive_spans &&
         a.negative_spans == b.negative_spans && a.positive_buckets == b.positive_buckets && a.negative_buckets == b.negative_buckets &&
         a.custom_values == b.custom_values;
}

TimestampMs RangeStart(TimestampMs t, DurationMs range) {
  const TimestampMs offset = t % range;
  return t - (offset < 0 ? offset + range : offset);
}

}  // namespace

void HeadCounters::CountOutOfOrder(DurationMs behind) {
  size_t bucket = 0;
  while (bucket < kOutOfOrderBounds.size() && behind > kOutOfOrderBounds[bucket]) {
    ++bucket;
  }
  out_of_order_by_delta[bucket].fetch_add(1, std::memory_order_relaxed);
  out_of_order_delta_ms.fetch_add(static_cast<uint64_t>(std::max<DurationMs>(behind, 0)), std::memory_order_relaxed);
}

void Transaction::Clear() {
  entries.clear();
  extras.clear();
  exemplars.clear();
  metadata.clear();
}

HeadCore::HeadCore(const HeadOptions& head_options, const Clock& head_clock)
    : options(head_options), clock(head_clock), table(pairs), finder(table, pairs), exemplars(head_options.max_exemplars) {}

HeadCore::~HeadCore() {
  const WriterLock lock(mu);
  for (Removed& removed : removed_) {
    if (removed.series != nullptr) {
      table.Destroy(std::move(removed.series));
    }
  }
}

TimestampMs HeadCore::MinValidTime() const {
  return max_time == kMinTimestamp ? options.min_time : std::max(options.min_time, max_time - options.chunk_range_ms / 2);
}

AppendResult HeadCore::CheckSample(const Series& series, TimestampMs t, double value, const FloatHistogram* histogram,
                                   bool* out_of_order) const {
  *out_of_order = false;
  const TimestampMs min_valid = MinValidTime();
  if (t >= min_valid) {
    if (t > series.last_t || !series.has_samples_in_order()) {
      return AppendResult::kOk;
    }
    if (t == series.last_t) {
      const FloatHistogram* last = series.extra == nullptr ? nullptr : series.extra->last_histogram.get();
      const bool same = histogram == nullptr || last == nullptr
                            ? histogram == last && std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(series.last_value)
                            : SameHistogram(*histogram, *last);
      return same ? AppendResult::kOk : AppendResult::kDuplicate;
    }
  }
  if (options.out_of_order_window_ms > 0) {
    *out_of_order = true;
    const TimestampMs oldest =
        max_time == kMinTimestamp ? options.min_time : std::max(options.min_time, max_time - options.out_of_order_window_ms);
    return t >= oldest ? AppendResult::kOk : AppendResult::kTooOld;
  }
  return t < min_valid ? AppendResult::kOutOfBounds : AppendResult::kOutOfOrder;
}

Series* HeadCore::FindOrCreate(const Labels& labels, AppendResult* result) {
  {
    const ReaderLock lock(mu);
    if (Series* series = table.Find(labels); series != nullptr) {
      return series;
    }
  }
  if (labels.empty() || labels.size() > kSeriesLabelsMax || !IsValidUtf8(labels.encoded())) {
    bool valid = !labels.empty() && labels.size() <= kSeriesLabelsMax;
    for (const Label label : labels) {
      valid = valid && IsValidUtf8(label.name) && IsValidUtf8(label.value);
    }
    if (!valid) {
      *result = AppendResult::kNoSeries;
      return nullptr;
    }
  }
  if (options.memory_budget != nullptr && options.memory_budget->pressure() == MemoryBudget::Pressure::kRefuseSeries) {
    *result = AppendResult::kMemoryLimit;
    return nullptr;
  }
  if (options.memory_budget != nullptr &&
      counters.series_created.load(std::memory_order_relaxed) % kMeasureEverySeries == kMeasureEverySeries - 1) {
    options.memory_budget->SetMeasured(MemoryBudget::ResidentBytes());
  }
  const WriterLock lock(mu);
  if (Series* series = table.Find(labels); series != nullptr) {
    return series;
  }
  if (table.full()) {
    *result = AppendResult::kMemoryLimit;
    return nullptr;
  }
  Series* series = table.Add(labels);
  held.OnSeriesAdded(series->slot, labels);
  counters.series_created.fetch_add(1, std::memory_order_relaxed);
  if (options.memory_budget != nullptr) {
    options.memory_budget->Add(SeriesCost(labels));
    ReserveFirstCommit(*series);
  }
  return series;
}

void HeadCore::ReserveFirstCommit(Series& series) {
  series.reserved = true;
  options.memory_budget->Reserve(kFirstCommitBytes);
}

void HeadCore::EndReservation(Series& series) {
  if (series.reserved) {
    series.reserved = false;
    options.memory_budget->Reserve(-kFirstCommitBytes);
  }
}

Series* HeadCore::Revive(uint32_t slot) {
  const auto it = removed_slots_.find(slot);
  if (it == removed_slots_.end()) {
    return nullptr;
  }
  Series::Ptr& removed = removed_[it->second - removed_before_].series;
  const Labels labels = table.LabelsOf(*removed);
  if (!table.Restore(removed)) {
    return table.Find(labels);
  }
  removed_slots_.erase(it);
  Series* series = table.Find(slot);
  series->in_log = false;
  held.OnSeriesAdded(slot, labels);
  return series;
}

void HeadCore::ApplySample(Series& series, const Transaction::Entry& entry, Transaction::Extra* extra, SeriesAppendContext* context,
                           CommitRecordWriter* record) {
  if (record != nullptr && !series.in_log) {
    record->AddSeries(series.slot, table.PairsOf(series), pairs);
    series.in_log = true;
  }
  const TimestampMs start_t = extra == nullptr ? 0 : extra->start_t;
  if (extra != nullptr && extra->histogram != nullptr) {
    if (record != nullptr) {
      record->AddHistogram(series.slot, entry.t, *extra->histogram, extra->integers, false);
    }
    AppendHistogramInOrder(series, entry.t, std::move(extra->histogram), extra->integers, context);
    counters.histogram_samples.fetch_add(1, std::memory_order_relaxed);
  } else {
    if (record != nullptr) {
      record->AddFloat(series.slot, entry.t, entry.value, false);
    }
    AppendFloatInOrder(series, entry.t, entry.value, context);
  }
  if (options.start_timestamps) {
    if (SetStart(series, entry.t, start_t) && record != nullptr) {
      record->AddStart(series.slot, entry.t, start_t);
    }
  }
}

void HeadCore::ApplyOutOfOrder(Series& series, const Transaction::Entry& entry, Transaction::Extra* extra, CommitRecordWriter* record) {
  const HistogramPtr histogram = extra == nullptr ? nullptr : extra->histogram;
  const TimestampMs start_t = extra == nullptr ? 0 : extra->start_t;
  if (!InsertOutOfOrder(series, {entry.t, entry.value, histogram, start_t, commit + 1})) {
    return;
  }
  ++series.extra->rewrites;
  (histogram == nullptr ? counters.out_of_order_samples : counters.out_of_order_histograms).fetch_add(1, std::memory_order_relaxed);
  if (record == nullptr) {
    return;
  }
  if (!series.in_log) {
    record->AddSeries(series.slot, table.PairsOf(series), pairs);
    series.in_log = true;
  }
  if (histogram != nullptr) {
    record->AddHistogram(series.slot, entry.t, *histogram, extra->integers, true);
  } else {
    record->AddFloat(series.slot, entry.t, entry.value, true);
  }
}

size_t HeadCore::Apply(Transaction& transaction, ByteBuffer* bytes) {
  std::unique_ptr<CommitRecordWriter> record = bytes == nullptr ? nullptr : std::make_unique<CommitRecordWriter>(*bytes);
  SeriesAppendContext context{table.open_chunks(), options.chunk_range_ms};
  const bool keep_limits = queriers.size() > 0;
  CommitLimits limits{commit + 1, {}};
  TimestampMs range_of = kMinTimestamp;
  size_t taken = 0;
  size_t floats = 0;
  TimestampMs newest = max_time;
  TimestampMs oldest = min_time;
  const std::vector<Transaction::Entry>& entries = transaction.entries;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i + 2 * kPrefetchAhead < entries.size()) {
      table.Prefetch(entries[i + 2 * kPrefetchAhead].slot);
      if (const Series* soon = table.Find(entries[i + kPrefetchAhead].slot); soon != nullptr) {
        soon->Prefetch();
      }
      if (const Series* next = table.Find(entries[i + kPrefetchAhead / 2].slot); next != nullptr && next->open != nullptr) {
        __builtin_prefetch(next->open, 1);
        __builtin_prefetch(next->open + next->open_size, 1);
      }
    }
    const Transaction::Entry& entry = entries[i];
    Series* series = table.Find(entry.slot);
    if (series == nullptr && (series = Revive(entry.slot)) == nullptr) {
      continue;
    }
    Transaction::Extra* extra = entry.extra == 0 ? nullptr : &transaction.extras[entry.extra - 1];
    bool out_of_order = false;
    if (CheckSample(*series, entry.t, entry.value, extra == nullptr ? nullptr : extra->histogram.get(), &out_of_order) !=
        AppendResult::kOk) {
      continue;
    }
    oldest = std::min(oldest, entry.t);
    newest = std::max(newest, entry.t);
    ++taken;
    EndReservation(*series);
    if (out_of_order) {
      ApplyOutOfOrder(*series, entry, extra, record.get());
      continue;
    }
    if (entry.t == series->last_t) {
      continue;
    }
    if (keep_limits) {
      limits.before.emplace_back(series->slot, series->last_t);
    }
    if (entry.t != range_of) {
      range_of = entry.t;
      context.range_start = RangeStart(entry.t, options.chunk_range_ms);
    }
    floats += extra == nullptr || extra->histogram == nullptr ? 1 : 0;
    ApplySample(*series, entry, extra, &context, record.get());
  }
  counters.float_samples.fetch_add(floats, std::memory_order_relaxed);
  ApplyExtras(transaction, record.get());
  Account(context);
  max_time = newest;
  min_time = oldest;
  ++commit;
  if (!limits.before.empty()) {
    limits_size_ += limits.before.size();
    limits_.push_back(std::move(limits));
  }
  TrimLimits();
  return taken;
}

void HeadCore::ApplyExtras(Transaction& transaction, CommitRecordWriter* record) {
  for (Transaction::PendingExemplar& pending : transaction.exemplars) {
    const Series* series = table.Find(pending.slot);
    if (series == nullptr || exemplars.Check(pending.slot, pending.exemplar) != AppendResult::kOk) {
      counters.exemplars_out_of_order.fetch_add(series == nullptr ? 0 : 1, std::memory_order_relaxed);
      continue;
    }
    if (record != nullptr && series->in_log) {
      record->AddExemplar(pending.slot, pending.exemplar.t, pending.exemplar.value, pending.exemplar.labels.encoded());
    }
    counters.exemplars.fetch_add(1, std::memory_order_relaxed);
    exemplars.Add(pending.slot, std::move(pending.exemplar));
  }
  for (Transaction::PendingMetadata& pending : transaction.metadata) {
    MetricMetadata& known = metadata[pending.metric];
    if (known.type == pending.metadata.type && known.help == pending.metadata.help && known.unit == pending.metadata.unit) {
      continue;
    }
    if (record != nullptr) {
      record->AddMetadata(pending.metric, pending.metadata.type, pending.metadata.help, pending.metadata.unit);
    }
    known = std::move(pending.metadata);
  }
}

void HeadCore::Account(const SeriesAppendContext& context) {
  chunk_bytes += context.bytes_grown;
  counters.chunks_created.fetch_add(static_cast<uint64_t>(context.chunks_closed), std::memory_order_relaxed);
  if (options.memory_budget != nullptr) {
    options.memory_budget->Add(context.bytes_grown);
  }
}

absl::Status HeadCore::Commit(Transaction& transaction, ByteBuffer* record) {
  if (transaction.entries.empty() && transaction.exemplars.empty() && transaction.metadata.empty()) {
    return absl::OkStatus();
  }
  uint64_t ticket = 0;
  size_t taken = 0;
  {
    const WriterLock lock(mu);
    if (log == nullptr) {
      Apply(transaction, nullptr);
      return absl::OkStatus();
    }
    // While the log does not take anything no series counts as written to it.
    const bool accepting = log->accepting();
    taken = Apply(transaction, accepting ? record : nullptr);
    if (accepting && record->size() == 0) {
      return absl::OkStatus();
    }
    ticket = log->Enqueue(record);
  }
  absl::Status written = log->WaitWritten(ticket);
  if (!written.ok()) {
    counters.not_durable_samples.fetch_add(taken, std::memory_order_relaxed);
  }
  return written;
}

void HeadCore::TrimLimits() {
  const uint64_t oldest = queriers.Oldest();
  while (!limits_.empty() && (limits_.front().commit <= oldest || limits_size_ > kLimitsMax)) {
    limits_size_ -= limits_.front().before.size();
    limits_.pop_front();
  }
}

void HeadCore::CollectLimits(uint64_t* seen, Limits* limits) const {
  if (limits_.empty() || limits_.back().commit <= *seen) {
    return;
  }
  auto from = std::lower_bound(limits_.begin(), limits_.end(), *seen + 1,
                               [](const CommitLimits& one, uint64_t number) { return one.commit < number; });
  for (; from != limits_.end(); ++from) {
    for (const auto& [slot, before] : from->before) {
      limits->emplace(slot, before);
    }
  }
  *seen = limits_.back().commit;
}

void HeadCore::DeleteRange(Series& series, TimestampMs min_t, TimestampMs max_t) {
  SeriesExtra& extra = series.MakeExtra();
  // A deletion does not reach samples that come later.
  max_t = std::min(max_t, series.last_t);
  std::erase_if(extra.out_of_order, [&](const auto& sample) { return min_t <= sample.t && sample.t <= max_t; });
  extra.deleted.push_back(TimeRange{min_t, max_t});
  ++extra.rewrites;
}

absl::Status HeadCore::Delete(std::span<const Matcher> matchers, TimestampMs min_t, TimestampMs max_t) {
  uint64_t ticket = 0;
  ByteBuffer bytes;
  {
    const WriterLock lock(mu);
    CommitRecordWriter record(bytes);
    for (const uint32_t slot : *finder.Find(matchers)) {
      Series* series = table.Find(slot);
      const TimestampMs first = series->FirstTime();
      if (!series->empty() && first <= max_t && std::max(series->last_t, first) >= min_t) {
        DeleteRange(*series, min_t, max_t);
        record.AddDeletion(slot, min_t, std::min(max_t, series->last_t));
      }
    }
    if (log != nullptr && bytes.size() > 0) {
      ticket = log->Enqueue(&bytes);
    }
  }
  return ticket == 0 ? absl::OkStatus() : log->WaitWritten(ticket);
}

}  // namespace tocsin
