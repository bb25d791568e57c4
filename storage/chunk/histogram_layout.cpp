#include "storage/chunk/histogram_layout.h"

#include <bit>
#include <cmath>

#include "storage/chunk/varbit.h"

namespace tocsin {
namespace {

// A zero threshold that is a power of two between 2^-243 and 2^10 takes one byte: its exponent + 243.
constexpr int kThresholdExponentBias = 243;
constexpr uint8_t kThresholdRaw = 255;
// A custom bound that is a multiple of 0.001 up to here is written as an integer, plus one.
constexpr double kCustomBoundScale = 1000;
constexpr double kCustomBoundScaledMax = 33554430;

void WriteDouble(double value, BitWriter* out) { out->WriteBits(std::bit_cast<uint64_t>(value), 64); }
double ReadDouble(BitReader* in) { return std::bit_cast<double>(in->ReadBits(64)); }

void WriteZeroThreshold(double threshold, BitWriter* out) {
  if (threshold == 0) {
    out->WriteByte(0);
    return;
  }
  int exponent = 0;
  if (std::frexp(threshold, &exponent) == 0.5 && exponent >= -242 && exponent <= 11) {
    out->WriteByte(static_cast<uint8_t>(exponent + kThresholdExponentBias));
    return;
  }
  out->WriteByte(kThresholdRaw);
  WriteDouble(threshold, out);
}

double ReadZeroThreshold(BitReader* in) {
  const auto byte = static_cast<uint8_t>(in->ReadBits(8));
  if (byte == 0) {
    return 0;
  }
  return byte == kThresholdRaw ? ReadDouble(in) : std::ldexp(0.5, byte - kThresholdExponentBias);
}

void WriteSpans(const std::vector<Span>& spans, BitWriter* out) {
  WriteVarbitUint(spans.size(), out);
  for (const Span& span : spans) {
    WriteVarbitUint(span.length, out);
    WriteVarbitInt(span.offset, out);
  }
}

bool ReadSpans(BitReader* in, std::vector<Span>* out) {
  const uint64_t count = ReadVarbitUint(in);
  uint64_t buckets = 0;
  if (count > kHistogramBucketsMax) {
    return false;
  }
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    const uint64_t length = ReadVarbitUint(in);
    const int64_t offset = ReadVarbitInt(in);
    buckets += length;
    if (length > kHistogramBucketsMax || buckets > kHistogramBucketsMax) {
      return false;
    }
    out->push_back(Span{static_cast<int32_t>(offset), static_cast<uint32_t>(length)});
  }
  return in->ok();
}

void WriteCustomBound(double bound, BitWriter* out) {
  const double scaled = bound * kCustomBoundScale;
  if (scaled >= 0 && scaled <= kCustomBoundScaledMax && std::round(scaled) / kCustomBoundScale == bound) {
    WriteVarbitUint(static_cast<uint64_t>(std::round(scaled)) + 1, out);
    return;
  }
  out->WriteBit(false);
  WriteDouble(bound, out);
}

double ReadCustomBound(BitReader* in) {
  const uint64_t stored = ReadVarbitUint(in);
  return stored == 0 ? ReadDouble(in) : static_cast<double>(stored - 1) / kCustomBoundScale;
}

}  // namespace

void WriteHistogramLayout(const HistogramLayout& layout, BitWriter* out) {
  WriteZeroThreshold(layout.zero_threshold, out);
  WriteVarbitInt(layout.schema, out);
  WriteSpans(layout.positive_spans, out);
  WriteSpans(layout.negative_spans, out);
  if (layout.schema == kCustomBucketsSchema) {
    WriteVarbitUint(layout.custom_values.size(), out);
    for (const double bound : layout.custom_values) {
      WriteCustomBound(bound, out);
    }
  }
}

bool ReadHistogramLayout(BitReader* in, HistogramLayout* out) {
  out->zero_threshold = ReadZeroThreshold(in);
  out->schema = static_cast<int32_t>(ReadVarbitInt(in));
  if (!ReadSpans(in, &out->positive_spans) || !ReadSpans(in, &out->negative_spans)) {
    return false;
  }
  if (out->schema == kCustomBucketsSchema) {
    const uint64_t count = ReadVarbitUint(in);
    if (count > kHistogramBucketsMax) {
      return false;
    }
    for (uint64_t i = 0; i < count && in->ok(); ++i) {
      out->custom_values.push_back(ReadCustomBound(in));
    }
  }
  return in->ok();
}

size_t CountBuckets(const std::vector<Span>& spans) {
  size_t count = 0;
  for (const Span& span : spans) {
    count += span.length;
  }
  return count;
}

std::vector<int64_t> BucketIndexes(const std::vector<Span>& spans) {
  std::vector<int64_t> indexes;
  indexes.reserve(CountBuckets(spans));
  int64_t index = 0;
  for (const Span& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) {
      indexes.push_back(index++);
    }
  }
  return indexes;
}

std::vector<Span> SpansOf(const std::vector<int64_t>& indexes) {
  std::vector<Span> spans;
  int64_t next = 0;
  for (const int64_t index : indexes) {
    if (spans.empty() || index != next) {
      spans.push_back(Span{static_cast<int32_t>(index - next), 0});
    }
    ++spans.back().length;
    next = index + 1;
  }
  return spans;
}

}  // namespace tocsin
