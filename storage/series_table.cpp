#include "storage/series_table.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "base/check.h"

namespace tocsin {
SeriesTable::~SeriesTable() {
  ForEach([this](Series& series) {
    if (series.open != nullptr) {
      open_chunks_.Of(series.slot).Free(series.open, series.open_state().capacity);
      series.open = nullptr;
    }
  });
  ForEach([](Series& series) { Series::Delete()(&series); });
}

Series* SeriesTable::Find(const Labels& labels) const {
  const auto it = by_labels_.find(Key{HashOf(labels), labels});
  return it == by_labels_.end() ? nullptr : Find(*it);
}

Series* SeriesTable::Find(std::span<const PairId> pairs, uint32_t hash) const {
  const auto it = by_labels_.find(PairsKey{hash, pairs});
  return it == by_labels_.end() ? nullptr : Find(*it);
}

uint32_t SeriesTable::HashOfEncoded(const std::string& encoded) { return HashOf(Labels::FromEncoded(encoded)); }

bool SeriesTable::HasPairs(const Series& series, std::span<const PairId> wanted) const {
  const SeriesPairs pairs = PairsOf(series);
  if (pairs.size() != wanted.size()) {
    return false;
  }
  size_t i = 0;
  for (const PairId pair : pairs) {
    if (pair != wanted[i++]) {
      return false;
    }
  }
  return true;
}

bool SeriesTable::HasLabels(const Series& series, const Labels& labels) const {
  const SeriesPairs pairs = PairsOf(series);
  SeriesPairs::Iterator pair = pairs.begin();
  for (const Label label : labels) {
    if (!(pair != pairs.end()) || pairs_.value(*pair) != label.value || pairs_.name(*pair) != label.name) {
      return false;
    }
    ++pair;
  }
  return !(pair != pairs.end());
}

Series* SeriesTable::Add(const Labels& labels, uint32_t slot) {
  absl::InlinedVector<PairId, 32> pairs;
  for (const Label label : labels) {
    pairs.push_back(pairs_.Acquire(label.name, label.value));
  }
  return AddInterned(pairs, HashOf(labels), slot);
}

Series* SeriesTable::AddInterned(std::span<const PairId> pairs, uint32_t hash, uint32_t slot) {
  Series* series = Series::Make(pair_lists_.Place(pairs)).release();
  series->hash = hash;
  series->slot = slot == kNoId ? next_slot_ : slot;
  returned_ += series->slot < next_slot_ ? 1 : 0;
  next_slot_ = std::max(next_slot_, series->slot + 1);
  Enter(series);
  return series;
}

void SeriesTable::Enter(Series* series) {
  const size_t page = series->slot >> kPageBits;
  if (page >= pages_.size()) {
    pages_.resize(page + 1);
  }
  if (pages_[page].series == nullptr) {
    pages_[page].series = std::make_unique<Series*[]>(1 << kPageBits);
    ++pages_used_;
  }
  Series*& place = pages_[page].series[series->slot & kPageMask];
  TOCSIN_CHECK(place == nullptr);
  place = series;
  ++pages_[page].count;
  series->in_index = true;
  by_labels_.insert(series->slot);
  for (const PairId pair : PairsOf(*series)) {
    pairs_.postings(pair).Add(series->slot);
  }
}

std::vector<Series::Ptr> SeriesTable::Remove(const std::vector<uint32_t>& slots) {
  std::vector<Series::Ptr> removed;
  std::vector<PairId> touched;
  for (const uint32_t slot : slots) {
    Series* series = Find(slot);
    TOCSIN_CHECK(series != nullptr);
    by_labels_.erase(slot);
    for (const PairId pair : PairsOf(*series)) {
      touched.push_back(pair);
    }
    series->in_index = false;
    removed.emplace_back(series);
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const PairId pair : touched) {
    pairs_.postings(pair).RemoveIf([this](uint32_t slot) { return !Find(slot)->in_index; });
  }
  for (const uint32_t slot : slots) {
    Page& page = pages_[slot >> kPageBits];
    page.series[slot & kPageMask] = nullptr;
    if (--page.count == 0) {
      page.series.reset();
      --pages_used_;
    }
  }
  removals_ += slots.empty() ? 0 : 1;
  return removed;
}

bool SeriesTable::Restore(Series::Ptr& series) {
  if (Find(LabelsOf(*series)) != nullptr) {
    return false;
  }
  Enter(series.release());
  ++returned_;
  return true;
}

void SeriesTable::Destroy(Series::Ptr series) {
  for (const PairId pair : PairsOf(*series)) {
    pairs_.Release(pair);
  }
  pair_lists_.Release(series->pair_list);
}

Labels SeriesTable::LabelsOf(const Series& series) const {
  thread_local std::string encoded;  // keeps its room; the labels have what they need
  encoded.clear();
  for (const PairId pair : PairsOf(series)) {
    AppendEncodedLabel(pairs_.name(pair), pairs_.value(pair), &encoded);
  }
  return Labels::FromEncoded(std::string(encoded));
}

Labels SeriesTable::LabelsOf(const Series& series, std::span<const NameId> names) const {
  std::string encoded;
  ForEachPairOf(series, names, [&](PairId pair) { AppendEncodedLabel(pairs_.name(pair), pairs_.value(pair), &encoded); });
  return Labels::FromEncoded(std::move(encoded));
}

size_t SeriesTable::memory_bytes() const {
  return pair_lists_.memory_bytes() + pages_.capacity() * sizeof(Page) + pages_used_ * (sizeof(Series*) << kPageBits) +
         by_labels_.capacity() * (sizeof(uint32_t) + 1);
}

}  // namespace tocsin
