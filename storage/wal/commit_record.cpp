#include "storage/wal/commit_record.h"

#include <algorithm>

#include "base/check.h"
#include "base/model/labels.h"
#include "storage/chunk/histogram_layout.h"
#include "storage/wal/byte_reader.h"

namespace tocsin {
namespace {

constexpr uint8_t kHistogramIntegers = 0x01;
constexpr uint8_t kHistogramOutOfOrder = 0x02;
constexpr int kHistogramHintShift = 2;

void PutSpans(const std::vector<Span>& spans, ByteBuffer* out) {
  out->PutVarint(spans.size());
  for (const Span& span : spans) {
    out->PutZigZag(span.offset);
    out->PutVarint(span.length);
  }
}

void PutDoubles(const std::vector<double>& values, ByteBuffer* out) {
  out->PutVarint(values.size());
  for (const double value : values) {
    out->PutDouble(value);
  }
}

bool TakeSpans(ByteReader* in, std::vector<Span>* out) {
  const uint64_t count = in->TakeVarint();
  uint64_t buckets = 0;
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    const auto offset = static_cast<int32_t>(in->TakeZigZag());
    const uint64_t length = in->TakeVarint();
    buckets += length;
    if (length > kHistogramBucketsMax || buckets > kHistogramBucketsMax) {
      return false;
    }
    out->push_back(Span{offset, static_cast<uint32_t>(length)});
  }
  return in->ok();
}

bool TakeDoubles(ByteReader* in, std::vector<double>* out) {
  const uint64_t count = in->TakeVarint();
  if (count > kHistogramBucketsMax) {
    return false;
  }
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    out->push_back(in->TakeDouble());
  }
  return in->ok();
}

bool TakeHistogram(ByteReader* in, FloatHistogram* h) {
  h->schema = static_cast<int32_t>(in->TakeZigZag());
  h->zero_threshold = in->TakeDouble();
  h->zero_count = in->TakeDouble();
  h->count = in->TakeDouble();
  h->sum = in->TakeDouble();
  return TakeSpans(in, &h->positive_spans) && TakeSpans(in, &h->negative_spans) && TakeDoubles(in, &h->positive_buckets) &&
         TakeDoubles(in, &h->negative_buckets) && TakeDoubles(in, &h->custom_values) &&
         CountBuckets(h->positive_spans) == h->positive_buckets.size() && CountBuckets(h->negative_spans) == h->negative_buckets.size();
}

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
    const TimestampMs min_t = in_.TakeZigZag();
    const TimestampMs max_t = in_.TakeZigZag();
    const uint64_t count = in_.TakeVarint();
    std::vector<uint32_t> slots;
    uint32_t slot = 0;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      slot += static_cast<uint32_t>(in_.TakeZigZag());
      slots.push_back(slot);
    }
    if (in_.ok()) {
      handler_.OnDeletion(slots, min_t, max_t);
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

void ByteBuffer::Grow(size_t bytes) {
  capacity_ = std::max<size_t>({size_ + bytes, capacity_ + capacity_ / 2, 256});
  data_ = static_cast<uint8_t*>(std::realloc(data_, capacity_));
  TOCSIN_CHECK(data_ != nullptr);
}

void ByteBuffer::ClearAndTrim(size_t keep_bytes) {
  size_ = 0;
  if (capacity_ > keep_bytes) {
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }
}

void ByteBuffer::PutVarint(uint64_t value) {
  uint8_t* at = Room(10);
  for (; value >= 0x80; value >>= 7) {
    *at++ = static_cast<uint8_t>(value | 0x80);
  }
  *at++ = static_cast<uint8_t>(value);
  Use(at);
}

void ByteBuffer::PutDouble(double value) {
  const uint64_t big = __builtin_bswap64(std::bit_cast<uint64_t>(value));
  std::memcpy(Room(sizeof(big)), &big, sizeof(big));
  size_ += sizeof(big);
}

void ByteBuffer::PutText(std::string_view text) {
  PutVarint(text.size());
  if (!text.empty()) {
    std::memcpy(Room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
}

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
  out_.PutZigZag(h.schema);
  for (const double value : {h.zero_threshold, h.zero_count, h.count, h.sum}) {
    out_.PutDouble(value);
  }
  PutSpans(h.positive_spans, &out_);
  PutSpans(h.negative_spans, &out_);
  PutDoubles(h.positive_buckets, &out_);
  PutDoubles(h.negative_buckets, &out_);
  PutDoubles(h.custom_values, &out_);
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

void CommitRecordWriter::AddDeletion(std::span<const uint32_t> slots, TimestampMs min_t, TimestampMs max_t) {
  out_.PutByte(static_cast<uint8_t>(RecordItem::kDeletion));
  out_.PutZigZag(min_t);
  out_.PutZigZag(max_t);
  out_.PutVarint(slots.size());
  uint32_t before = 0;
  for (const uint32_t slot : slots) {
    out_.PutZigZag(static_cast<int64_t>(slot) - static_cast<int64_t>(before));
    before = slot;
  }
}

bool ReadCommitRecord(std::span<const uint8_t> bytes, CommitRecordHandler& handler) { return RecordWalk(bytes, handler).Run(); }

}  // namespace tocsin
