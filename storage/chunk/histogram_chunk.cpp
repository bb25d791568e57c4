#include "storage/chunk/histogram_chunk.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/check.h"
#include "storage/chunk/varbit.h"
#include "storage/chunk/xor_chunk.h"

namespace tocsin {
namespace {

constexpr size_t kHistogramHeaderBytes = 3;

// The counts of the buckets `from`, placed into the buckets `to` (a superset of them); the others are 0.
std::vector<double> PlaceCounts(const std::vector<Span>& from, const std::vector<double>& counts, const std::vector<Span>& to) {
  if (from == to) {
    return counts;
  }
  const std::vector<int64_t> from_indexes = BucketIndexes(from);
  const std::vector<int64_t> to_indexes = BucketIndexes(to);
  std::vector<double> placed(to_indexes.size());
  size_t at = 0;
  for (size_t i = 0; i < to_indexes.size() && at < from_indexes.size(); ++i) {
    if (to_indexes[i] == from_indexes[at]) {
      placed[i] = counts[at++];
    }
  }
  return placed;
}

std::vector<Span> UnionSpans(const std::vector<Span>& a, const std::vector<Span>& b) {
  if (a == b) {
    return a;
  }
  const std::vector<int64_t> a_indexes = BucketIndexes(a);
  const std::vector<int64_t> b_indexes = BucketIndexes(b);
  std::vector<int64_t> all;
  std::set_union(a_indexes.begin(), a_indexes.end(), b_indexes.begin(), b_indexes.end(), std::back_inserter(all));
  return all == a_indexes ? a : SpansOf(all);
}

// Whether no bucket of `last` has more than the same one of `next`, and none with a count is missing there.
bool NoBucketShrinks(const std::vector<Span>& last_spans, const std::vector<double>& last, const std::vector<Span>& next_spans,
                     const std::vector<double>& next) {
  const std::vector<int64_t> last_indexes = BucketIndexes(last_spans);
  const std::vector<int64_t> next_indexes = BucketIndexes(next_spans);
  size_t at = 0;
  for (size_t i = 0; i < last_indexes.size(); ++i) {
    while (at < next_indexes.size() && next_indexes[at] < last_indexes[i]) {
      ++at;
    }
    const bool found = at < next_indexes.size() && next_indexes[at] == last_indexes[i];
    if (last[i] > (found ? next[at] : 0)) {
      return false;
    }
  }
  return true;
}

FloatHistogram StaleHistogram(double sum) {
  FloatHistogram stale;
  stale.sum = sum;
  return stale;
}

// Integer chunks hold each side's buckets as differences to the bucket before.
/// Differences wrap, and counts end at the largest integer: a chunk of damaged bytes may hold any.
int64_t Minus(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }

int64_t WholeOf(double count) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (!(count > -kEnd)) {
    return std::numeric_limits<int64_t>::min();
  }
  return count < kEnd ? static_cast<int64_t>(count) : std::numeric_limits<int64_t>::max();
}

void ToDeltas(const std::vector<double>& counts, std::vector<int64_t>* out) {
  int64_t before = 0;
  for (const double count : counts) {
    const int64_t value = WholeOf(count);
    out->push_back(Minus(value, before));
    before = value;
  }
}

}  // namespace

void HistogramChunkWriter::Clear(ChunkStart start) {
  count_ = 0;
  start_ = start;
  layout_ = HistogramLayout{};
  running_ = Running{};
  last_ = FloatHistogram{};
  std::string header(kHistogramHeaderBytes, '\0');
  header[2] = static_cast<char>(start);
  out_ = BitWriter(std::move(header));
}

