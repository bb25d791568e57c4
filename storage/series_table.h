#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/model/labels.h"
#include "storage/index/pair_table.h"
#include "storage/series.h"

namespace tocsin {

/// All series by slot and by labels. A slot is never given out again, so a reference to a series that has gone can not be mistaken;
/// ranges of slots without a living series take no memory but a pointer.
/// Threads: const methods from many threads, others alone (the head's lock).
class SeriesTable {
 public:
  explicit SeriesTable(PairTable& pairs) : pairs_(pairs), by_labels_(0, SlotHash{this}, SlotEq{this}), open_chunks_(this, &PlaceOfOpen) {}
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  Series* Find(uint32_t slot) const {
    const size_t page = slot >> kPageBits;
    return page < pages_.size() && pages_[page].series != nullptr ? pages_[page].series[slot & kPageMask] : nullptr;
  }
  void Prefetch(uint32_t slot) const {
    const size_t page = slot >> kPageBits;
    if (page < pages_.size() && pages_[page].series != nullptr) {
      __builtin_prefetch(&pages_[page].series[slot & kPageMask]);
    }
  }
  Series* Find(const Labels& labels) const;
  Series* Find(std::span<const PairId> pairs, uint32_t hash) const;

  /// A series of new labels at a free slot, or at `slot`; enters the posting lists.
  Series* Add(const Labels& labels, uint32_t slot = kNoId);
  /// The same with pairs that were acquired for it, and the hash of its labels.
  Series* AddInterned(std::span<const PairId> pairs, uint32_t hash, uint32_t slot);
  /// Of Labels::encoded().
  static uint32_t HashOfEncoded(const std::string& encoded);
  /// So many series will come.
  void Reserve(size_t series) { by_labels_.reserve(series); }

  /// Takes these (all of the index, without open chunks) out of slots, labels and posting lists; their pairs stay acquired. The caller owns
  /// them now.
  std::vector<Series::Ptr> Remove(const std::vector<uint32_t>& slots);
  /// Puts one back. False, and nothing done, when its labels are in the table again.
  bool Restore(Series::Ptr& series);
  /// Gives its pairs back and frees it.
  void Destroy(Series::Ptr series);

  Labels LabelsOf(const Series& series) const;
  /// Only the labels of these names, which stand in the order of their texts.
  Labels LabelsOf(const Series& series, std::span<const NameId> names) const;
  /// each(pair) for the pairs of these names, which stand in the order of their texts.
  template <typename Each>
  void ForEachPairOf(const Series& series, std::span<const NameId> names, Each each) const {
    // Pairs lie in the order of the names' texts as well.
    size_t next = 0;
    for (const PairId pair : PairsOf(series)) {
      const NameId name = pairs_.name_id(pair);
      for (size_t i = next; i < names.size(); ++i) {
        if (names[i] == name) {
          each(pair);
          next = i + 1;
          break;
        }
      }
      if (next == names.size()) {
        return;
      }
    }
  }
  SeriesPairs PairsOf(const Series& series) const { return series.pairs(pair_lists_); }
  const SharedPairLists& pair_lists() const { return pair_lists_; }
  bool HasLabels(const Series& series, const Labels& labels) const;

  size_t size() const { return by_labels_.size(); }
  /// Slots below are not given out.
  void ReserveSlots(uint32_t end) { next_slot_ = next_slot_ < end ? end : next_slot_; }
  uint32_t slots_end() const { return next_slot_; }
  bool full() const { return next_slot_ >= kSlotsMax; }
  /// The open chunks of the series that are in the table.
  OpenChunkPools& open_chunks() { return open_chunks_; }
  /// What has come and gone so far: new series have slots from an earlier slots_end on, unless one that had gone has returned.
  struct Version {
    uint32_t slots_end = 0;
    uint64_t removals = 0;
    uint64_t returned = 0;

    bool operator==(const Version&) const = default;
  };
  Version version() const { return {next_slot_, removals_, returned_}; }
  size_t memory_bytes() const;

  template <typename Each>
  void ForEach(Each each) const {
    for (const Page& page : pages_) {
      for (size_t i = 0; page.series != nullptr && i <= kPageMask; ++i) {
        if (Series* series = page.series[i]; series != nullptr) {
          each(*series);
        }
      }
    }
  }

 private:
  static constexpr size_t kPageBits = 8;
  static constexpr size_t kPageMask = (1 << kPageBits) - 1;
  static constexpr uint32_t kSlotsMax = 0xfffffff0;

  struct Page {
    std::unique_ptr<Series*[]> series;
    uint32_t count = 0;
  };
  struct Key {
    uint32_t hash;
    const Labels& labels;
  };
  struct PairsKey {
    uint32_t hash;
    std::span<const PairId> pairs;
  };
  // Series carry 32 bits of the hash; spread for the table, which wants 64 good ones.
  struct SlotHash {
    using is_transparent = void;
    const SeriesTable* table;
    size_t operator()(const Key& key) const { return key.hash * 0x9e3779b97f4a7c15ULL; }
    size_t operator()(const PairsKey& key) const { return key.hash * 0x9e3779b97f4a7c15ULL; }
    size_t operator()(uint32_t slot) const { return table->Find(slot)->hash * 0x9e3779b97f4a7c15ULL; }
  };
  struct SlotEq {
    using is_transparent = void;
    const SeriesTable* table;
    bool operator()(uint32_t slot, const Key& key) const {
      const Series& series = *table->Find(slot);
      return series.hash == key.hash && table->HasLabels(series, key.labels);
    }
    bool operator()(const Key& key, uint32_t slot) const { return (*this)(slot, key); }
    bool operator()(uint32_t slot, const PairsKey& key) const {
      const Series& series = *table->Find(slot);
      return series.hash == key.hash && table->HasPairs(series, key.pairs);
    }
    bool operator()(const PairsKey& key, uint32_t slot) const { return (*this)(slot, key); }
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
  };

  bool HasPairs(const Series& series, std::span<const PairId> pairs) const;
  static uint8_t** PlaceOfOpen(const void* table, uint32_t slot) { return &static_cast<const SeriesTable*>(table)->Find(slot)->open; }
  static uint32_t HashOf(const Labels& labels) { return static_cast<uint32_t>(labels.Hash()); }
  void Enter(Series* series);

  PairTable& pairs_;
  SharedPairLists pair_lists_;
  std::vector<Page> pages_;
  size_t pages_used_ = 0;
  uint32_t next_slot_ = 0;
  uint64_t removals_ = 0;
  uint64_t returned_ = 0;
  absl::flat_hash_set<uint32_t, SlotHash, SlotEq> by_labels_;
  OpenChunkPools open_chunks_;
};

}  // namespace tocsin
