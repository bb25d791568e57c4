#include "storage/head.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/status.h"

namespace tocsin {
namespace {

// Upstream cuts histogram chunks by size; what a reader sees of it is the unknown hint of each chunk's first sample.
struct StoredSample {
  TimestampMs t = 0;
  double value = 0;
  HistogramPtr histogram;
  TimestampMs start_t = 0;
};

struct StoredSeries {
  Labels labels;
  uint64_t id = 0;
  std::vector<StoredSample> samples;
};

// Whether `next` may stand in the same chunk behind `last` (no counter reset between them).
bool BucketsGrow(const std::vector<Span>& last_spans, const std::vector<double>& last, const std::vector<Span>& next_spans,
                 const std::vector<double>& next) {
  std::map<int64_t, double> counts;
  int64_t index = 0;
  size_t at = 0;
  for (const Span& span : next_spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) {
      counts[index++] = next[at++];
    }
  }
  index = 0;
  at = 0;
  for (const Span& span : last_spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index, ++at) {
      const auto it = counts.find(index);
      if (last[at] > (it == counts.end() ? 0 : it->second)) {
        return false;
      }
    }
  }
  return true;
}

bool ContinuesChunk(const FloatHistogram& last, const FloatHistogram& next) {
  if ((last.counter_reset_hint == CounterResetHint::kGauge) != (next.counter_reset_hint == CounterResetHint::kGauge)) {
    return false;
  }
  if (next.counter_reset_hint == CounterResetHint::kReset) {
    return false;
  }
  if (IsStaleNaN(next.sum)) {
    return true;
  }
  if (IsStaleNaN(last.sum) || next.schema != last.schema || next.zero_threshold != last.zero_threshold ||
      next.custom_values != last.custom_values) {
    return false;
  }
  if (next.counter_reset_hint == CounterResetHint::kGauge) {
    return true;
  }
  return next.count >= last.count && next.zero_count >= last.zero_count &&
         BucketsGrow(last.positive_spans, last.positive_buckets, next.positive_spans, next.positive_buckets) &&
         BucketsGrow(last.negative_spans, last.negative_buckets, next.negative_spans, next.negative_buckets);
}

}  // namespace

class Head::Impl {
 public:
  Impl(const HeadOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  AppendResult Check(const StoredSeries& series, TimestampMs t, double value, const FloatHistogram* histogram) const REQUIRES_SHARED(mu_) {
    TimestampMs min_valid = options_.min_time;
    if (max_time_ != kMinTimestamp) {
      min_valid = std::max(min_valid, max_time_ - options_.chunk_range_ms / 2);
    }
    if (t >= min_valid) {
      if (series.samples.empty() || t > series.samples.back().t) {
        return AppendResult::kOk;
      }
      const StoredSample& last = series.samples.back();
      if (t == last.t) {
        const bool same = (histogram != nullptr) == (last.histogram != nullptr) &&
                          std::bit_cast<uint64_t>(last.value) == std::bit_cast<uint64_t>(value);
        return same ? AppendResult::kOk : AppendResult::kDuplicate;
      }
    }
    if (options_.out_of_order_window_ms > 0) {
      return t >= max_time_ - options_.out_of_order_window_ms ? AppendResult::kOk : AppendResult::kTooOld;
    }
    return t < min_valid ? AppendResult::kOutOfBounds : AppendResult::kOutOfOrder;
  }

  void Insert(StoredSeries& series, StoredSample sample) REQUIRES(mu_) {
    if (Check(series, sample.t, sample.value, sample.histogram.get()) != AppendResult::kOk) {
      return;
    }
    const auto at = std::lower_bound(series.samples.begin(), series.samples.end(), sample.t,
                                     [](const StoredSample& s, TimestampMs t) { return s.t < t; });
    if (at != series.samples.end() && at->t == sample.t) {
      return;
    }
    if (sample.histogram != nullptr && !IsStaleNaN(sample.histogram->sum)) {
      auto stored = std::make_shared<FloatHistogram>(*sample.histogram);
      if (stored->counter_reset_hint != CounterResetHint::kGauge) {
        const bool continued = at != series.samples.begin() && (at - 1)->histogram != nullptr && ContinuesChunk(*(at - 1)->histogram, *stored);
        stored->counter_reset_hint = continued ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
      }
      sample.histogram = std::move(stored);
    }
    min_time_ = std::min(min_time_, sample.t);
    max_time_ = std::max(max_time_, sample.t);
    series.samples.insert(at, std::move(sample));
  }

  HeadOptions options_;
  const Clock& clock_;
  mutable SharedMutex mu_;
  absl::flat_hash_map<std::string, uint64_t> by_labels_ GUARDED_BY(mu_);
  std::deque<StoredSeries> series_ GUARDED_BY(mu_);
  TimestampMs min_time_ GUARDED_BY(mu_) = kMaxTimestamp;
  TimestampMs max_time_ GUARDED_BY(mu_) = kMinTimestamp;
};

namespace {

class MemorySeries : public SelectedSeries {
 public:
  MemorySeries(Labels labels, uint64_t id, std::vector<StoredSample> samples)
      : labels_(std::move(labels)), id_(id), samples_(std::move(samples)) {}