HistogramChunkWriter::Fit HistogramChunkWriter::Fits(const FloatHistogram& histogram) const {
  const bool gauge = histogram.counter_reset_hint == CounterResetHint::kGauge;
  if (gauge != (start_ == ChunkStart::kGauge)) {
    return Fit::kOtherLayout;
  }
  if (histogram.counter_reset_hint == CounterResetHint::kReset) {
    return Fit::kCounterReset;
  }
  if (IsStaleNaN(histogram.sum)) {
    return Fit::kFits;
  }
  if (IsStaleNaN(last_.sum)) {
    return Fit::kOtherLayout;
  }
  if (!gauge && histogram.count < last_.count) {
    return Fit::kCounterReset;
  }
  if (histogram.schema != layout_.schema || histogram.zero_threshold != layout_.zero_threshold) {
    return Fit::kOtherLayout;
  }
  if (histogram.uses_custom_buckets() && histogram.custom_values != layout_.custom_values) {
    return gauge ? Fit::kOtherLayout : Fit::kCounterReset;
  }
  const bool grows =
      gauge || (histogram.zero_count >= last_.zero_count &&
                NoBucketShrinks(last_.positive_spans, last_.positive_buckets, histogram.positive_spans, histogram.positive_buckets) &&
                NoBucketShrinks(last_.negative_spans, last_.negative_buckets, histogram.negative_spans, histogram.negative_buckets));
  return grows ? Fit::kFits : Fit::kCounterReset;
}

void HistogramChunkWriter::Append(TimestampMs t, const FloatHistogram& histogram) {
  if (IsStaleNaN(histogram.sum)) {
    AppendPlaced(t, StaleHistogram(histogram.sum));
    return;
  }
  if (count_ == 0) {
    AppendPlaced(t, histogram);
    return;
  }
  std::vector<Span> positive = UnionSpans(layout_.positive_spans, histogram.positive_spans);
  std::vector<Span> negative = UnionSpans(layout_.negative_spans, histogram.negative_spans);
  if (CountBuckets(positive) != CountBuckets(layout_.positive_spans) || CountBuckets(negative) != CountBuckets(layout_.negative_spans)) {
    Widen(positive, negative);
  }
  FloatHistogram placed = histogram;
  placed.positive_buckets = PlaceCounts(histogram.positive_spans, histogram.positive_buckets, layout_.positive_spans);
  placed.negative_buckets = PlaceCounts(histogram.negative_spans, histogram.negative_buckets, layout_.negative_spans);
  placed.positive_spans = layout_.positive_spans;
  placed.negative_spans = layout_.negative_spans;
  AppendPlaced(t, placed);
}

void HistogramChunkWriter::Widen(const std::vector<Span>& positive, const std::vector<Span>& negative) {
  SampleColumns samples;
  const std::string old = out_.bytes();
  TOCSIN_CHECK(
      HistogramChunkRead({reinterpret_cast<const uint8_t*>(old.data()), old.size()}, integers_, kMinTimestamp, kMaxTimestamp, &samples));
  Clear(start_);
  for (size_t i = 0; i < samples.size(); ++i) {
    FloatHistogram wide = *samples.histograms[i];
    wide.positive_buckets = PlaceCounts(wide.positive_spans, wide.positive_buckets, positive);
    wide.negative_buckets = PlaceCounts(wide.negative_spans, wide.negative_buckets, negative);
    wide.positive_spans = positive;
    wide.negative_spans = negative;
    AppendPlaced(samples.timestamps[i], wide);
  }
}

void HistogramChunkWriter::AppendPlaced(TimestampMs t, const FloatHistogram& histogram) {
  if (count_ == 0) {
    WriteFirst(t, histogram);
  } else {
    WriteNext(t, histogram, IsStaleNaN(histogram.sum));
  }
  last_ = histogram;
  ++count_;
  out_.bytes()[0] = static_cast<char>(count_ >> 8);
  out_.bytes()[1] = static_cast<char>(count_);
}

void HistogramChunkWriter::WriteFirst(TimestampMs t, const FloatHistogram& h) {
  layout_ = HistogramLayout{h.schema, h.zero_threshold, h.positive_spans, h.negative_spans, h.custom_values};
  WriteHistogramLayout(layout_, &out_);
  running_.t = t;
  running_.sum.value = h.sum;
  WriteVarbitInt(t, &out_);
  if (integers_) {
    running_.count.value = WholeOf(h.count);
    running_.zero_count.value = WholeOf(h.zero_count);
    WriteVarbitUint(static_cast<uint64_t>(WholeOf(h.count)), &out_);
    WriteVarbitUint(static_cast<uint64_t>(WholeOf(h.zero_count)), &out_);
    out_.WriteBits(std::bit_cast<uint64_t>(h.sum), 64);
    std::vector<int64_t> deltas;
    ToDeltas(h.positive_buckets, &deltas);
    ToDeltas(h.negative_buckets, &deltas);
    for (const int64_t delta : deltas) {
      WriteVarbitInt(delta, &out_);
      running_.buckets.push_back(IntegerBucket{delta, 0});
    }
    return;
  }
  running_.float_count.value = h.count;
  running_.float_zero_count.value = h.zero_count;
  for (const double value : {h.count, h.zero_count, h.sum}) {
    out_.WriteBits(std::bit_cast<uint64_t>(value), 64);
  }
  for (const auto* side : {&h.positive_buckets, &h.negative_buckets}) {
    for (const double value : *side) {
      out_.WriteBits(std::bit_cast<uint64_t>(value), 64);
      running_.float_buckets.push_back(XorValue{value});
    }
  }
}

