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

}  // namespace

SeriesCapture::SeriesCapture(const SeriesView& view, TimestampMs min_t, TimestampMs max_t)
    : min_t_(min_t), max_t_(std::min(max_t, view.limit_t)) {
  const Series& series = *view.series;
  for (size_t i = 0; i < series.closed.size(); ++i) {
    const ChunkPtr& chunk = series.closed[i];
    if (chunk->max_t() >= min_t_ && chunk->min_t() <= max_t_) {
      closed_.push_back(chunk);
    }
  }
  if (series.open != nullptr && series.last_t >= min_t_) {
    open_encoding_ = ChunkEncoding::kXor;
    open_.assign(series.open, series.open + series.open_size);
  }
  if (series.extra == nullptr) {
    return;
  }
  const SeriesExtra& extra = *series.extra;
  if (extra.histograms != nullptr && series.last_t >= min_t_) {
    open_encoding_ = extra.histograms->integers() ? ChunkEncoding::kHistogram : ChunkEncoding::kFloatHistogram;
    open_.assign(extra.histograms->bytes().begin(), extra.histograms->bytes().end());
  }
  for (const auto& sample : extra.out_of_order) {
    if (sample.t >= min_t && sample.t <= max_t && sample.commit <= view.commit) {
      out_of_order_.push_back(sample);
    }
  }
  starts_ = extra.starts;
  deleted_ = extra.deleted;
}

void SeriesCapture::Read(SampleColumns* out) const {
  const bool plain = out_of_order_.empty() && starts_.empty() && deleted_.empty() && out->start_timestamps.empty();
  SampleColumns apart;
  SampleColumns* in_order = plain ? out : &apart;
  for (const ChunkPtr& chunk : closed_) {
    ReadChunk(chunk->encoding(), chunk->bytes(), min_t_, max_t_, in_order);
  }
  if (open_encoding_ != ChunkEncoding::kNone) {
    ReadChunk(open_encoding_, open_, min_t_, max_t_, in_order);
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