  Labels labels() const override { return labels_; }
  uint64_t id() const override { return id_; }

  void Read(TimestampMs min_t, TimestampMs max_t, SampleColumns* out) const override {
    for (const StoredSample& sample : samples_) {
      if (sample.t < min_t || sample.t > max_t) {
        continue;
      }
      if (sample.histogram != nullptr && out->histograms.empty()) {
        out->histograms.resize(out->size());
      }
      if (sample.start_t != 0 && out->start_timestamps.empty()) {
        out->start_timestamps.resize(out->size());
      }
      const bool has_histograms = sample.histogram != nullptr || !out->histograms.empty();
      const bool has_start = sample.start_t != 0 || !out->start_timestamps.empty();
      out->timestamps.push_back(sample.t);
      out->values.push_back(sample.value);
      if (has_histograms) {
        out->histograms.push_back(sample.histogram);
      }
      if (has_start) {
        out->start_timestamps.push_back(sample.start_t);
      }
    }
  }

  bool ReadLast(TimestampMs min_t, TimestampMs max_t, Sample* out) const override {
    for (auto it = samples_.rbegin(); it != samples_.rend(); ++it) {
      if (it->t <= max_t) {
        if (it->t < min_t) {
          return false;
        }
        *out = Sample{it->t, it->value, it->histogram, it->start_t};
        return true;
      }
    }
    return false;
  }

 private:
  Labels labels_;
  uint64_t id_;
  std::vector<StoredSample> samples_;
};

}  // namespace

namespace {

class MemoryQuerier : public Querier {
 public:
  explicit MemoryQuerier(std::vector<StoredSeries> series) : series_(std::move(series)) {}

  absl::StatusOr<SeriesList> Select(std::span<const Matcher> matchers, const SelectHints& hints) override {
    SeriesList found;
    for (const StoredSeries& series : series_) {
      if (Matches(series, matchers)) {
        found.push_back(std::make_unique<MemorySeries>(series.labels, series.id, series.samples));
      }
    }
    static_cast<void>(hints);
    return found;
  }

  absl::StatusOr<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers) override {
    std::set<std::string> names;
    for (const StoredSeries& series : series_) {
      if (Matches(series, matchers)) {
        for (const Label label : series.labels) {
          names.emplace(label.name);
        }
      }
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name, std::span<const Matcher> matchers) override {
    std::set<std::string> values;
    for (const StoredSeries& series : series_) {
      if (series.labels.Has(name) && Matches(series, matchers)) {
        values.emplace(series.labels.Get(name));
      }
    }
    return std::vector<std::string>(values.begin(), values.end());
  }

 private:
  static bool Matches(const StoredSeries& series, std::span<const Matcher> matchers) {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&](const Matcher& matcher) { return matcher.Matches(series.labels.Get(matcher.name())); });
  }

  std::vector<StoredSeries> series_;
};

}  // namespace

namespace {

template <typename HeadImpl>
class MemoryAppender : public Appender {
 public:
  explicit MemoryAppender(HeadImpl& head) : head_(head) {}

  SeriesRef GetOrCreate(const Labels& labels, AppendResult* result) override {
    *result = AppendResult::kOk;
    if (labels.empty() || !labels.Has(kMetricName)) {
      *result = labels.empty() ? AppendResult::kNoSeries : AppendResult::kOk;
      if (labels.empty()) {
        return SeriesRef::kNone;
      }
    }
    const WriterLock lock(head_.mu_);
    const auto [it, added] = head_.by_labels_.try_emplace(labels.encoded(), head_.series_.size() + 1);
    if (added) {
      head_.series_.push_back(StoredSeries{labels, it->second, {}});
    }
    return static_cast<SeriesRef>(it->second);
  }

