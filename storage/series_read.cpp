#include <algorithm>

#include "storage/series.h"

namespace tocsin {
namespace {

bool Deleted(const std::vector<TimeRange>& ranges, TimestampMs t) {
  return std::any_of(ranges.begin(), ranges.end(), [t](const TimeRange& range) { return range.min_t <= t && t <= range.max_t; });
}

TimestampMs StartAt(const std::vector<SeriesExtra::StartChange>& starts, TimestampMs t) {
  const auto after = std::upper_bound(starts.begin(), starts.end(), t, [](TimestampMs time, const auto& one) { return time < one.t; });
  return after == starts.begin() ? 0 : (after - 1)->start_t;
}

void PushSample(TimestampMs t, double value, const HistogramPtr& histogram, TimestampMs start_t, SampleColumns* out) {
  if (histogram != nullptr && out->histograms.empty()) {
    out->histograms.resize(out->size());
  }
  if (start_t != 0 && out->start_timestamps.empty()) {
    out->start_timestamps.resize(out->size());
  }
  const bool histograms = histogram != nullptr || !out->histograms.empty();
  const bool starts = start_t != 0 || !out->start_timestamps.empty();
  out->timestamps.push_back(t);
  out->values.push_back(value);
  if (histograms) {
    out->histograms.push_back(histogram);
  }
  if (starts) {
    out->start_timestamps.push_back(start_t);
  }
}

constexpr size_t kChunksStepped = 8;

/// The first of chunks [0, end) that ends at `min_t` or later.
size_t ChunkOf(const ChunkList& chunks, size_t end, TimestampMs min_t) {
  size_t begin = 0;
  while (begin < end) {
    const size_t middle = (begin + end) / 2;
    if (chunks[middle]->max_t() >= min_t) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

}  // namespace

void SeriesCapture::Take(const SeriesView& view, TimestampMs min_t, TimestampMs max_t) {
  const Series& series = *view.series;
  min_t_ = min_t;
  max_t_ = std::min(max_t, view.limit_t);
  open_encoding_ = ChunkEncoding::kNone;
  open_tail_.mark = 0;
  closed_.clear();
  bool open_is_enough = false;
  if (series.open != nullptr && series.last_t >= min_t_) {
    TakeOpen(ChunkEncoding::kXor, series.open_bytes());
    open_tail_ = series.OpenTail(min_t_);
    open_is_enough = XorFirstTime(series.open, series.open_size) <= min_t_;
  }
  if (!open_is_enough) {
    TakeClosed(series.closed);
  }
  plain_ = series.extra == nullptr || !TakeExtra(*series.extra, view, max_t);
}

void SeriesCapture::TakeOpen(ChunkEncoding encoding, std::span<const uint8_t> bytes) {
  open_encoding_ = encoding;
  open_size_ = bytes.size();
  if (bytes.size() <= kSmallBytes) {
    std::copy(bytes.begin(), bytes.end(), small_.begin());
  } else {
    large_.assign(bytes.begin(), bytes.end());
  }
}

void SeriesCapture::TakeClosed(const ChunkList& chunks) {
  // Most questions are about the newest chunks, and each chunk that is looked at may have to come from far.
  size_t first = chunks.size();
  while (first > 0 && chunks[first - 1]->max_t() >= min_t_) {
    if (chunks.size() - first == kChunksStepped) {
      first = ChunkOf(chunks, first, min_t_);
      break;
    }
    --first;
  }
  for (size_t i = first; i < chunks.size() && chunks[i]->min_t() <= max_t_; ++i) {
    closed_.push_back(chunks[i]);
  }
}

bool SeriesCapture::TakeExtra(const SeriesExtra& extra, const SeriesView& view, TimestampMs max_t) {
  if (extra.histograms != nullptr && view.series->last_t >= min_t_) {
    const std::string& bytes = extra.histograms->bytes();
    TakeOpen(extra.histograms->integers() ? ChunkEncoding::kHistogram : ChunkEncoding::kFloatHistogram,
             {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
  out_of_order_.clear();
  for (const auto& sample : extra.out_of_order) {
    if (sample.t >= min_t_ && sample.t <= max_t && sample.commit <= view.commit) {
      out_of_order_.push_back(sample);
    }
  }
  starts_ = extra.starts;
  deleted_ = extra.deleted;
  return !out_of_order_.empty() || !starts_.empty() || !deleted_.empty();
}

void SeriesCapture::Read(SampleColumns* out) const {
  const bool plain = plain_ && out->start_timestamps.empty();
  SampleColumns apart;
  SampleColumns* in_order = plain ? out : &apart;
  const auto read = [&](ChunkEncoding encoding, std::span<const uint8_t> bytes, const XorTail& tail) {
    if (tail.mark == 0 || !ReadChunkTail(bytes, tail, min_t_, max_t_, in_order)) {
      ReadChunk(encoding, bytes, min_t_, max_t_, in_order);
    }
  };
  for (const ChunkPtr& chunk : closed_) {
    read(chunk->encoding(), chunk->bytes(), chunk->tail());
  }
  if (open_encoding_ != ChunkEncoding::kNone) {
    read(open_encoding_, {open_size_ <= kSmallBytes ? small_.data() : large_.data(), open_size_}, open_tail_);
  }
  if (plain) {
    return;
  }
  static const HistogramPtr kNoHistogram;
  size_t next = 0;
  const auto push_out_of_order_before = [&](TimestampMs t) {
    for (; next < out_of_order_.size() && out_of_order_[next].t < t; ++next) {
      const SeriesExtra::OutOfOrderSample& sample = out_of_order_[next];
      PushSample(sample.t, sample.value, sample.histogram, sample.start_t, out);
    }
  };
  for (size_t i = 0; i < apart.size(); ++i) {
    const TimestampMs t = apart.timestamps[i];
    push_out_of_order_before(t);
    if (Deleted(deleted_, t)) {
      continue;
    }
    // At the same time the one that came in order counts.
    next += next < out_of_order_.size() && out_of_order_[next].t == t ? 1 : 0;
    PushSample(t, apart.values[i], apart.histograms.empty() ? kNoHistogram : apart.histograms[i], StartAt(starts_, t), out);
  }
  push_out_of_order_before(kMaxTimestamp);
}

int ReadNewest(const SeriesView& view, TimestampMs min_t, TimestampMs max_t, Sample* out) {
  const Series& series = *view.series;
  if (series.extra != nullptr && (!series.extra->out_of_order.empty() || !series.extra->deleted.empty() || !series.extra->starts.empty())) {
    return -1;
  }
  if (!series.has_samples_in_order() || series.last_t < min_t) {
    return 0;
  }
  if (series.last_t > max_t || series.last_t > view.limit_t) {
    return -1;
  }
  out->t = series.last_t;
  out->value = series.last_value;
  out->start_t = 0;
  if (series.extra != nullptr && series.extra->last_histogram != nullptr) {
    // Its hint is known only to the chunk.
    return -1;
  }
  out->histogram.reset();
  return 1;
}

}  // namespace tocsin
