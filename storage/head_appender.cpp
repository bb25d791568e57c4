#include "storage/head_appender.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace tocsin {
namespace {

constexpr size_t kBatchPrefetchAhead = 12;
// An appender's buffers above this are given back after a commit.
constexpr size_t kKeptRecordBytes = 1 << 20;

bool SumsUp(const FloatHistogram& h) {
  const auto buckets = [](const std::vector<Span>& spans) {
    size_t count = 0;
    for (const Span& span : spans) {
      count += span.length;
    }
    return count;
  };
  if (buckets(h.positive_spans) != h.positive_buckets.size() || buckets(h.negative_spans) != h.negative_buckets.size()) {
    return false;
  }
  for (const auto* spans : {&h.positive_spans, &h.negative_spans}) {
    for (size_t i = 1; i < spans->size(); ++i) {
      if ((*spans)[i].offset < 0) {
        return false;
      }
    }
  }
  for (const auto* counts : {&h.positive_buckets, &h.negative_buckets}) {
    for (const double count : *counts) {
      if (count < 0) {
        return false;
      }
    }
  }
  return h.uses_custom_buckets()
             ? h.negative_buckets.empty() && h.zero_count == 0 && h.custom_values.size() + 1 >= h.positive_buckets.size()
             : h.zero_count >= 0 && h.custom_values.empty();
}

class HeadAppender : public Appender {
 public:
  explicit HeadAppender(HeadCore& core) : core_(core) {
    {
      const ReaderLock lock(core.mu);
      entered_ = core.commit;
      core.appenders.Enter(entered_);
    }
    core.open_appenders.fetch_add(1, std::memory_order_relaxed);
  }

  ~HeadAppender() override {
    core_.appenders.Leave(entered_);
    core_.open_appenders.fetch_sub(1, std::memory_order_relaxed);
  }

  SeriesRef GetOrCreate(const Labels& labels, AppendResult* result) override {
    *result = AppendResult::kOk;
    const Series* series = core_.FindOrCreate(labels, result);
    if (series == nullptr) {
      Count(*result);
      return SeriesRef::kNone;
    }
    return static_cast<SeriesRef>(uint64_t{series->slot} + 1);
  }

  AppendResult Append(SeriesRef ref, TimestampMs t, double value) override {
    const RefSample sample{ref, t, value};
    AppendResult result;
    AppendBatch({&sample, 1}, &result);
    return result;
  }

  // What it calls for each sample is inlined into its loop.
  [[gnu::flatten]] size_t AppendBatch(std::span<const RefSample> samples, AppendResult* results) override {
    size_t taken = 0;
    const ReaderLock lock(core_.mu);
    for (size_t i = 0; i < samples.size(); ++i) {
      if (i + 2 * kBatchPrefetchAhead < samples.size()) {
        core_.table.Prefetch(SlotOf(samples[i + 2 * kBatchPrefetchAhead].ref));
        if (const Series* soon = core_.table.Find(SlotOf(samples[i + kBatchPrefetchAhead].ref)); soon != nullptr) {
          soon->Prefetch();
        }
      }
      results[i] = AppendOne(samples[i]);
      taken += results[i] == AppendResult::kOk ? 1 : 0;
    }
    return taken;
  }

  AppendResult AppendHistogram(SeriesRef ref, TimestampMs t, const FloatHistogram& histogram, bool integers) override {
    const bool stale = IsStaleNaN(histogram.sum);
    if (!stale && !SumsUp(histogram)) {
      return Count(AppendResult::kInvalidHistogram);
    }
    const ReaderLock lock(core_.mu);
    const Series* series = core_.table.Find(SlotOf(ref));
    if (series == nullptr) {
      return Count(AppendResult::kUnknownSeries);
    }
    bool out_of_order = false;
    const AppendResult result = core_.CheckSample(*series, t, histogram.sum, &histogram, &out_of_order);
    CountOutOfOrder(result, out_of_order, t);
    if (result != AppendResult::kOk) {
      return Count(result, true);
    }
    AddStartSample(*series, ref, t, &histogram, integers);
    AddEntry(ref, t, histogram.sum, std::make_shared<const FloatHistogram>(histogram), integers);
    return result;
  }

  void SetStartTimestamp(SeriesRef ref, TimestampMs start_t) override {
    if (core_.options.start_timestamps || core_.options.start_zero_samples) {
      starts_[SlotOf(ref)].t = start_t;
    }
  }

  AppendResult AppendExemplar(SeriesRef ref, const Exemplar& exemplar) override {
    if (core_.options.max_exemplars == 0) {
      return AppendResult::kOk;
    }
    const ReaderLock lock(core_.mu);
    if (core_.table.Find(SlotOf(ref)) == nullptr) {
      return AppendResult::kUnknownSeries;
    }
    const AppendResult result = core_.exemplars.Check(SlotOf(ref), exemplar);
    if (result == AppendResult::kOk) {
      transaction_.exemplars.push_back({SlotOf(ref), exemplar});
    } else {
      core_.counters.exemplars_out_of_order.fetch_add(1, std::memory_order_relaxed);
    }
    return result;
  }