void HistogramChunkWriter::WriteNext(TimestampMs t, const FloatHistogram& h, bool stale) {
  const int64_t t_delta = Minus(t, running_.t);
  WriteVarbitInt(Minus(t_delta, running_.t_delta), &out_);
  running_.t = t;
  running_.t_delta = t_delta;
  if (!integers_) {
    running_.float_count.Write(h.count, &out_);
    running_.float_zero_count.Write(h.zero_count, &out_);
    running_.sum.Write(h.sum, &out_);
    size_t at = 0;
    for (const auto* side : {&h.positive_buckets, &h.negative_buckets}) {
      for (const double value : *side) {
        running_.float_buckets[at++].Write(value, &out_);
      }
    }
    return;
  }
  const auto write = [&](int64_t value, IntegerBucket* running) {
    const int64_t delta = Minus(value, running->value);
    WriteVarbitInt(stale ? 0 : Minus(delta, running->delta), &out_);
    *running = IntegerBucket{value, delta};
  };
  write(WholeOf(h.count), &running_.count);
  write(WholeOf(h.zero_count), &running_.zero_count);
  running_.sum.Write(h.sum, &out_);
  std::vector<int64_t> deltas;
  ToDeltas(h.positive_buckets, &deltas);
  ToDeltas(h.negative_buckets, &deltas);
  for (size_t i = 0; i < deltas.size(); ++i) {
    write(deltas[i], &running_.buckets[i]);
  }
}

bool HistogramChunkWriter::Restore(std::span<const uint8_t> bytes) {
  SampleColumns samples;
  if (bytes.size() < kHistogramHeaderBytes || !HistogramChunkRead(bytes, integers_, kMinTimestamp, kMaxTimestamp, &samples)) {
    return false;
  }
  Clear(static_cast<ChunkStart>(bytes[2] & 0xc0));
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i > 0 && samples.timestamps[i] <= samples.timestamps[i - 1]) {
      return false;
    }
    AppendPlaced(samples.timestamps[i], *samples.histograms[i]);
  }
  return true;
}

size_t HistogramChunkWriter::memory_bytes() const {
  const size_t buckets = running_.buckets.size() + running_.float_buckets.size();
  return sizeof(*this) + out_.bytes().capacity() + buckets * (sizeof(XorValue) + sizeof(double)) +
         layout_.custom_values.size() * 2 * sizeof(double);
}

/// Walks a chunk.
class HistogramChunkCursor {
 public:
  HistogramChunkCursor(std::span<const uint8_t> bytes, bool integers)
      : in_(bytes.data() + kHistogramHeaderBytes, bytes.size() - kHistogramHeaderBytes), integers_(integers) {}

  bool ReadLayout() {
    if (!ReadHistogramLayout(&in_, &layout_)) {
      return false;
    }
    positive_ = CountBuckets(layout_.positive_spans);
    const size_t buckets = positive_ + CountBuckets(layout_.negative_spans);
    running_.buckets.resize(integers_ ? buckets : 0);
    running_.float_buckets.resize(integers_ ? 0 : buckets);
    return true;
  }

  bool Next(bool first) {
    if (first) {
      running_.t = ReadVarbitInt(&in_);
    } else {
      running_.t_delta = Wrap(running_.t_delta, ReadVarbitInt(&in_));
      running_.t = Wrap(running_.t, running_.t_delta);
    }
    integers_ ? ReadIntegers(first) : ReadFloats(first);
    return in_.ok();
  }

  TimestampMs t() const { return running_.t; }
  double sum() const { return running_.sum.value; }

