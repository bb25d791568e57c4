#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "base/model/matcher.h"
#include "base/model/sample.h"
#include "base/types.h"
#include "base/wire/proto_writer.h"

namespace tocsin::wire {

/// The messages of remote read (prompb/remote.proto), both directions, and the frames of its streamed form
/// (storage/remote/chunked.go): uvarint length, CRC-32C big-endian, message.

/// Queries of one request, matchers of one query: more is refused.
inline constexpr size_t kReadQueriesMax = 1000;
inline constexpr size_t kReadMatchersMax = 1000;

enum class ReadResponseType : uint64_t { kSamples = 0, kStreamedXorChunks = 1 };

struct ReadQuery {
  TimestampMs start = 0;
  TimestampMs end = 0;
  std::vector<Matcher> matchers;
};

struct ReadRequest {
  std::vector<ReadQuery> queries;
  std::vector<uint64_t> accepted_types;  ///< as sent, with those that nobody knows
};

absl::StatusOr<ReadRequest> DecodeReadRequest(std::string_view body);
std::string EncodeReadRequest(const ReadRequest& request);

/// One series of a QueryResult, field numbers of prometheus.TimeSeries. Histograms whose counts are whole go as integers.
void EncodeReadSeries(std::span<const Label> labels, const SampleColumns& samples, ProtoWriter* writer);

struct ReadSeries {
  Labels labels;
  SampleColumns samples;
};

/// The series of each query of a ReadResponse. INVALID_ARGUMENT: damaged.
absl::StatusOr<std::vector<std::vector<ReadSeries>>> DecodeReadResponse(std::string_view body);

/// One chunk of a streamed answer; `encoding` by prometheus.Chunk.Encoding.
struct WireChunk {
  TimestampMs min_t = 0;
  TimestampMs max_t = 0;
  uint64_t encoding = 0;
  std::string_view data;
};

struct ChunkedSeries {
  Labels labels;
  std::vector<WireChunk> chunks;  ///< views into the frame
};

struct ChunkedReadFrame {
  std::vector<ChunkedSeries> series;
  int64_t query_index = 0;
};

void AppendChunkedSeries(std::span<const Label> labels, std::span<const WireChunk> chunks, int64_t query_index, std::string* message);
absl::StatusOr<ChunkedReadFrame> DecodeChunkedRead(std::string_view message);

/// CRC-32C (Castagnoli) as in iSCSI, RFC 3720.
uint32_t Crc32c(std::string_view bytes);

void AppendFrame(std::string_view message, std::string* out);

/// Takes the first frame off the front of `*stream`. OK and false: the stream ends within it. Errors: a wrong checksum, a frame above
/// `bytes_max`.
absl::StatusOr<bool> TakeFrame(std::string_view* stream, size_t bytes_max, std::string_view* message);

}  // namespace tocsin::wire