  AppendResult Append(SeriesRef ref, TimestampMs t, double value) override {
    return Add(ref, StoredSample{t, value, nullptr, StartOf(ref)});
  }

  size_t AppendBatch(std::span<const RefSample> samples, AppendResult* results) override {
    size_t ok = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      results[i] = Append(samples[i].ref, samples[i].t, samples[i].value);
      ok += results[i] == AppendResult::kOk ? 1 : 0;
    }
    return ok;
  }

  AppendResult AppendHistogram(SeriesRef ref, TimestampMs t, const FloatHistogram& histogram, bool) override {
    return Add(ref, StoredSample{t, histogram.sum, std::make_shared<FloatHistogram>(histogram), StartOf(ref)});
  }

  void SetStartTimestamp(SeriesRef ref, TimestampMs start_t) override { start_[ref] = start_t; }
  AppendResult AppendExemplar(SeriesRef, const Exemplar&) override { return AppendResult::kOk; }
  void SetMetadata(SeriesRef, const MetricMetadata&) override {}

  absl::Status Commit() override {
    const WriterLock lock(head_.mu_);
    for (auto& [ref, sample] : pending_) {
      head_.Insert(head_.series_[static_cast<uint64_t>(ref) - 1], std::move(sample));
    }
    pending_.clear();
    return absl::OkStatus();
  }

  void Rollback() override { pending_.clear(); }

 private:
  TimestampMs StartOf(SeriesRef ref) const {
    if (!head_.options_.start_timestamps) {
      return 0;
    }
    const auto it = start_.find(ref);
    return it == start_.end() ? 0 : it->second;
  }

  AppendResult Add(SeriesRef ref, StoredSample sample) {
    const ReaderLock lock(head_.mu_);
    const auto number = static_cast<uint64_t>(ref);
    if (number == 0 || number > head_.series_.size()) {
      return AppendResult::kUnknownSeries;
    }
    const StoredSeries& series = head_.series_[number - 1];
    if (sample.histogram == nullptr && IsStaleNaN(sample.value) && !series.samples.empty() && series.samples.back().histogram != nullptr) {
      auto stale = std::make_shared<FloatHistogram>();
      stale->sum = sample.value;
      sample.histogram = std::move(stale);
    }
    const AppendResult result = head_.Check(series, sample.t, sample.value, sample.histogram.get());
    if (result == AppendResult::kOk) {
      pending_.emplace_back(ref, std::move(sample));
    }
    return result;
  }

  HeadImpl& head_;
  std::vector<std::pair<SeriesRef, StoredSample>> pending_;
  absl::flat_hash_map<SeriesRef, TimestampMs> start_;
};

}  // namespace

Head::Head(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Head::~Head() = default;

std::unique_ptr<Head> Head::OpenMemoryOnly(const HeadOptions& options, const Clock& clock) {
  return std::unique_ptr<Head>(new Head(std::make_unique<Impl>(options, clock)));
}

std::unique_ptr<Appender> Head::OpenAppender() { return std::make_unique<MemoryAppender<Impl>>(*impl_); }

absl::StatusOr<std::unique_ptr<Querier>> Head::OpenQuerier(TimestampMs min_t, TimestampMs max_t) {
  const ReaderLock lock(impl_->mu_);
  std::vector<StoredSeries> seen;
  for (const StoredSeries& series : impl_->series_) {
    if (!series.samples.empty() && series.samples.front().t <= max_t && series.samples.back().t >= min_t) {
      seen.push_back(series);
    }
  }
  std::sort(seen.begin(), seen.end(), [](const StoredSeries& a, const StoredSeries& b) { return a.labels < b.labels; });
  return std::make_unique<MemoryQuerier>(std::move(seen));
}

size_t Head::series_count() const {
  const ReaderLock lock(impl_->mu_);
  return impl_->series_.size();
}

TimestampMs Head::min_time() const {
  const ReaderLock lock(impl_->mu_);
  return impl_->min_time_;
}

TimestampMs Head::max_time() const {
  const ReaderLock lock(impl_->mu_);
  return impl_->max_time_;
}

}  // namespace tocsin
