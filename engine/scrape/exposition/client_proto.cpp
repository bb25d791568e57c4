#include "engine/scrape/exposition/client_proto.h"

#include "base/model/float_histogram.h"
#include "base/strings.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/proto_reader.h"

namespace tocsin {
namespace {

using wire::kBytes;
using wire::kFixed64;
using wire::kVarint;
using wire::ProtoReader;
using wire::Tag;

constexpr uint64_t kSpanLengthSumMax = 1 << 24;

bool ReadLabelPair(std::string_view message, std::vector<std::pair<std::string_view, std::string_view>>* labels) {
  std::pair<std::string_view, std::string_view> label;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        label.first = reader.bytes();
        break;
      case Tag(2, kBytes):
        label.second = reader.bytes();
        break;
    }
  }
  labels->push_back(label);
  return reader.ok();
}

bool ReadTimestampMs(std::string_view message, TimestampMs* t) {
  int64_t seconds = 0;
  int64_t nanos = 0;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        seconds = reader.int64();
        break;
      case Tag(2, kVarint):
        nanos = reader.int32();
        break;
    }
  }
  constexpr int64_t kSecondsMax = kMaxTimestamp / 1000 - 1;
  *t = seconds > kSecondsMax || seconds < -kSecondsMax ? 0 : seconds * 1000 + nanos / 1'000'000;
  return reader.ok();
}

bool ReadClientExemplar(std::string_view message, ClientExemplar* exemplar) {
  bool good = true;
  exemplar->present = true;
  ProtoReader reader(message);
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        good = ReadLabelPair(reader.bytes(), &exemplar->labels);
        break;
      case Tag(2, kFixed64):
        exemplar->value = reader.float64();
        break;
      case Tag(3, kBytes):
        exemplar->has_timestamp = true;
        good = ReadTimestampMs(reader.bytes(), &exemplar->timestamp);
        break;
    }
  }
  return good && reader.ok();
}

/// Counter, Gauge and Untyped: all have the value first.
bool ReadSimple(std::string_view message, ClientMetric* metric) {
  bool good = true;
  ProtoReader reader(message);
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kFixed64):
        metric->value = reader.float64();
        break;
      case Tag(2, kBytes):
        good = ReadClientExemplar(reader.bytes(), &metric->exemplar);
        break;
      case Tag(3, kBytes):
        good = ReadTimestampMs(reader.bytes(), &metric->start_timestamp);
        break;
    }
  }
  return good && reader.ok();
}

bool ReadQuantile(std::string_view message, ClientMetric* metric) {
  std::pair<double, double> quantile;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kFixed64):
        quantile.first = reader.float64();
        break;
      case Tag(2, kFixed64):
        quantile.second = reader.float64();
        break;
    }
  }
  metric->quantiles.push_back(quantile);
  return reader.ok();
}

bool ReadSummary(std::string_view message, ClientMetric* metric) {
  bool good = true;
  ProtoReader reader(message);
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        metric->summary_count = static_cast<double>(reader.uint64());
        break;
      case Tag(2, kFixed64):
        metric->summary_sum = reader.float64();
        break;
      case Tag(3, kBytes):
        good = ReadQuantile(reader.bytes(), metric);
        break;
      case Tag(4, kBytes):
        good = ReadTimestampMs(reader.bytes(), &metric->start_timestamp);
        break;
    }
  }
  return good && reader.ok();
}

bool ReadBucket(std::string_view message, std::vector<ClientBucket>* buckets) {
  ClientBucket bucket;
  double float_count = 0;
  bool good = true;
  ProtoReader reader(message);
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        bucket.cumulative_count = static_cast<double>(reader.uint64());
        break;
      case Tag(2, kFixed64):
        bucket.upper_bound = reader.float64();
        break;
      case Tag(3, kBytes):
        good = ReadClientExemplar(reader.bytes(), &bucket.exemplar);
        break;
      case Tag(4, kFixed64):
        float_count = reader.float64();
        break;
    }
  }
  if (float_count != 0) {
    bucket.cumulative_count = float_count;
  }
  buckets->push_back(std::move(bucket));
  return good && reader.ok();
}

bool ReadDeltas(const ProtoReader& reader, std::vector<int64_t>* deltas) {
  if ((reader.tag() & 7) == kVarint) {
    deltas->push_back(reader.sint64());
    return true;
  }
  return wire::ReadPackedVarints(reader.bytes(), [&](uint64_t value) {
    deltas->push_back(ProtoReader::ZigZag(value));
    return true;
  });
}

bool ReadCounts(const ProtoReader& reader, std::vector<double>* counts) {
  if ((reader.tag() & 7) == kFixed64) {
    counts->push_back(reader.float64());
    return true;
  }
  return wire::ReadPackedDoubles(reader.bytes(), [&](double value) {
    counts->push_back(value);
    return true;
  });
}

/// Both forms of a number: the float one counts where it is not zero.
struct Counts {
  double whole = 0;
  double real = 0;
  double value() const { return real != 0 ? real : whole; }
};

