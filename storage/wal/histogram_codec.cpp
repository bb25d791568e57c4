#include "storage/wal/histogram_codec.h"

#include "storage/chunk/histogram_layout.h"

namespace tocsin {
namespace {

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

}  // namespace

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

void PutHistogram(const FloatHistogram& h, ByteBuffer* out) {
  out->PutZigZag(h.schema);
  for (const double value : {h.zero_threshold, h.zero_count, h.count, h.sum}) {
    out->PutDouble(value);
  }
  PutSpans(h.positive_spans, out);
  PutSpans(h.negative_spans, out);
  PutDoubles(h.positive_buckets, out);
  PutDoubles(h.negative_buckets, out);
  PutDoubles(h.custom_values, out);
}

}  // namespace tocsin
