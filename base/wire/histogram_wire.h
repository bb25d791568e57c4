#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/model/histogram.h"
#include "base/model/integer_histogram.h"
#include "base/types.h"
#include "base/wire/proto_writer.h"

namespace tocsin::wire {

/// Buckets, spans or bounds of one histogram that are read; more is damage.
inline constexpr size_t kHistogramBucketsMax = 100'000;

/// A native histogram of remote write (prometheus.Histogram of prompb/types.proto; the message of remote write 2.0 is the same plus a
/// start timestamp). Reuse one object for many: it keeps its memory.
struct WireHistogram {
  bool is_float = false;      ///< by the kind of the count
  IntegerHistogram integers;  ///< when not is_float
  FloatHistogram floats;      ///< when is_float
  TimestampMs t = 0;
  TimestampMs start_t = 0;  ///< 0: none
};

/// False: damaged.
bool DecodeHistogram(std::string_view message, WireHistogram* out);

/// A BucketSpan, put behind `out`, which holds at most kHistogramBucketsMax. False: damaged. The messages of io.prometheus.client's
/// metrics.proto and of prompb are the same.
bool DecodeSpan(std::string_view message, std::vector<Span>* out);

/// What a receiver does with a histogram from the network: reduces schemas 9..52 to 8, checks it, and makes floats of it in `out`.
absl::Status UsableHistogram(const WireHistogram& wire, FloatHistogram* out);

/// All counts are whole numbers that fit an int64: what can be written as integers.
bool HasWholeCounts(const FloatHistogram& h);

/// The fields of the message for a histogram with float counts; `integers` writes whole counts as integers (delta encoded).
void EncodeHistogram(const FloatHistogram& h, bool integers, TimestampMs t, TimestampMs start_t, ProtoWriter* writer);

}  // namespace tocsin::wire
