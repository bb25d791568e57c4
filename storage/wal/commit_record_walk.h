#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/model/histogram.h"
#include "base/model/labels.h"
#include "storage/wal/byte_reader.h"
#include "storage/wal/commit_record.h"
#include "storage/wal/histogram_codec.h"

namespace tocsin {

/// The label pairs that a record or a block names by numbers, in the order of their first use.
class NamedPairs {
 public:
  /// Takes the numbers of one series' pairs and the texts of new ones. False for what are no labels: whole, sorted by name, no name twice,
  /// no empty value.
  bool Take(ByteReader* in, std::vector<uint32_t>* numbers);
  /// Of such numbers, as Labels::encoded().
  void Encode(std::span<const uint32_t> numbers, std::string* out) const;

  size_t size() const { return pairs_.size(); }
  std::string_view name(size_t number) const;
  std::string_view value(size_t number) const;

 private:
  // A record may name millions. Both texts with their lengths before them, as Labels has them.
  struct Pair {
    const char* encoded;
    uint32_t name_bytes;
    uint32_t value_bytes;
  };
  std::vector<Pair> pairs_;
};

/// In place of NamedPairs for those who do not look at series.
class SkippedPairs {
 public:
  bool Skip(ByteReader* in);

 private:
  uint64_t count_ = 0;
};

/// Walks one commit record and hands its items over in the order of the commit. A template, since most of a start goes by in it:
/// a `Handler` has
///   static constexpr bool kWantsSeries; where it is false, labels are not looked at and OnSeries need not be there
///   void OnSeries(uint32_t slot, const NamedPairs& pairs, std::span<const uint32_t> numbers)
///   void OnFloat(uint32_t slot, TimestampMs t, double value, bool out_of_order)
///   void OnHistogram(uint32_t slot, TimestampMs t, FloatHistogram histogram, bool integers, bool out_of_order)
///   void OnStart(uint32_t slot, TimestampMs t, TimestampMs start_t)
///   void OnExemplar(uint32_t slot, TimestampMs t, double value, std::string_view encoded_labels)
///   void OnMetadata(std::string_view metric, std::string_view type, std::string_view help, std::string_view unit)
///   void OnDeletion(uint32_t slot, TimestampMs min_t, TimestampMs max_t)
template <typename Handler>
class CommitRecordWalk {
 public:
  CommitRecordWalk(std::span<const uint8_t> bytes, Handler& handler) : in_(bytes), handler_(handler) {}

  /// False when the bytes are no record; the items before the fault were handed over.
  bool Run() {
    while (in_.ok() && !in_.empty()) {
      const uint8_t control = in_.TakeByte();
      if (control < 0x80 ? !Float(control) : !Other(static_cast<RecordItem>(control))) {
        return false;
      }
    }
    return in_.ok();
  }

 private:
  bool Float(uint8_t control) {
    const int bytes = control & kFloatValueBytes;
    if (bytes > 8) {
      return false;
    }
    slot_ += static_cast<uint32_t>((control & kFloatNextSlot) != 0 ? 1 : in_.TakeZigZag());
    if ((control & kFloatSameTime) == 0) {
      AddTime();
    }
    const uint64_t bits = in_.TakeHighBytes(bytes);
    if (in_.ok()) {
      handler_.OnFloat(slot_, t_, std::bit_cast<double>(bits), (control & kFloatOutOfOrder) != 0);
    }
    return in_.ok();
  }

  bool Other(RecordItem item) {
    switch (item) {
      case RecordItem::kSeries:
        slot_ += static_cast<uint32_t>(in_.TakeZigZag());
        if constexpr (Handler::kWantsSeries) {
          if (!pairs_.Take(&in_, &numbers_)) {
            return false;
          }
          handler_.OnSeries(slot_, pairs_, numbers_);
          return true;
        } else {
          return pairs_.Skip(&in_);
        }
      case RecordItem::kHistogram:
        return Histogram();
      case RecordItem::kExemplar: {
        TakeSlotAndTime();
        const double value = in_.TakeDouble();
        const std::string_view labels = in_.TakeText();
        if (in_.ok() && IsEncodedLabels(labels)) {
          handler_.OnExemplar(slot_, t_, value, labels);
        }
        return in_.ok();
      }
      case RecordItem::kMetadata: {
        const std::string_view metric = in_.TakeText();
        const std::string_view type = in_.TakeText();
        const std::string_view help = in_.TakeText();
        const std::string_view unit = in_.TakeText();
        if (in_.ok()) {
          handler_.OnMetadata(metric, type, help, unit);
        }
        return in_.ok();
      }
      case RecordItem::kDeletion: {
        TakeSlotAndTime();
        const TimestampMs max_t = in_.TakeZigZag();
        if (in_.ok()) {
          handler_.OnDeletion(slot_, t_, max_t);
        }
        return in_.ok();
      }
      case RecordItem::kStart: {
        TakeSlotAndTime();
        const TimestampMs start_t = in_.TakeZigZag();
        if (in_.ok()) {
          handler_.OnStart(slot_, t_, start_t);
        }
        return in_.ok();
      }
    }
    return false;
  }

  bool Histogram() {
    TakeSlotAndTime();
    const uint8_t flags = in_.TakeByte();
    FloatHistogram histogram;
    if (!TakeHistogram(&in_, &histogram)) {
      return false;
    }
    histogram.counter_reset_hint = static_cast<CounterResetHint>((flags >> kHistogramHintShift) & 3);
    handler_.OnHistogram(slot_, t_, std::move(histogram), (flags & kHistogramIntegers) != 0, (flags & kHistogramOutOfOrder) != 0);
    return true;
  }

  void AddTime() { t_ = static_cast<TimestampMs>(static_cast<uint64_t>(t_) + static_cast<uint64_t>(in_.TakeZigZag())); }
  void TakeSlotAndTime() {
    slot_ += static_cast<uint32_t>(in_.TakeZigZag());
    AddTime();
  }

  ByteReader in_;
  Handler& handler_;
  uint32_t slot_ = 0;
  TimestampMs t_ = 0;
  std::conditional_t<Handler::kWantsSeries, NamedPairs, SkippedPairs> pairs_;
  std::vector<uint32_t> numbers_;
};

template <typename Handler>
bool ReadCommitRecord(std::span<const uint8_t> bytes, Handler& handler) {
  return CommitRecordWalk<Handler>(bytes, handler).Run();
}

}  // namespace tocsin