  FloatHistogram Value() const {
    if (IsStaleNaN(running_.sum.value)) {
      return StaleHistogram(running_.sum.value);
    }
    FloatHistogram h;
    h.schema = layout_.schema;
    h.zero_threshold = layout_.zero_threshold;
    h.positive_spans = layout_.positive_spans;
    h.negative_spans = layout_.negative_spans;
    h.custom_values = layout_.custom_values;
    h.sum = running_.sum.value;
    h.count = integers_ ? static_cast<double>(static_cast<uint64_t>(running_.count.value)) : running_.float_count.value;
    h.zero_count = integers_ ? static_cast<double>(static_cast<uint64_t>(running_.zero_count.value)) : running_.float_zero_count.value;
    const size_t buckets = running_.buckets.size() + running_.float_buckets.size();
    int64_t absolute = 0;
    for (size_t i = 0; i < buckets; ++i) {
      absolute = i == positive_ ? 0 : absolute;
      if (integers_) {
        absolute = Wrap(absolute, running_.buckets[i].value);
      }
      (i < positive_ ? h.positive_buckets : h.negative_buckets)
          .push_back(integers_ ? static_cast<double>(absolute) : running_.float_buckets[i].value);
    }
    return h;
  }

 private:
  // Damaged bytes may give anything: the sum wraps around instead of overflowing.
  static int64_t Wrap(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }

  void Step(HistogramChunkWriter::IntegerBucket* running) {
    running->delta = Wrap(running->delta, ReadVarbitInt(&in_));
    running->value = Wrap(running->value, running->delta);
  }

  void ReadIntegers(bool first) {
    if (first) {
      running_.count.value = static_cast<int64_t>(ReadVarbitUint(&in_));
      running_.zero_count.value = static_cast<int64_t>(ReadVarbitUint(&in_));
      running_.sum.value = std::bit_cast<double>(in_.ReadBits(64));
    } else {
      Step(&running_.count);
      Step(&running_.zero_count);
      running_.sum.Read(&in_);
    }
    if (IsStaleNaN(running_.sum.value)) {
      return;
    }
    for (auto& bucket : running_.buckets) {
      if (first) {
        bucket.value = ReadVarbitInt(&in_);
      } else {
        Step(&bucket);
      }
    }
  }

  void ReadFloats(bool first) {
    const auto read = [&](XorValue* value) {
      if (first) {
        value->value = std::bit_cast<double>(in_.ReadBits(64));
      } else {
        value->Read(&in_);
      }
    };
    read(&running_.float_count);
    read(&running_.float_zero_count);
    read(&running_.sum);
    if (IsStaleNaN(running_.sum.value)) {
      return;
    }
    for (XorValue& bucket : running_.float_buckets) {
      read(&bucket);
    }
  }

  BitReader in_;
  bool integers_;
  size_t positive_ = 0;
  HistogramLayout layout_;
  HistogramChunkWriter::Running running_;
};

bool HistogramChunkRead(std::span<const uint8_t> bytes, bool integers, TimestampMs min_t, TimestampMs max_t, SampleColumns* out) {
  if (bytes.size() < kHistogramHeaderBytes) {
    return false;
  }
  const uint16_t count = ChunkSampleCount(bytes.data());
  const bool gauge = (bytes[2] & 0xc0) == static_cast<uint8_t>(ChunkStart::kGauge);
  HistogramChunkCursor cursor(bytes, integers);
  if (count > 0 && !cursor.ReadLayout()) {
    return false;
  }
  for (uint16_t i = 0; i < count; ++i) {
    if (!cursor.Next(i == 0)) {
      return false;
    }
    if (cursor.t() > max_t) {
      return true;
    }
    if (cursor.t() < min_t) {
      continue;
    }
    auto histogram = std::make_shared<FloatHistogram>(cursor.Value());
    if (!IsStaleNaN(histogram->sum)) {
      histogram->counter_reset_hint = gauge ? CounterResetHint::kGauge : i > 0 ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
    }
    out->histograms.resize(out->size());
    out->timestamps.push_back(cursor.t());
    out->values.push_back(cursor.sum());
    out->histograms.push_back(std::move(histogram));
  }
  return true;
}

}  // namespace tocsin
