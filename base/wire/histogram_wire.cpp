#include "base/wire/histogram_wire.h"

#include <algorithm>
#include <cmath>

#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/wire/proto_reader.h"

namespace tocsin::wire {
namespace {

void ResetWireHistogram(WireHistogram* out) {
  const auto clear = [](auto* h) {
    h->counter_reset_hint = CounterResetHint::kUnknown;
    h->schema = 0;
    h->zero_threshold = 0;
    h->zero_count = 0;
    h->count = 0;
    h->sum = 0;
    h->positive_spans.clear();
    h->negative_spans.clear();
    h->custom_values.clear();
  };
  clear(&out->integers);
  clear(&out->floats);
  out->integers.positive_deltas.clear();
  out->integers.negative_deltas.clear();
  out->floats.positive_buckets.clear();
  out->floats.negative_buckets.clear();
  out->is_float = false;
  out->t = 0;
  out->start_t = 0;
}

template <typename T>
bool PushLimited(T value, std::vector<T>* out) {
  if (out->size() == kHistogramBucketsMax) {
    return false;
  }
  out->push_back(value);
  return true;
}

}  // namespace

bool DecodeSpan(std::string_view message, std::vector<Span>* out) {
  Span span;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        span.offset = reader.sint32();
        break;
      case Tag(2, kVarint):
        span.length = reader.uint32();
        break;
      default:
        break;
    }
  }
  return reader.ok() && PushLimited(span, out);
}

namespace {

bool DecodeDeltas(std::string_view packed, std::vector<int64_t>* out) {
  return ReadPackedVarints(packed, [out](uint64_t value) { return PushLimited(ProtoReader::ZigZag(value), out); });
}

bool DecodeDoubles(std::string_view packed, std::vector<double>* out) {
  return ReadPackedDoubles(packed, [out](double value) { return PushLimited(value, out); });
}

/// The fields that may be repeated. False: damaged.
bool DecodeRepeated(const ProtoReader& reader, WireHistogram* out) {
  switch (reader.tag()) {
    case Tag(8, kBytes):
      return DecodeSpan(reader.bytes(), &out->integers.negative_spans);
    case Tag(9, kBytes):
      return DecodeDeltas(reader.bytes(), &out->integers.negative_deltas);
    case Tag(9, kVarint):
      return PushLimited(reader.sint64(), &out->integers.negative_deltas);
    case Tag(10, kBytes):
      return DecodeDoubles(reader.bytes(), &out->floats.negative_buckets);
    case Tag(10, kFixed64):
      return PushLimited(reader.float64(), &out->floats.negative_buckets);
    case Tag(11, kBytes):
      return DecodeSpan(reader.bytes(), &out->integers.positive_spans);
    case Tag(12, kBytes):
      return DecodeDeltas(reader.bytes(), &out->integers.positive_deltas);
    case Tag(12, kVarint):
      return PushLimited(reader.sint64(), &out->integers.positive_deltas);
    case Tag(13, kBytes):
      return DecodeDoubles(reader.bytes(), &out->floats.positive_buckets);
    case Tag(13, kFixed64):
      return PushLimited(reader.float64(), &out->floats.positive_buckets);
    case Tag(16, kBytes):
      return DecodeDoubles(reader.bytes(), &out->integers.custom_values);
    case Tag(16, kFixed64):
      return PushLimited(reader.float64(), &out->integers.custom_values);
    default:
      return true;
  }
}

void EncodeSpans(uint32_t field, const std::vector<Span>& spans, ProtoWriter* writer) {
  for (const Span& span : spans) {
    writer->Message(field, [&span](ProtoWriter& inner) {
      inner.SInt64(1, span.offset);
      inner.Varint(2, span.length);
    });
  }
}

void EncodeDeltas(uint32_t field, const std::vector<double>& counts, ProtoWriter* writer) {
  std::vector<uint64_t> deltas;
  deltas.reserve(counts.size());
  int64_t previous = 0;
  for (const double count : counts) {
    deltas.push_back(EncodeZigZag(static_cast<int64_t>(count) - previous));
    previous = static_cast<int64_t>(count);
  }
  writer->PackedVarints(field, deltas);
}

}  // namespace

