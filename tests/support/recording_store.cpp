#include "tests/support/recording_store.h"

namespace tocsin::test {
namespace {

class RecordingAppender : public Appender {
 public:
  explicit RecordingAppender(RecordingStore& store) : store_(store), pending_(store.series) {}

  SeriesRef GetOrCreate(const Labels& labels, AppendResult* result) override {
    const std::string key = labels.ToString();
    if (!pending_.contains(key) && pending_.size() >= store_.series_max) {
      *result = AppendResult::kMemoryLimit;
      return SeriesRef::kNone;
    }
    pending_[key];
    store_.names.push_back(key);
    *result = AppendResult::kOk;
    return static_cast<SeriesRef>(store_.names.size());
  }

  AppendResult Append(SeriesRef ref, TimestampMs t, double value) override {
    if (!pending_.contains(store_.names[static_cast<uint64_t>(ref) - 1])) {
      return AppendResult::kUnknownSeries;
    }
    auto& samples = SeriesOf(ref).samples;
    if (!samples.empty() && samples.back().first >= t) {
      const bool same = samples.back() == std::pair(t, value);
      return same ? AppendResult::kOk : samples.back().first == t ? AppendResult::kDuplicate : AppendResult::kOutOfOrder;
    }
    samples.emplace_back(t, value);
    return AppendResult::kOk;
  }

  size_t AppendBatch(std::span<const RefSample> samples, AppendResult* results) override {
    size_t good = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      results[i] = Append(samples[i].ref, samples[i].t, samples[i].value);
      good += results[i] == AppendResult::kOk;
    }
    return good;
  }

  AppendResult AppendHistogram(SeriesRef ref, TimestampMs t, const FloatHistogram& histogram, bool) override {
    SeriesOf(ref).histograms.emplace_back(t, histogram);
    return AppendResult::kOk;
  }

  void SetStartTimestamp(SeriesRef ref, TimestampMs start_t) override { SeriesOf(ref).start_times.push_back(start_t); }

  AppendResult AppendExemplar(SeriesRef ref, const Exemplar& exemplar) override {
    auto& exemplars = SeriesOf(ref).exemplars;
    if (!exemplars.empty() && exemplars.back().t > exemplar.t) {
      return AppendResult::kOutOfOrder;
    }
    exemplars.push_back(exemplar);
    return AppendResult::kOk;
  }

  void SetMetadata(SeriesRef ref, const MetricMetadata& metadata) override { SeriesOf(ref).metadata = metadata; }

  absl::Status Commit() override {
    if (store_.commit_fails) {
      return absl::UnavailableError("the log cannot be written");
    }
    store_.series = std::move(pending_);
    return absl::OkStatus();
  }

  void Rollback() override { ++store_.rollbacks; }

 private:
  RecordingStore::Series& SeriesOf(SeriesRef ref) { return pending_[store_.names[static_cast<uint64_t>(ref) - 1]]; }

  RecordingStore& store_;
  std::map<std::string, RecordingStore::Series> pending_;
};

}  // namespace

std::unique_ptr<Appender> RecordingStore::OpenAppender() { return std::make_unique<RecordingAppender>(*this); }

}  // namespace tocsin::test
