#include "tests/reference_evaluator/memory_series.h"

#include <algorithm>

namespace tocsin::reference {
namespace {

class MemorySelectedSeries : public SelectedSeries {
 public:
  MemorySelectedSeries(const MemorySeries& series, uint64_t id) : series_(series), id_(id) {}

  Labels labels() const override { return series_.labels; }
  uint64_t id() const override { return id_; }

  void Read(TimestampMs min_t, TimestampMs max_t, SampleColumns* out) const override {
    for (const MemorySample& sample : series_.samples) {
      if (sample.t >= min_t && sample.t <= max_t) {
        out->timestamps.push_back(sample.t);
        out->values.push_back(sample.value);
      }
    }
  }

  bool ReadLast(TimestampMs min_t, TimestampMs max_t, Sample* out) const override {
    for (auto it = series_.samples.rbegin(); it != series_.samples.rend(); ++it) {
      if (it->t >= min_t && it->t <= max_t) {
        *out = Sample{it->t, it->value, nullptr};
        return true;
      }
    }
    return false;
  }

 private:
  const MemorySeries& series_;
  uint64_t id_;
};

class MemoryQuerier : public Querier {
 public:
  explicit MemoryQuerier(const std::vector<MemorySeries>& series) : series_(series) {}

  absl::StatusOr<SeriesList> Select(std::span<const Matcher> matchers, const SelectHints& /*hints*/) override {
    SeriesList list;
    for (size_t i = 0; i < series_.size(); ++i) {
      if (AllMatch(matchers, series_[i].labels)) {
        list.push_back(std::make_unique<MemorySelectedSeries>(series_[i], i + 1));
      }
    }
    return list;
  }

  absl::StatusOr<std::vector<std::string>> LabelNames(std::span<const Matcher> /*matchers*/) override {
    return absl::UnimplementedError("label names");
  }
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view /*name*/, std::span<const Matcher> /*matchers*/) override {
    return absl::UnimplementedError("label values");
  }

 private:
  const std::vector<MemorySeries>& series_;
};

}  // namespace

bool AllMatch(std::span<const Matcher> matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&labels](const Matcher& m) { return m.Matches(labels.Get(m.name())); });
}

MemorySeriesStore::MemorySeriesStore(std::vector<MemorySeries> series) : series_(std::move(series)) {
  std::sort(series_.begin(), series_.end(), [](const MemorySeries& a, const MemorySeries& b) { return a.labels < b.labels; });
}

absl::StatusOr<std::unique_ptr<Querier>> MemorySeriesStore::OpenQuerier(TimestampMs /*min_t*/, TimestampMs /*max_t*/) {
  return std::make_unique<MemoryQuerier>(series_);
}

}  // namespace tocsin::reference