  void SetMetadata(SeriesRef ref, const MetricMetadata& metadata) override {
    std::string metric;
    {
      const ReaderLock lock(core_.mu);
      const Series* series = core_.table.Find(SlotOf(ref));
      if (series == nullptr) {
        return;
      }
      metric = core_.table.LabelsOf(*series).metric_name();
    }
    transaction_.metadata.push_back({std::move(metric), metadata});
  }

  absl::Status Commit() override {
    absl::Status status = core_.Commit(transaction_, &record_);
    Rollback();
    record_.ClearAndTrim(kKeptRecordBytes);
    return status;
  }

  void Rollback() override {
    transaction_.Clear();
    starts_.clear();
  }

 private:
  static uint32_t SlotOf(SeriesRef ref) { return static_cast<uint32_t>(static_cast<uint64_t>(ref) - 1); }

  AppendResult Count(AppendResult result, bool histogram = false) {
    core_.counters.refused[static_cast<size_t>(result)].fetch_add(1, std::memory_order_relaxed);
    if (histogram) {
      core_.counters.refused_histograms[static_cast<size_t>(result)].fetch_add(1, std::memory_order_relaxed);
    }
    return result;
  }

  // Whether it was taken or not.
  void CountOutOfOrder(AppendResult result, bool out_of_order, TimestampMs t) REQUIRES_SHARED(core_.mu) {
    if (out_of_order || result == AppendResult::kOutOfOrder || result == AppendResult::kOutOfBounds) [[unlikely]] {
      core_.counters.CountOutOfOrder(core_.max_time == kMinTimestamp ? 0 : core_.max_time - t);
    }
  }

  AppendResult AppendOne(const RefSample& sample) REQUIRES_SHARED(core_.mu) {
    const Series* series = core_.table.Find(SlotOf(sample.ref));
    if (series == nullptr) [[unlikely]] {
      return Count(AppendResult::kUnknownSeries);
    }
    HistogramPtr stale;
    if (series->extra != nullptr && series->extra->last_histogram != nullptr && IsStaleNaN(sample.value)) {
      // The marker takes the kind of the samples that it ends.
      auto marker = std::make_shared<FloatHistogram>();
      marker->sum = sample.value;
      stale = std::move(marker);
    }
    bool out_of_order = false;
    const AppendResult result = core_.CheckSample(*series, sample.t, sample.value, stale.get(), &out_of_order);
    CountOutOfOrder(result, out_of_order, sample.t);
    if (result != AppendResult::kOk) [[unlikely]] {
      return Count(result);
    }
    if (stale != nullptr) [[unlikely]] {
      const bool integers = series->extra->histograms != nullptr && series->extra->histograms->integers();
      AddEntry(sample.ref, sample.t, sample.value, std::move(stale), integers);
    } else {
      AddStartSample(*series, sample.ref, sample.t, nullptr, false);
      AddEntry(sample.ref, sample.t, sample.value, nullptr, false);
    }
    return result;
  }

  // The zero that a counter had at its start, unless the series is newer already: that is usual, and no error.
  void AddStartSample(const Series& series, SeriesRef ref, TimestampMs t, const FloatHistogram* like, bool integers)
      REQUIRES_SHARED(core_.mu) {
    if (!core_.options.start_zero_samples || starts_.empty()) {
      return;
    }
    const auto it = starts_.find(SlotOf(ref));
    if (it == starts_.end() || it->second.t == 0 || it->second.t >= t || it->second.t <= it->second.last_t ||
        it->second.t < core_.MinValidTime() || (series.has_samples_in_order() && it->second.t <= series.last_t)) {
      return;
    }
    HistogramPtr zero;
    if (like != nullptr) {
      auto histogram = std::make_shared<FloatHistogram>();
      histogram->counter_reset_hint = CounterResetHint::kReset;
      histogram->schema = like->schema;
      histogram->zero_threshold = like->zero_threshold;
      histogram->custom_values = like->custom_values;
      zero = std::move(histogram);
    }
    AddEntry(ref, it->second.t, 0, std::move(zero), integers, /*of_start=*/true);
  }

  void AddEntry(SeriesRef ref, TimestampMs t, double value, HistogramPtr histogram, bool integers, bool of_start = false) {
    const uint32_t slot = SlotOf(ref);
    TimestampMs start_t = 0;
    if (!starts_.empty()) {
      if (const auto it = starts_.find(slot); it != starts_.end()) {
        start_t = core_.options.start_timestamps && !of_start ? it->second.t : 0;
        it->second.last_t = std::max(it->second.last_t, t);
      }
    }
    if (histogram != nullptr || start_t != 0) {
      transaction_.extras.push_back({std::move(histogram), integers, start_t});
      transaction_.entries.push_back({slot, static_cast<uint32_t>(transaction_.extras.size()), t, value});
      return;
    }
    transaction_.entries.push_back({slot, 0, t, value});
  }

  HeadCore& core_;
  uint64_t entered_ = 0;
  Transaction transaction_;
  struct Start {
    TimestampMs t = 0;                   // 0: none
    TimestampMs last_t = kMinTimestamp;  // of the samples that came after it
  };
  absl::flat_hash_map<uint32_t, Start> starts_;
  ByteBuffer record_;
};

}  // namespace

std::unique_ptr<Appender> MakeHeadAppender(HeadCore& core) { return std::make_unique<HeadAppender>(core); }

}  // namespace tocsin
