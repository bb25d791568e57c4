#include "storage/series.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace tocsin {
namespace {

// As upstream's defaults: at 15 s, four chunks in two hours.
constexpr uint16_t kFloatSamplesPerChunk = 120;
constexpr size_t kHistogramChunkBytes = 1024;
constexpr uint16_t kHistogramSamplesPerChunkMin = 10;
constexpr uint16_t kHistogramSamplesPerChunkMax = 65000;

void CloseFloats(Series& series, SeriesAppendContext* context) {
  const XorState state = series.open_state();
  context->bytes_grown -= state.capacity;
  series.closed.Append(ChunkPtr::Make(XorFirstTime(series.open, series.open_size), series.last_t, ChunkEncoding::kXor, series.open_bytes(),
                                      series.OpenTail(series.last_t)));
  context->bytes_grown += static_cast<int64_t>(series.closed.back()->memory_bytes());
  context->pools.Of(series.slot).Free(series.open, state.capacity);
  series.open = nullptr;
  series.set_open_state(XorState{});
  ++context->chunks_closed;
}

void CloseHistograms(Series& series, SeriesAppendContext* context) {
  SeriesExtra& extra = *series.extra;
  const std::string& bytes = extra.histograms->bytes();
  const ChunkEncoding encoding = extra.histograms->integers() ? ChunkEncoding::kHistogram : ChunkEncoding::kFloatHistogram;
  context->bytes_grown -= static_cast<int64_t>(extra.histograms->memory_bytes());
  series.closed.Append(
      ChunkPtr::Make(extra.histograms_first_t, series.last_t, encoding, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  context->bytes_grown += static_cast<int64_t>(series.closed.back()->memory_bytes());
  extra.histograms.reset();
  ++context->chunks_closed;
}

ChunkStart StartOf(const Series& series, const FloatHistogram& histogram, bool integers) {
  if (histogram.counter_reset_hint == CounterResetHint::kGauge) {
    return ChunkStart::kGauge;
  }
  if (histogram.counter_reset_hint == CounterResetHint::kReset) {
    return ChunkStart::kReset;
  }
  if (series.extra->histograms == nullptr || series.extra->histograms->integers() != integers) {
    return ChunkStart::kUnknown;
  }
  return series.extra->histograms->Fits(histogram) == HistogramChunkWriter::Fit::kCounterReset ? ChunkStart::kReset : ChunkStart::kNotReset;
}

bool MustCutHistograms(const Series& series, const FloatHistogram& histogram, bool integers, const SeriesAppendContext& context) {
  const HistogramChunkWriter& open = *series.extra->histograms;
  return open.integers() != integers || open.Fits(histogram) != HistogramChunkWriter::Fit::kFits || series.last_t < context.range_start ||
         open.count() >= kHistogramSamplesPerChunkMax ||
         (open.bytes().size() >= kHistogramChunkBytes && open.count() >= kHistogramSamplesPerChunkMin);
}

}  // namespace

Series::Ptr Series::Make(const SharedPairLists::Placed& pairs) {
  void* memory = std::malloc(sizeof(Series) + pairs.own_count * (sizeof(PairId) + sizeof(uint8_t)));
  TOCSIN_CHECK(memory != nullptr);
  auto* series = new (memory) Series();
  series->pair_list = pairs.list;
  series->own_pair_count = pairs.own_count;
  auto* own = reinterpret_cast<PairId*>(series + 1);
  std::memcpy(static_cast<void*>(own), pairs.own.data(), pairs.own_count * sizeof(PairId));
  std::memcpy(static_cast<void*>(own + pairs.own_count), pairs.own_places.data(), pairs.own_count);
  return Ptr(series);
}

void Series::Delete::operator()(Series* series) const {
  series->~Series();
  std::free(series);
}

SeriesExtra& Series::MakeExtra() {
  if (extra == nullptr) {
    extra = std::make_unique<SeriesExtra>();
  }
  return *extra;
}

size_t SeriesExtra::memory_bytes() const {
  return sizeof(SeriesExtra) + (histograms == nullptr ? 0 : histograms->memory_bytes()) +
         out_of_order.capacity() * sizeof(OutOfOrderSample) + starts.capacity() * sizeof(StartChange) +
         deleted.capacity() * sizeof(TimeRange);
}

TimestampMs Series::FirstTime() const {
  TimestampMs first = kMaxTimestamp;
  if (!closed.empty()) {
    first = closed.front()->min_t();
  } else if (open != nullptr) {
    first = XorFirstTime(open, open_size);
  } else if (extra != nullptr && extra->histograms != nullptr) {
    first = extra->histograms_first_t;
  }
  if (extra != nullptr && !extra->out_of_order.empty()) {
    first = std::min(first, extra->out_of_order.front().t);
  }
  return first;
}

XorTail Series::OpenTail(TimestampMs t) const {
  const OpenChunkPool::Marks marks = OpenChunkPool::MarksOf(open);
  const auto behind = static_cast<uint16_t>((ChunkSampleCount(open) - 1) % kXorMarkSamples + 1);
  XorTail tail{marks.last, behind, delta, last_t, last_value};
  if (!tail.Reaches(t)) {
    tail.mark = marks.earlier;
    tail.samples = static_cast<uint16_t>(behind + kXorMarkSamples);
  }
  return tail.Reaches(t) ? tail : XorTail{};
}

size_t Series::closed_bytes() const {
  size_t bytes = closed.memory_bytes();
  for (size_t i = 0; i < closed.size(); ++i) {
    bytes += closed[i]->memory_bytes();
  }
  return bytes;
}

void CloseOpenChunk(Series& series, SeriesAppendContext* context) {
  if (series.open != nullptr) {
    CloseFloats(series, context);
  }
  if (series.extra != nullptr && series.extra->histograms != nullptr) {
    CloseHistograms(series, context);
  }
}

void AppendFloatInOrder(Series& series, TimestampMs t, double value, SeriesAppendContext* context) {
  if (series.open != nullptr) {
    if (series.last_t < context->range_start || ChunkSampleCount(series.open) >= kFloatSamplesPerChunk ||
        series.open_size + kXorSampleBytesMax > kXorChunkBytesMax || t - series.last_t > static_cast<int64_t>(UINT32_MAX)) [[unlikely]] {
      CloseFloats(series, context);
    }
  } else if (series.extra != nullptr) {
    if (series.extra->histograms != nullptr) {
      CloseHistograms(series, context);
    }
    series.extra->last_histogram.reset();
  }
  XorState state = series.open_state();
  if (series.open != nullptr && ChunkSampleCount(series.open) % kXorMarkSamples == 0) {
    OpenChunkPool::SetMarks({OpenChunkPool::MarksOf(series.open).last, XorMarkAtEnd(state)}, series.open);
  }
  const uint16_t before = state.capacity;
  PooledXorMemory memory(context->pools.Of(series.slot), series.slot);
  XorAppend(t, value, series.last_t, series.last_value, &series.delta, &state, &series.open, memory);
  series.set_open_state(state);
  context->bytes_grown += state.capacity - before;
  series.last_t = t;
  series.last_value = value;
}

void AppendHistogramInOrder(Series& series, TimestampMs t, HistogramPtr histogram, bool integers, SeriesAppendContext* context) {
  if (series.open != nullptr) {
    CloseFloats(series, context);
  }
  SeriesExtra& extra = series.MakeExtra();
  if (extra.histograms == nullptr || MustCutHistograms(series, *histogram, integers, *context)) {
    const ChunkStart start = StartOf(series, *histogram, integers);
    if (extra.histograms != nullptr) {
      CloseHistograms(series, context);
    }
    extra.histograms = std::make_unique<HistogramChunkWriter>(integers);
    extra.histograms->Clear(start);
    extra.histograms_first_t = t;
    context->bytes_grown += static_cast<int64_t>(extra.histograms->memory_bytes());
  }
  const auto before = static_cast<int64_t>(extra.histograms->memory_bytes());
  extra.histograms->Append(t, *histogram);
  context->bytes_grown += static_cast<int64_t>(extra.histograms->memory_bytes()) - before;
  series.last_t = t;
  series.last_value = histogram->sum;
  extra.last_histogram = std::move(histogram);
}

bool InsertOutOfOrder(Series& series, SeriesExtra::OutOfOrderSample sample) {
  std::vector<SeriesExtra::OutOfOrderSample>& all = series.MakeExtra().out_of_order;
  const auto at = std::lower_bound(all.begin(), all.end(), sample.t, [](const auto& one, TimestampMs t) { return one.t < t; });
  if (at != all.end() && at->t == sample.t) {
    return false;
  }
  all.insert(at, std::move(sample));
  return true;
}

bool SetStart(Series& series, TimestampMs t, TimestampMs start_t) {
  if (series.extra == nullptr && start_t == 0) {
    return false;
  }
  std::vector<SeriesExtra::StartChange>& starts = series.MakeExtra().starts;
  if ((starts.empty() ? 0 : starts.back().start_t) == start_t || (!starts.empty() && t <= starts.back().t)) {
    return false;
  }
  starts.push_back({t, start_t});
  return true;
}

}  // namespace tocsin
