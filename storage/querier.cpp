#include "storage/querier.h"

#include "absl/container/flat_hash_map.h"

namespace tocsin {
namespace {

/// Reads each series when it is asked for.
class PlainBatch : public SeriesBatch {
 public:
  void Fill(SeriesSpan series, TimestampMs min_t, TimestampMs max_t) {
    series_ = series;
    min_t_ = min_t;
    max_t_ = max_t;
  }
  void Read(size_t i, SampleColumns* out) const override { series_[i]->Read(min_t_, max_t_, out); }

 private:
  SeriesSpan series_;
  TimestampMs min_t_ = 0;
  TimestampMs max_t_ = 0;
};

}  // namespace

void Querier::Capture(SeriesSpan series, TimestampMs min_t, TimestampMs max_t, SeriesBatchPtr* batch) const {
  if (*batch == nullptr) {
    *batch = std::make_unique<PlainBatch>();
  }
  static_cast<PlainBatch&>(**batch).Fill(series, min_t, max_t);
}

void Querier::ReadLast(SeriesSpan series, TimestampMs min_t, TimestampMs max_t, Sample* samples, bool* found) const {
  for (size_t i = 0; i < series.size(); ++i) {
    found[i] = series[i]->ReadLast(min_t, max_t, &samples[i]);
  }
}

void Querier::ReadLabels(SeriesSpan series, Labels* labels) const {
  for (size_t i = 0; i < series.size(); ++i) {
    labels[i] = series[i]->labels();
  }
}

std::vector<Labels> Querier::ReadLabelSets(SeriesSpan series, const std::vector<std::string>& only, std::vector<uint32_t>* set_of) const {
  std::vector<Labels> sets;
  absl::flat_hash_map<std::string, uint32_t> places;
  set_of->resize(series.size());
  for (size_t i = 0; i < series.size(); ++i) {
    Labels labels = series[i]->labels().Keep(only);
    const auto [it, added] = places.emplace(std::string(labels.encoded()), static_cast<uint32_t>(sets.size()));
    (*set_of)[i] = it->second;
    if (added) {
      sets.push_back(std::move(labels));
    }
  }
  return sets;
}

}  // namespace tocsin
