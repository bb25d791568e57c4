#include "storage/wal/replay_series.h"

#include <algorithm>

namespace tocsin {

std::span<const PairId> ReplayedPairs::Acquire(const NamedPairs& pairs, std::span<const uint32_t> numbers) {
  ids_.resize(pairs.size(), kNoId);
  last_.clear();
  for (const uint32_t number : numbers) {
    if (ids_[number] == kNoId) {
      ids_[number] = table_.Acquire(pairs.name(number), pairs.value(number));
    } else {
      table_.AddReference(ids_[number]);
    }
    last_.push_back(ids_[number]);
  }
  return last_;
}

void ReplayedPairs::ReleaseLast() {
  for (const PairId pair : last_) {
    table_.Release(pair);
  }
  // Some may have gone.
  ids_.clear();
}

bool SeriesPass::Read(std::span<const uint8_t> record) {
  pairs_.BeginRecord();
  return ReadCommitRecord(record, *this);
}

void SeriesPass::OnSeries(uint32_t slot, const NamedPairs& pairs, std::span<const uint32_t> numbers) NO_THREAD_SAFETY_ANALYSIS {
  if (core_.table.Find(slot) != nullptr || slot >= kSlotsEnd) {
    return;
  }
  pairs.Encode(numbers, &encoded_);
  const uint32_t hash = SeriesTable::HashOfEncoded(encoded_);
  const std::span<const PairId> ids = pairs_.Acquire(pairs, numbers);
  if (const Series* known = core_.table.Find(ids, hash); known != nullptr) {
    pairs_.ReleaseLast();
    aliases_[slot] = known->slot;
    highest_slot_ = std::max(highest_slot_, slot);
    return;
  }
  core_.table.AddInterned(ids, hash, slot)->in_log = true;
  core_.counters.series_created.fetch_add(1, std::memory_order_relaxed);
}

void SeriesPass::OnExemplar(uint32_t slot, TimestampMs t, double value, std::string_view encoded_labels) NO_THREAD_SAFETY_ANALYSIS {
  Exemplar exemplar{Labels::FromEncoded(std::string(encoded_labels)), value, t, true};
  const auto alias = aliases_.find(slot);
  const uint32_t known = alias == aliases_.end() ? slot : alias->second;
  if (core_.table.Find(known) != nullptr && core_.exemplars.Check(known, exemplar) == AppendResult::kOk) {
    core_.exemplars.Add(known, std::move(exemplar));
  }
}

void SeriesPass::OnMetadata(std::string_view metric, std::string_view type, std::string_view help,
                            std::string_view unit) NO_THREAD_SAFETY_ANALYSIS {
  core_.metadata[std::string(metric)] = MetricMetadata{std::string(type), std::string(help), std::string(unit)};
}

}  // namespace tocsin