bool ReadNativeField(const ProtoReader& reader, ClientHistogram* h) {
  switch (reader.tag()) {
    case Tag(9, kBytes):
      return wire::DecodeSpan(reader.bytes(), &h->negative_spans);
    case Tag(10, kVarint):
    case Tag(10, kBytes):
      return ReadDeltas(reader, &h->negative_deltas);
    case Tag(11, kFixed64):
    case Tag(11, kBytes):
      return ReadCounts(reader, &h->negative_counts);
    case Tag(12, kBytes):
      return wire::DecodeSpan(reader.bytes(), &h->positive_spans);
    case Tag(13, kVarint):
    case Tag(13, kBytes):
      return ReadDeltas(reader, &h->positive_deltas);
    case Tag(14, kFixed64):
    case Tag(14, kBytes):
      return ReadCounts(reader, &h->positive_counts);
    default:
      return true;
  }
}

bool ReadHistogram(std::string_view message, ClientMetric* metric) {
  ClientHistogram* const h = &metric->histogram;
  Counts count;
  Counts zero;
  bool good = true;
  ProtoReader reader(message);
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        count.whole = static_cast<double>(reader.uint64());
        break;
      case Tag(2, kFixed64):
        h->sum = reader.float64();
        break;
      case Tag(3, kBytes):
        good = ReadBucket(reader.bytes(), &h->buckets);
        break;
      case Tag(4, kFixed64):
        count.real = reader.float64();
        break;
      case Tag(5, kVarint):
        h->schema = reader.sint32();
        break;
      case Tag(6, kFixed64):
        h->zero_threshold = reader.float64();
        break;
      case Tag(7, kVarint):
        zero.whole = static_cast<double>(reader.uint64());
        break;
      case Tag(8, kFixed64):
        zero.real = reader.float64();
        break;
      case Tag(15, kBytes):
        good = ReadTimestampMs(reader.bytes(), &metric->start_timestamp);
        break;
      case Tag(16, kBytes):
        good = ReadClientExemplar(reader.bytes(), &h->exemplars.emplace_back());
        break;
      default:
        good = ReadNativeField(reader, h);
    }
  }
  h->float_counts = count.real > 0 || zero.real > 0;
  h->count = count.value();
  h->zero_count = h->float_counts ? zero.real : zero.whole;
  return good && reader.ok();
}

bool SideFits(std::string_view side, const std::vector<Span>& spans, size_t buckets, std::string* error) {
  uint64_t total = 0;
  for (const Span& span : spans) {
    total += span.length;
  }
  if (total == buckets && total <= kSpanLengthSumMax) {
    return true;
  }
  *error = Cat(side, " side: spans require ", total, " buckets, have ", buckets);
  return false;
}

std::vector<double> Absolute(const std::vector<int64_t>& deltas) {
  std::vector<double> counts;
  counts.reserve(deltas.size());
  uint64_t count = 0;
  for (const int64_t delta : deltas) {
    count += static_cast<uint64_t>(delta);
    counts.push_back(static_cast<double>(static_cast<int64_t>(count)));
  }
  return counts;
}

}  // namespace

bool ReadClientFamily(std::string_view message, ClientFamily* family) {
  *family = ClientFamily();
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        family->name = reader.bytes();
        break;
      case Tag(2, kBytes):
        family->help = reader.bytes();
        break;
      case Tag(3, kVarint):
        family->type = reader.uint32();
        break;
      case Tag(4, kBytes):
        family->metrics.push_back(reader.bytes());
        break;
      case Tag(5, kBytes):
        family->unit = reader.bytes();
        break;
    }
  }
  return reader.ok();
}

bool ReadClientMetric(std::string_view message, ClientMetric* metric) {
  metric->Clear();
  bool good = true;
  ProtoReader reader(message);
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        good = ReadLabelPair(reader.bytes(), &metric->labels);
        break;
      case Tag(2, kBytes):
      case Tag(3, kBytes):
      case Tag(5, kBytes):
        good = ReadSimple(reader.bytes(), metric);
        break;
      case Tag(4, kBytes):
        good = ReadSummary(reader.bytes(), metric);
        break;
      case Tag(6, kVarint):
        metric->timestamp = reader.int64();
        break;
      case Tag(7, kBytes):
        good = ReadHistogram(reader.bytes(), metric);
        break;
    }
  }
  return good && reader.ok();
}

bool SpansFitBuckets(const ClientHistogram& h, std::string* error) {
  return SideFits("positive", h.positive_spans, h.float_counts ? h.positive_counts.size() : h.positive_deltas.size(), error) &&
         SideFits("negative", h.negative_spans, h.float_counts ? h.negative_counts.size() : h.negative_deltas.size(), error);
}

FloatHistogram ToNativeHistogram(const ClientHistogram& h) {
  FloatHistogram native;
  native.schema = h.schema;
  native.zero_threshold = h.zero_threshold;
  native.zero_count = h.zero_count;
  native.count = h.count;
  native.sum = h.sum;
  native.positive_spans = h.positive_spans;
  native.negative_spans = h.negative_spans;
  native.positive_buckets = h.float_counts ? h.positive_counts : Absolute(h.positive_deltas);
  native.negative_buckets = h.float_counts ? h.negative_counts : Absolute(h.negative_deltas);
  CompactHistogram(&native);
  return native;
}

}  // namespace tocsin
