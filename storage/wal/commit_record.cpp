#include "storage/wal/commit_record.h"

#include "storage/wal/histogram_codec.h"

namespace tocsin {

void CommitRecordWriter::PutSlotAndTime(uint32_t slot, TimestampMs t) {
  out_.PutZigZag(static_cast<int64_t>(slot) - static_cast<int64_t>(slot_));
  out_.PutZigZag(static_cast<int64_t>(static_cast<uint64_t>(t) - static_cast<uint64_t>(t_)));
  slot_ = slot;
  t_ = t;
}

void CommitRecordWriter::AddSeries(uint32_t slot, const SeriesPairs& pairs, const PairTable& table) {
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

}  // namespace tocsin
