#include "storage/wal/commit_record.h"

#include "base/model/labels.h"
#include "storage/wal/byte_reader.h"
#include "storage/wal/histogram_codec.h"

namespace tocsin {
namespace {

constexpr uint8_t kHistogramIntegers = 0x01;
constexpr uint8_t kHistogramOutOfOrder = 0x02;
constexpr int kHistogramHintShift = 2;

/// The walk through one record.
class RecordWalk {
 public:
  RecordWalk(std::span<const uint8_t> bytes, CommitRecordHandler& handler) : in_(bytes), handler_(handler) {}

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
    uint64_t bits = 0;
    for (int i = 0; i < bytes; ++i) {
      bits |= static_cast<uint64_t>(in_.TakeByte()) << (56 - 8 * i);
    }
    if (in_.ok()) {
      handler_.OnFloat(slot_, t_, std::bit_cast<double>(bits), (control & kFloatOutOfOrder) != 0);
    }
    return in_.ok();
  }

  bool Other(RecordItem item) {
    switch (item) {
      case RecordItem::kSeries:
        return Series();
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
      case RecordItem::kDeletion:
        return Deletion();
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

  bool Series() {
    slot_ += static_cast<uint32_t>(in_.TakeZigZag());
    const uint64_t count = in_.TakeVarint();
    std::string labels;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      const uint64_t number = in_.TakeVarint();
      if (number > pairs_.size()) {
        return false;
      }
      if (number == pairs_.size()) {
        const std::string_view name = in_.TakeText();
        const std::string_view value = in_.TakeText();
        if (!in_.ok() || value.empty()) {
          return false;
        }
        std::string encoded;
        AppendEncodedLabel(name, value, &encoded);
        pairs_.push_back(std::move(encoded));
      }
      labels += pairs_[number];
    }
    if (in_.ok() && IsEncodedLabels(labels)) {
      handler_.OnSeries(slot_, labels);
      return true;
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

  bool Deletion() {
    TakeSlotAndTime();
    const TimestampMs max_t = in_.TakeZigZag();
    if (in_.ok()) {
      handler_.OnDeletion(slot_, t_, max_t);
    }
    return in_.ok();
  }

  void AddTime() { t_ = static_cast<TimestampMs>(static_cast<uint64_t>(t_) + static_cast<uint64_t>(in_.TakeZigZag())); }
  void TakeSlotAndTime() {
    slot_ += static_cast<uint32_t>(in_.TakeZigZag());
    AddTime();
  }

  ByteReader in_;
  CommitRecordHandler& handler_;
  uint32_t slot_ = 0;
  TimestampMs t_ = 0;
  std::vector<std::string> pairs_;
};

}  // namespace

void CommitRecordWriter::PutSlotAndTime(uint32_t slot, TimestampMs t) {
  out_.PutZigZag(static_cast<int64_t>(slot) - static_cast<int64_t>(slot_));
  out_.PutZigZag(static_cast<int64_t>(static_cast<uint64_t>(t) - static_cast<uint64_t>(t_)));
  slot_ = slot;
  t_ = t;
}

void CommitRecordWriter::AddSeries(uint32_t slot, std::span<const PairId> pairs, const PairTable& table) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kSeries));
  out_.PutZigZag(static_cast<int64_t>(slot) - static_cast<int64_t>(slot_));
  slot_ = slot;
  out_.PutVarint(pairs.size());
  for (const PairId pair : pairs) {
    const auto [it, added] = pairs_.try_emplace(pair, static_cast<uint32_t>(pairs_.size()));
    out_.PutVarint(it->second);
    if (added) {
      out_.PutText(table.name(pair));
      out_.PutText(table.value(pair));
    }
  }
}

void CommitRecordWriter::AddHistogram(uint32_t slot, TimestampMs t, const FloatHistogram& h, bool integers, bool out_of_order) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kHistogram));
  PutSlotAndTime(slot, t);
  out_.PutByte(static_cast<uint8_t>((integers ? kHistogramIntegers : 0) | (out_of_order ? kHistogramOutOfOrder : 0) |
                                    (static_cast<uint8_t>(h.counter_reset_hint) << kHistogramHintShift)));
  PutHistogram(h, &out_);
}

void CommitRecordWriter::AddStart(uint32_t slot, TimestampMs t, TimestampMs start_t) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kStart));
  PutSlotAndTime(slot, t);
  out_.PutZigZag(start_t);
}

void CommitRecordWriter::AddExemplar(uint32_t slot, TimestampMs t, double value, std::string_view encoded_labels) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kExemplar));
  PutSlotAndTime(slot, t);
  out_.PutDouble(value);
  out_.PutText(encoded_labels);
}

void CommitRecordWriter::AddMetadata(std::string_view metric, std::string_view type, std::string_view help, std::string_view unit) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kMetadata));
  for (const std::string_view text : {metric, type, help, unit}) {
    out_.PutText(text);
  }
}

void CommitRecordWriter::AddDeletion(uint32_t slot, TimestampMs min_t, TimestampMs max_t) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kDeletion));
  PutSlotAndTime(slot, min_t);
  out_.PutZigZag(max_t);
}

bool ReadCommitRecord(std::span<const uint8_t> bytes, CommitRecordHandler& handler) { return RecordWalk(bytes, handler).Run(); }

}  // namespace tocsin
