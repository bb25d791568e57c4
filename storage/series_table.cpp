#include "storage/series_table.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "base/check.h"

namespace tocsin {

SeriesTable::~SeriesTable() {
  ForEach([](Series& series) { Series::Delete()(&series); });
}

Series* SeriesTable::Find(const Labels& labels) const {
  const auto it = by_labels_.find(Key{HashOf(labels), labels});
  return it == by_labels_.end() ? nullptr : Find(*it);
}

bool SeriesTable::HasLabels(const Series& series, const Labels& labels) const {
  const std::span<const PairId> pairs = series.pairs();
  size_t i = 0;
  for (const Label label : labels) {
    if (i == pairs.size() || pairs_.value(pairs[i]) != label.value || pairs_.name(pairs[i]) != label.name) {
      return false;
    }
    ++i;
  }
  return i == pairs.size();
}

Series* SeriesTable::Add(const Labels& labels, uint32_t slot) {
  absl::InlinedVector<PairId, 32> pairs;
  for (const Label label : labels) {
    pairs.push_back(pairs_.Acquire(label.name, label.value));
  }
  Series* series = Series::Make(pairs).release();
  series->hash = HashOf(labels);
  series->slot = slot == kNoId ? next_slot_ : slot;
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
  for (const PairId pair : series->pairs()) {
    pairs_.postings(pair).Add(series->slot);
  }
  ++version_;
}

std::vector<Series::Ptr> SeriesTable::Remove(const std::vector<uint32_t>& slots) {
  std::vector<Series::Ptr> removed;
  std::vector<PairId> touched;
  for (const uint32_t slot : slots) {
    Series* series = Find(slot);
    TOCSIN_CHECK(series != nullptr);
    by_labels_.erase(slot);
    touched.insert(touched.end(), series->pairs().begin(), series->pairs().end());
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
  version_ += slots.empty() ? 0 : 1;
  return removed;
}

bool SeriesTable::Restore(Series::Ptr& series) {
  if (Find(LabelsOf(*series)) != nullptr) {
    return false;
  }
  Enter(series.release());
  return true;
}

void SeriesTable::Destroy(Series::Ptr series) {
  for (const PairId pair : series->pairs()) {
    pairs_.Release(pair);
  }
}

Labels SeriesTable::LabelsOf(const Series& series) const {
  size_t size = 0;
  for (const PairId pair : series.pairs()) {
    size += pairs_.name(pair).size() + pairs_.value(pair).size() + 4;
  }
  std::string encoded;
  encoded.reserve(size);
  for (const PairId pair : series.pairs()) {
    AppendEncodedLabel(pairs_.name(pair), pairs_.value(pair), &encoded);
  }
  return Labels::FromEncoded(std::move(encoded));
}

size_t SeriesTable::memory_bytes() const {
  return pages_.capacity() * sizeof(Page) + pages_used_ * (sizeof(Series*) << kPageBits) + by_labels_.capacity() * (sizeof(uint32_t) + 1);
}

}  // namespace tocsin
