#include "engine/remote/remote_read_client.h"

#include <algorithm>
#include <map>

#include "base/compress/compress.h"
#include "base/secret.h"
#include "base/status.h"
#include "storage/chunk/chunk.h"

namespace tocsin {
namespace {

/// Of an answer, unpacked; more is refused.
constexpr uint64_t kReadAnswerBytesMax = uint64_t{1} << 30;

absl::StatusOr<std::vector<wire::ReadSeries>> DecodeSampledAnswer(std::string_view packed) {
  std::string body;
  RETURN_IF_ERROR(SnappyDecode(packed, kReadAnswerBytesMax, &body));
  ASSIGN_OR_RETURN(std::vector<std::vector<wire::ReadSeries>> results, wire::DecodeReadResponse(body));
  if (results.size() != 1) {
    return absl::InvalidArgumentError(Cat("responses: want 1, got ", results.size()));
  }
  return std::move(results[0]);
}

absl::StatusOr<std::vector<wire::ReadSeries>> DecodeChunkedAnswer(std::string_view stream, const wire::ReadQuery& query,
                                                                  size_t frame_bytes_max) {
  std::map<Labels, SampleColumns> by_labels;
  std::string_view message;
  while (!stream.empty()) {
    ASSIGN_OR_RETURN(const bool whole, wire::TakeFrame(&stream, frame_bytes_max, &message));
    if (!whole) {
      return absl::InvalidArgumentError("unexpected EOF");
    }
    ASSIGN_OR_RETURN(const wire::ChunkedReadFrame frame, wire::DecodeChunkedRead(message));
    for (const wire::ChunkedSeries& series : frame.series) {
      SampleColumns& samples = by_labels[series.labels];
      for (const wire::WireChunk& chunk : series.chunks) {
        const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(chunk.data.data()), chunk.data.size());
        if (!ReadChunk(static_cast<ChunkEncoding>(chunk.encoding), bytes, query.start, query.end, &samples)) {
          return absl::InvalidArgumentError("a chunk of the remote read answer is damaged");
        }
      }
    }
  }
  std::vector<wire::ReadSeries> all;
  for (auto& [labels, samples] : by_labels) {
    all.push_back({labels, std::move(samples)});
  }
  return all;
}

}  // namespace

absl::StatusOr<std::vector<wire::ReadSeries>> RemoteReadClient::Read(const wire::ReadQuery& query, const StopToken* stop) {
  wire::ReadRequest read;
  read.queries = {query};
  read.accepted_types = {static_cast<uint64_t>(wire::ReadResponseType::kStreamedXorChunks),
                         static_cast<uint64_t>(wire::ReadResponseType::kSamples)};
  HttpRequest request;
  request.method = "POST";
  request.url = config_.url;
  request.timeout_ms = config_.remote_timeout_ms;
  request.body_bytes_max = kReadAnswerBytesMax;
  request.decode_content = false;
  SnappyEncode(wire::EncodeReadRequest(read), &request.body);
  for (const auto& [name, value] : config_.headers) {
    request.headers.emplace_back(name, value);
  }
  request.headers.emplace_back("Content-Encoding", "snappy");
  request.headers.emplace_back("Accept-Encoding", "snappy");
  request.headers.emplace_back("Content-Type", "application/x-protobuf");
  request.headers.emplace_back("User-Agent", "Tocsin");
  request.headers.emplace_back("X-Prometheus-Remote-Read-Version", "0.1.0");
  ASSIGN_OR_RETURN(const HttpResponse response, client_.Do(request, stop));
  if (!response.ok()) {
    return absl::UnavailableError(Cat("remote server ", RedactUrl(config_.url), " returned http status ", response.status_text, ": ",
                                      std::string_view(response.body).substr(0, 1024)));
  }
  const std::string_view type = response.Header("Content-Type");
  absl::StatusOr<std::vector<wire::ReadSeries>> series = type.starts_with("application/x-streamed-protobuf")
                                                             ? DecodeChunkedAnswer(response.body, query, config_.chunked_read_limit_bytes)
                                                             : DecodeSampledAnswer(response.body);
  if (series.ok()) {
    std::sort(series->begin(), series->end(), [](const wire::ReadSeries& a, const wire::ReadSeries& b) { return a.labels < b.labels; });
  }
  return series;
}

}  // namespace tocsin
