#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/querier.h"

namespace tocsin::reference {

struct MemorySample {
  TimestampMs t = 0;
  double value = 0;
};

struct MemorySeries {
  Labels labels;
  std::vector<MemorySample> samples;  // ascending
};

/// Float series in plain vectors: what both the engine under test and the reference evaluator read.
/// Threads: safe once filled.
class MemorySeriesStore : public Queryable {
 public:
  explicit MemorySeriesStore(std::vector<MemorySeries> series);

  const std::vector<MemorySeries>& series() const { return series_; }

  absl::StatusOr<std::unique_ptr<Querier>> OpenQuerier(TimestampMs min_t, TimestampMs max_t) override;

 private:
  std::vector<MemorySeries> series_;  // by labels
};

bool AllMatch(std::span<const Matcher> matchers, const Labels& labels);

}  // namespace tocsin::reference
