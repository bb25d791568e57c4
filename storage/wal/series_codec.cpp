#include "storage/wal/series_codec.h"

#include <cstring>

#include "storage/wal/histogram_codec.h"

namespace tocsin {
namespace {

constexpr uint8_t kHasOpenFloats = 0x01;
constexpr uint8_t kHasOpenHistograms = 0x02;
constexpr uint8_t kHasExtra = 0x04;
constexpr uint8_t kLastIsHistogram = 0x08;
constexpr uint64_t kChunksPerSeriesMax = 1 << 20;

std::string_view AsText(std::span<const uint8_t> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
std::span<const uint8_t> AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

bool IsEncoding(uint8_t byte) { return byte >= 1 && byte <= static_cast<uint8_t>(ChunkEncoding::kFloatHistogram); }

}  // namespace

void SeriesBlockWriter::Add(const Series& series, const SeriesPairs& series_pairs, const PairTable& pairs) {
  out_.PutZigZag(static_cast<int64_t>(series.slot) - static_cast<int64_t>(slot_));
  slot_ = series.slot;
  out_.PutVarint(series_pairs.size());
  for (const PairId pair : series_pairs) {
    const auto [it, added] = pairs_.try_emplace(pair, static_cast<uint32_t>(pairs_.size()));
    out_.PutVarint(it->second);
    if (added) {
      out_.PutText(pairs.name(pair));
      out_.PutText(pairs.value(pair));
    }
  }
  const SeriesExtra* extra = series.extra.get();
  const bool open_histograms = extra != nullptr && extra->histograms != nullptr;
  out_.PutByte(static_cast<uint8_t>((series.open != nullptr ? kHasOpenFloats : 0) | (open_histograms ? kHasOpenHistograms : 0) |
                                    (extra != nullptr ? kHasExtra : 0) |
                                    (extra != nullptr && extra->last_histogram != nullptr ? kLastIsHistogram : 0)));
  out_.PutZigZag(series.last_t);
  out_.PutDouble(series.last_value);
  out_.PutVarint(series.closed.size());
  for (size_t i = 0; i < series.closed.size(); ++i) {
    const Chunk& chunk = *series.closed[i];
    out_.PutZigZag(chunk.min_t());
    out_.PutVarint(static_cast<uint64_t>(chunk.max_t()) - static_cast<uint64_t>(chunk.min_t()));
    out_.PutByte(static_cast<uint8_t>(chunk.encoding()));
    out_.PutText(AsText(chunk.bytes()));
  }
  if (series.open != nullptr) {
    out_.PutVarint(series.delta);
    out_.PutByte(series.open_free_bits);
    out_.PutByte(series.open_leading);
    out_.PutByte(series.open_trailing);
    out_.PutText(AsText(series.open_bytes()));
  }
  if (extra != nullptr) {
    PutExtra(*extra);
  }
}

void SeriesBlockWriter::PutExtra(const SeriesExtra& extra) {
  if (extra.histograms != nullptr) {
    out_.PutByte(extra.histograms->integers() ? 1 : 0);
    out_.PutZigZag(extra.histograms_first_t);
    out_.PutText(extra.histograms->bytes());
  }
  if (extra.last_histogram != nullptr) {
    PutHistogram(*extra.last_histogram, &out_);
  }
  out_.PutVarint(extra.out_of_order.size());
  for (const auto& sample : extra.out_of_order) {
    out_.PutZigZag(sample.t);
    out_.PutDouble(sample.value);
    out_.PutZigZag(sample.start_t);
    out_.PutByte(sample.histogram == nullptr ? 0 : 1);
    if (sample.histogram != nullptr) {
      PutHistogram(*sample.histogram, &out_);
    }
  }
  out_.PutVarint(extra.starts.size());
  for (const auto& start : extra.starts) {
    out_.PutZigZag(start.t);
    out_.PutZigZag(start.start_t);
  }
  out_.PutVarint(extra.deleted.size());
  for (const TimeRange& range : extra.deleted) {
    out_.PutZigZag(range.min_t);
    out_.PutZigZag(range.max_t);
  }
}

bool SeriesBlockReader::TakeExtra(SeriesExtra* out) {
  const uint64_t out_of_order = in_.TakeVarint();
  for (uint64_t i = 0; i < out_of_order && in_.ok(); ++i) {
    SeriesExtra::OutOfOrderSample sample{in_.TakeZigZag(), in_.TakeDouble(), nullptr, in_.TakeZigZag(), 0};
    if (in_.TakeByte() != 0) {
      FloatHistogram histogram;
      if (!TakeHistogram(&in_, &histogram)) {
        return false;
      }
      sample.histogram = std::make_shared<const FloatHistogram>(std::move(histogram));
    }
    out->out_of_order.push_back(std::move(sample));
  }
  const uint64_t starts = in_.TakeVarint();
  for (uint64_t i = 0; i < starts && in_.ok(); ++i) {
    const TimestampMs t = in_.TakeZigZag();
    out->starts.push_back({t, in_.TakeZigZag()});
  }
  const uint64_t deleted = in_.TakeVarint();
  for (uint64_t i = 0; i < deleted && in_.ok(); ++i) {
    const TimestampMs min_t = in_.TakeZigZag();
    out->deleted.push_back({min_t, in_.TakeZigZag()});
  }
  return in_.ok();
}

bool SeriesBlockReader::TakeClosed(ChunkList* out) {
  const uint64_t chunks = in_.TakeVarint();
  if (chunks > kChunksPerSeriesMax) {
    return false;
  }
  for (uint64_t i = 0; i < chunks && in_.ok(); ++i) {
    const TimestampMs min_t = in_.TakeZigZag();
    const auto max_t = static_cast<TimestampMs>(static_cast<uint64_t>(min_t) + in_.TakeVarint());
    const uint8_t encoding = in_.TakeByte();
    const std::string_view bytes = in_.TakeText();
    if (!IsEncoding(encoding) || bytes.size() < 3 || bytes.size() >= kChunkBytesMax) {
      return false;
    }
    out->Append(ChunkPtr::Make(min_t, max_t, static_cast<ChunkEncoding>(encoding), AsBytes(bytes)));
  }
  return in_.ok();
}

bool SeriesBlockReader::TakeOpen(DecodedSeries* out) {
  out->delta = static_cast<uint32_t>(in_.TakeVarint());
  out->open_state.free_bits = in_.TakeByte();
  out->open_state.leading = in_.TakeByte();
  out->open_state.trailing = in_.TakeByte();
  out->open = AsBytes(in_.TakeText());
  return out->open.size() >= 3 && out->open.size() <= kXorChunkBytesMax && out->open_state.free_bits <= 7 &&
         out->open_state.trailing <= 63 &&
         (out->open_state.leading == XorValue::kNoWindow || out->open_state.leading + out->open_state.trailing <= 63);
}

bool SeriesBlockReader::TakeRare(uint8_t flags, DecodedSeries* out) {
  out->extra = std::make_unique<SeriesExtra>();
  if ((flags & kHasOpenHistograms) != 0) {
    out->extra->histograms = std::make_unique<HistogramChunkWriter>(in_.TakeByte() != 0);
    out->extra->histograms_first_t = in_.TakeZigZag();
    if (!out->extra->histograms->Restore(AsBytes(in_.TakeText())) || out->extra->histograms->count() == 0) {
      return false;
    }
  }
  if ((flags & kLastIsHistogram) != 0) {
    FloatHistogram last;
    if (!TakeHistogram(&in_, &last)) {
      return false;
    }
    out->extra->last_histogram = std::make_shared<const FloatHistogram>(std::move(last));
  }
  return TakeExtra(out->extra.get());
}

bool SeriesBlockReader::Next(DecodedSeries* out) {
  if (in_.empty() || !ok_) {
    return false;
  }
  *out = DecodedSeries{};
  ok_ = false;
  slot_ += static_cast<uint32_t>(in_.TakeZigZag());
  out->slot = slot_;
  if (!pairs_.Take(&in_, &out->pair_numbers)) {
    return false;
  }
  const uint8_t flags = in_.TakeByte();
  out->last_t = in_.TakeZigZag();
  out->last_value = in_.TakeDouble();
  if (!TakeClosed(&out->closed) || ((flags & kHasOpenFloats) != 0 && !TakeOpen(out)) ||
      (flags & (kHasExtra | kHasOpenHistograms)) == kHasOpenHistograms || ((flags & kHasExtra) != 0 && !TakeRare(flags, out))) {
    return false;
  }
  ok_ = in_.ok();
  return ok_;
}

void InstallSeries(DecodedSeries& decoded, OpenChunkPool& open_chunks, Series* series) {
  series->last_t = decoded.last_t;
  series->last_value = decoded.last_value;
  series->extra = std::move(decoded.extra);
  series->closed = std::move(decoded.closed);
  if (!decoded.open.empty()) {
    XorState state = decoded.open_state;
    state.size = static_cast<uint16_t>(decoded.open.size());
    series->delta = decoded.delta;
    series->open = open_chunks.Grow(series->slot, nullptr, 0, decoded.open.size(), &state.capacity);
    series->set_open_state(state);
    std::memcpy(series->open, decoded.open.data(), decoded.open.size());
  }
}

}  // namespace tocsin
