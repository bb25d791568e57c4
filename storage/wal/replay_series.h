#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/head_core.h"
#include "storage/wal/commit_record_walk.h"

namespace tocsin {

/// Slots of the log whose series stands at another slot (it had gone and come back).
using SlotAliases = absl::flat_hash_map<uint32_t, uint32_t>;

/// No series is at this slot or above it.
inline constexpr uint32_t kSlotsEnd = 0xfffffff0;

/// The pairs of one record or block in the head's table: each is looked up by its text once.
class ReplayedPairs {
 public:
  explicit ReplayedPairs(PairTable& table) : table_(table) {}

  void BeginRecord() { ids_.clear(); }
  /// One more reference to each; valid until the next call.
  std::span<const PairId> Acquire(const NamedPairs& pairs, std::span<const uint32_t> numbers);
  /// Undoes the last Acquire.
  void ReleaseLast();

 private:
  PairTable& table_;
  std::vector<PairId> ids_;
  std::vector<PairId> last_;
};

/// The pass over records that must be made in order and alone: series, exemplars, metadata. Nobody else knows the head yet, so that its
/// lock is not taken.
class SeriesPass {
 public:
  SeriesPass(HeadCore& core, SlotAliases& aliases) : core_(core), aliases_(aliases), pairs_(Table(core)) {}

  /// False when the bytes are no record; the items before the fault were taken.
  bool Read(std::span<const uint8_t> record);

  /// The handler of CommitRecordWalk.
  static constexpr bool kWantsSeries = true;
  void OnSeries(uint32_t slot, const NamedPairs& pairs, std::span<const uint32_t> numbers);
  void OnExemplar(uint32_t slot, TimestampMs t, double value, std::string_view encoded_labels);
  void OnMetadata(std::string_view metric, std::string_view type, std::string_view help, std::string_view unit);
  void OnFloat(uint32_t, TimestampMs, double, bool) {}
  void OnHistogram(uint32_t, TimestampMs, const FloatHistogram&, bool, bool) {}
  void OnStart(uint32_t, TimestampMs, TimestampMs) {}
  void OnDeletion(uint32_t, TimestampMs, TimestampMs) {}

  /// Of those that stand at another slot now.
  uint32_t highest_slot() const { return highest_slot_; }

 private:
  static PairTable& Table(HeadCore& core) NO_THREAD_SAFETY_ANALYSIS { return core.pairs; }

  HeadCore& core_;
  SlotAliases& aliases_;
  ReplayedPairs pairs_;
  std::string encoded_;
  uint32_t highest_slot_ = 0;
};

}  // namespace tocsin
