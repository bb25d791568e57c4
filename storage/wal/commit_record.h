#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/model/histogram.h"
#include "base/types.h"
#include "storage/index/shared_pairs.h"
#include "storage/wal/byte_buffer.h"

namespace tocsin {

/// The first byte of an item of a commit record. Below 0x80: a float sample (see FORMAT.md for its bits).
enum class RecordItem : uint8_t { kSeries = 0x80, kHistogram = 0x81, kExemplar = 0x82, kMetadata = 0x83, kDeletion = 0x84, kStart = 0x85 };

inline constexpr uint8_t kFloatNextSlot = 0x40;
inline constexpr uint8_t kFloatSameTime = 0x20;
inline constexpr uint8_t kFloatOutOfOrder = 0x10;
inline constexpr uint8_t kFloatValueBytes = 0x0f;

inline constexpr uint8_t kHistogramIntegers = 0x01;
inline constexpr uint8_t kHistogramOutOfOrder = 0x02;
inline constexpr int kHistogramHintShift = 2;

/// Builds the payload of one commit in the log; CommitRecordWalk reads it. The format is drawn in storage/FORMAT.md.
class CommitRecordWriter {
 public:
  explicit CommitRecordWriter(ByteBuffer& out) : out_(out) {}

  void AddSeries(uint32_t slot, const SeriesPairs& pairs, const PairTable& table);

  void AddFloat(uint32_t slot, TimestampMs t, double value, bool out_of_order) {
    uint8_t* start = out_.Room(1 + 5 + 10 + 8);
    uint8_t* at = start + 1;
    uint8_t control = out_of_order ? kFloatOutOfOrder : 0;
    if (slot == slot_ + 1) {
      control |= kFloatNextSlot;
    } else {
      at = StoreZigZag(at, static_cast<int64_t>(slot) - static_cast<int64_t>(slot_));
    }
    if (t == t_) {
      control |= kFloatSameTime;
    } else {
      at = StoreZigZag(at, static_cast<int64_t>(static_cast<uint64_t>(t) - static_cast<uint64_t>(t_)));
    }
    const auto bits = std::bit_cast<uint64_t>(value);
    const int bytes = bits == 0 ? 0 : 8 - std::countr_zero(bits) / 8;
    const uint64_t big = __builtin_bswap64(bits);
    std::memcpy(at, &big, sizeof(big));
    *start = static_cast<uint8_t>(control | bytes);
    out_.Use(at + bytes);
    slot_ = slot;
    t_ = t;
  }

  void AddHistogram(uint32_t slot, TimestampMs t, const FloatHistogram& histogram, bool integers, bool out_of_order);
  void AddStart(uint32_t slot, TimestampMs t, TimestampMs start_t);
  void AddExemplar(uint32_t slot, TimestampMs t, double value, std::string_view encoded_labels);
  void AddMetadata(std::string_view metric, std::string_view type, std::string_view help, std::string_view unit);
  /// `max_t` not behind the newest sample of the series then.
  void AddDeletion(uint32_t slot, TimestampMs min_t, TimestampMs max_t);

 private:
  static uint8_t* StoreZigZag(uint8_t* at, int64_t value) {
    auto bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    for (; bits >= 0x80; bits >>= 7) {
      *at++ = static_cast<uint8_t>(bits | 0x80);
    }
    *at++ = static_cast<uint8_t>(bits);
    return at;
  }
  void PutSlotAndTime(uint32_t slot, TimestampMs t);

  ByteBuffer& out_;
  uint32_t slot_ = 0;
  TimestampMs t_ = 0;
  // Label pairs written in this record, by the order of their first use.
  absl::flat_hash_map<PairId, uint32_t> pairs_;
};

}  // namespace tocsin
