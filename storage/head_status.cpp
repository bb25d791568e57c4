#include "storage/head_status.h"

#include <algorithm>

#include "base/memory_budget.h"
#include "storage/head_core.h"

namespace tocsin {
namespace {

/// Keeps the largest of many, without holding them all.
class Largest {
 public:
  explicit Largest(size_t limit) : limit_(limit) {}

  bool Wants(uint64_t count) const { return limit_ > 0 && (heap_.size() < limit_ || count > heap_.front().count); }
  void Add(std::string name, uint64_t count) {
    if (!Wants(count)) {
      return;
    }
    heap_.push_back({std::move(name), count});
    std::push_heap(heap_.begin(), heap_.end(), kLargerFirst);
    if (heap_.size() > limit_) {
      std::pop_heap(heap_.begin(), heap_.end(), kLargerFirst);
      heap_.pop_back();
    }
  }
  std::vector<NamedCount> Take() {
    std::sort(heap_.begin(), heap_.end(),
              [](const NamedCount& a, const NamedCount& b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
    return std::move(heap_);
  }

 private:
  static bool CountIsLarger(const NamedCount& a, const NamedCount& b) { return a.count > b.count; }
  static constexpr auto kLargerFirst = &CountIsLarger;

  size_t limit_;
  std::vector<NamedCount> heap_;
};

/// What upstream's label sets spend on a text: its length in one byte, or in four.
uint64_t EncodedSize(std::string_view text) { return text.size() + (text.size() < 255 ? 1 : 4); }

std::string PressureText(const MemoryBudget* budget) {
  switch (budget == nullptr ? MemoryBudget::Pressure::kNone : budget->pressure()) {
    case MemoryBudget::Pressure::kNone:
      break;
    case MemoryBudget::Pressure::kShedHistory:
      return "history is given up";
    case MemoryBudget::Pressure::kRefuseSeries:
      return "new series are refused";
  }
  return "none";
}

void FillTables(const HeadCore& core, size_t limit, HeadStatus* status) REQUIRES_SHARED(core.mu) {
  Largest by_metric(limit);
  Largest values(limit);
  Largest memory(limit);
  Largest by_pair(limit);
  for (NameId name = 0; name < core.pairs.name_count(); ++name) {
    const std::vector<PairId>& pairs = core.pairs.PairsOf(name);
    if (pairs.empty()) {
      continue;
    }
    const std::string text(core.pairs.name_text(name));
    uint64_t bytes = 0;
    for (const PairId pair : pairs) {
      const uint64_t series = core.pairs.postings(pair).count();
      const std::string_view value = core.pairs.value(pair);
      bytes += series * (EncodedSize(text) + EncodedSize(value));
      status->posting_bytes += core.pairs.postings(pair).memory_bytes();
      if (by_pair.Wants(series)) {
        by_pair.Add(Cat(text, "=", value), series);
      }
      if (text == kMetricName && by_metric.Wants(series)) {
        by_metric.Add(std::string(value), series);
      }
    }
    values.Add(text, pairs.size());
    memory.Add(text, bytes);
  }
  status->series_by_metric = by_metric.Take();
  status->values_by_label = values.Take();
  status->memory_by_label = memory.Take();
  status->series_by_pair = by_pair.Take();
}

}  // namespace

HeadStatus MakeHeadStatus(const HeadCore& core, size_t limit) {
  HeadStatus status;
  const ReaderLock lock(core.mu);
  FillTables(core, limit, &status);
  status.series = core.table.size();
  status.label_pairs = core.pairs.pair_count();
  status.min_t = core.min_time;
  status.max_t = core.max_time;
  core.table.ForEach([&](const Series& series) {
    status.chunks += series.chunk_count();
    status.series_bytes += series.own_bytes();
  });
  status.chunk_bytes = static_cast<uint64_t>(core.chunk_bytes);
  status.symbol_bytes = core.pairs.memory_bytes();
  status.series_bytes += core.table.memory_bytes();
  status.cache_bytes = core.finder.memory_bytes();
  status.retained_ms = status.max_t == kMinTimestamp ? 0 : status.max_t - status.min_t;
  if (const MemoryBudget* budget = core.options.memory_budget; budget != nullptr) {
    status.memory_limit_bytes = budget->limit_bytes();
    status.memory_used_bytes = budget->estimate_bytes();
    status.refused_queries = budget->refused_work();
    status.refused_requests = budget->bodies().refused();
  }
  status.memory_pressure = PressureText(core.options.memory_budget);
  status.refused_series = core.counters.refused[static_cast<size_t>(AppendResult::kMemoryLimit)];
  status.shed_chunks = core.counters.shed_chunks;
  return status;
}

}  // namespace tocsin