bool DecodeHistogram(std::string_view message, WireHistogram* out) {
  ResetWireHistogram(out);
  IntegerHistogram& h = out->integers;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        h.count = reader.uint64();
        out->is_float = false;
        break;
      case Tag(2, kFixed64):
        out->floats.count = reader.float64();
        out->is_float = true;
        break;
      case Tag(3, kFixed64):
        h.sum = reader.float64();
        break;
      case Tag(4, kVarint):
        h.schema = reader.sint32();
        break;
      case Tag(5, kFixed64):
        h.zero_threshold = reader.float64();
        break;
      case Tag(6, kVarint):
        h.zero_count = reader.uint64();
        out->floats.zero_count = 0;
        break;
      case Tag(7, kFixed64):
        out->floats.zero_count = reader.float64();
        h.zero_count = 0;
        break;
      case Tag(14, kVarint):
        h.counter_reset_hint = static_cast<CounterResetHint>(reader.uint64() & 3);
        break;
      case Tag(15, kVarint):
        out->t = reader.int64();
        break;
      case Tag(17, kVarint):
        out->start_t = reader.int64();
        break;
      default:
        if (!DecodeRepeated(reader, out)) {
          return false;
        }
    }
  }
  if (out->is_float) {
    FloatHistogram& f = out->floats;
    f.counter_reset_hint = h.counter_reset_hint;
    f.schema = h.schema;
    f.zero_threshold = h.zero_threshold;
    f.sum = h.sum;
    f.positive_spans.swap(h.positive_spans);
    f.negative_spans.swap(h.negative_spans);
    f.custom_values.swap(h.custom_values);
  }
  return reader.ok();
}

absl::Status UsableHistogram(const WireHistogram& wire, FloatHistogram* out) {
  const int32_t schema = wire.is_float ? wire.floats.schema : wire.integers.schema;
  const bool too_fine = schema > kMaxExponentialSchema && IsKnownSchema(schema);
  if (wire.is_float) {
    *out = wire.floats;
  } else {
    if (!too_fine) {
      RETURN_IF_ERROR(ValidateIntegerHistogram(wire.integers));
    }
    ToFloatHistogram(wire.integers, out);
  }
  if (!too_fine) {
    return wire.is_float ? ValidateHistogram(*out) : absl::OkStatus();
  }
  RETURN_IF_ERROR(ReduceHistogramResolution(out, kMaxExponentialSchema));
  if (!wire.is_float) {
    IntegerHistogram coarse = wire.integers;
    coarse.schema = kMaxExponentialSchema;
    RETURN_IF_ERROR(ValidateIntegerHistogram(coarse));
  }
  return ValidateHistogram(*out);
}

bool HasWholeCounts(const FloatHistogram& h) {
  const auto whole = [](double count) { return count >= 0 && count < 0x1p63 && count == std::floor(count); };
  const auto all_whole = [&whole](const std::vector<double>& counts) { return std::all_of(counts.begin(), counts.end(), whole); };
  return whole(h.count) && whole(h.zero_count) && all_whole(h.positive_buckets) && all_whole(h.negative_buckets);
}

void EncodeHistogram(const FloatHistogram& h, bool integers, TimestampMs t, TimestampMs start_t, ProtoWriter* writer) {
  if (integers) {
    writer->VarintAlways(1, static_cast<uint64_t>(h.count));
  } else {
    writer->DoubleAlways(2, h.count);
  }
  writer->Double(3, h.sum);
  writer->SInt64(4, h.schema);
  writer->Double(5, h.zero_threshold);
  if (integers) {
    writer->VarintAlways(6, static_cast<uint64_t>(h.zero_count));
  } else {
    writer->DoubleAlways(7, h.zero_count);
  }
  EncodeSpans(8, h.negative_spans, writer);
  integers ? EncodeDeltas(9, h.negative_buckets, writer) : writer->PackedDoubles(10, h.negative_buckets);
  EncodeSpans(11, h.positive_spans, writer);
  integers ? EncodeDeltas(12, h.positive_buckets, writer) : writer->PackedDoubles(13, h.positive_buckets);
  writer->Varint(14, static_cast<uint64_t>(h.counter_reset_hint));
  writer->Int64(15, t);
  writer->PackedDoubles(16, h.custom_values);
  writer->Int64(17, start_t);
}

}  // namespace tocsin::wire
