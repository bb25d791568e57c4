#include "api/receive/known_series_writer.h"

#include "base/status.h"

namespace tocsin {
namespace {

constexpr size_t kPrefetchAhead = 12;

}  // namespace

bool KnownSeriesWriter::HasOnlySamples(const wire::WriteSeries& series) const {
  if (series.samples.empty() || !series.histograms.empty() || !series.exemplars.empty()) {
    return false;
  }
  for (const wire::WriteSample& sample : series.samples) {
    if (sample.t > time_max_ || (start_timestamps_ && sample.start_t != 0)) {
      return false;
    }
  }
  return true;
}

bool KnownSeriesWriter::Take(const wire::WriteSeries& series, const std::optional<SeriesCache::Key>& key) {
  if (!key.has_value() || !HasOnlySamples(series)) {
    return false;
  }
  samples_.insert(samples_.end(), series.samples.begin(), series.samples.end());
  entries_.push_back({*key, series.message, samples_.size()});
  return true;
}

absl::Status KnownSeriesWriter::Flush(size_t* taken, const Refused& refused) {
  absl::Status status;
  size_t begin = 0;
  for (size_t i = 0; i < entries_.size() && status.ok(); ++i) {
    if (i + kPrefetchAhead < entries_.size()) {
      cache_.Prefetch(entries_[i + kPrefetchAhead].key);
    }
    const Entry& entry = entries_[i];
    const std::span<const wire::WriteSample> samples = std::span(samples_).subspan(begin, entry.samples_end - begin);
    begin = entry.samples_end;
    if (const SeriesRef ref = cache_.Find(entry.key); ref != SeriesRef::kNone) [[likely]] {
      for (const wire::WriteSample& sample : samples) {
        run_.push_back({ref, sample.t, sample.value});
        run_messages_.push_back(entry.message);
      }
      continue;
    }
    status = AppendRun(taken, refused);
    if (status.ok()) {
      status = refused(entry.message, samples, AppendResult::kUnknownSeries);
    }
  }
  if (status.ok()) {
    status = AppendRun(taken, refused);
  }
  entries_.clear();
  samples_.clear();
  return status;
}

absl::Status KnownSeriesWriter::AppendRun(size_t* taken, const Refused& refused) {
  absl::Status status;
  results_.resize(run_.size());
  const size_t good = run_.empty() ? 0 : appender_.AppendBatch(run_, results_.data());
  *taken += good;
  for (size_t i = 0; good < run_.size() && i < run_.size() && status.ok(); ++i) {
    if (results_[i] != AppendResult::kOk) {
      const wire::WriteSample sample{.value = run_[i].value, .t = run_[i].t};
      status = refused(run_messages_[i], {&sample, 1}, results_[i]);
    }
  }
  run_.clear();
  run_messages_.clear();
  return status;
}

}  // namespace tocsin
