#include "api/receive/remote_read_handler.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <algorithm>

#include "api/receive/chunk_stream.h"
#include "api/receive/write_protocol.h"
#include "base/compress/compress.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/status.h"

namespace tocsin {
namespace {

// Memory is asked for while an answer grows, so much at once. A byte of it takes up to so many: the string grows by doubling, and is then
// compressed into another.
constexpr int64_t kAskForBytes = 4 << 20;
constexpr int64_t kBytesOfBody = 3;

using ExternalLabels = RemoteReadHandler::ExternalLabels;

/// A series in the store does not carry external labels: who asks for them by equality means all of ours.
std::vector<Matcher> WithoutExternal(const std::vector<Matcher>& matchers, const ExternalLabels& external) {
  std::vector<Matcher> result;
  for (const Matcher& matcher : matchers) {
    const auto is_external = [&matcher](const auto& label) { return label.first == matcher.name() && label.second == matcher.value(); };
    const bool ours = matcher.type() == MatchType::kEqual && std::any_of(external.begin(), external.end(), is_external);
    result.push_back(ours ? Matcher::Equal(matcher.name(), "") : matcher);
  }
  return result;
}

/// The labels of a series and the external ones that it lacks; views into both.
std::vector<Label> MergeExternal(const Labels& labels, const ExternalLabels& external) {
  std::vector<Label> merged;
  auto next = external.begin();
  for (const Label& label : labels) {
    for (; next != external.end() && next->first < label.name; ++next) {
      merged.push_back({next->first, next->second});
    }
    if (next != external.end() && next->first == label.name) {
      ++next;
    }
    merged.push_back(label);
  }
  for (; next != external.end(); ++next) {
    merged.push_back({next->first, next->second});
  }
  return merged;
}

absl::StatusOr<SeriesList> SelectFor(Querier& querier, const wire::ReadQuery& query, const ExternalLabels& external) {
  const std::vector<Matcher> matchers = WithoutExternal(query.matchers, external);
  if (matchers.empty()) {
    return absl::InvalidArgumentError("a query needs at least one matcher");
  }
  return querier.Select(matchers, {query.start, query.end});
}

http::Response ReadError(const absl::Status& status) {
  return WriteError(absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status) ? 400 : 500, Message(status));
}

}  // namespace

/// One of the places for queries that run at once; waits for it.
class RemoteReadHandler::Place {
 public:
  explicit Place(RemoteReadHandler& handler) : handler_(handler) {
    handler_.queries_.Increment();
    MutexLock lock(handler_.mu_);
    while (handler_.running_ >= handler_.options_.concurrent_limit) {
      handler_.place_free_.Wait(handler_.mu_);
    }
    ++handler_.running_;
  }

  ~Place() {
    handler_.queries_.Decrement();
    MutexLock lock(handler_.mu_);
    --handler_.running_;
    handler_.place_free_.NotifyOne();
  }

  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  RemoteReadHandler& handler_;
};

/// Makes the frames of a streamed answer one by one, as the client takes them.
class RemoteReadHandler::ChunkedAnswer {
 public:
  ChunkedAnswer(RemoteReadHandler& handler, wire::ReadRequest request, ExternalLabels external, std::shared_ptr<Place> place)
      : handler_(handler), request_(std::move(request)), external_(std::move(external)), place_(std::move(place)) {}

  /// Opens the first query, so that its errors become an answer of their own.
  absl::Status Start() { return OpenQuery(); }

  bool Next(std::string* chunk) {
    const size_t old_size = chunk->size();
    while (query_ < request_.queries.size()) {
      if (series_at_ == series_.size()) {
        ++query_;
        if (const absl::Status opened = OpenQuery(); !opened.ok()) {
          LogWarn("Error on chunked remote read query", {{"err", opened}});
          return false;
        }
        continue;
      }
      AppendSeriesFrames(*series_[series_at_++], chunk);
      if (chunk->size() - old_size >= handler_.options_.max_bytes_in_frame) {
        return true;
      }
    }
    return chunk->size() > old_size;
  }

 private:
  absl::Status OpenQuery() {
    series_.clear();
    series_at_ = 0;
    querier_ = nullptr;
    if (query_ >= request_.queries.size()) {
      return absl::OkStatus();
    }
    const wire::ReadQuery& query = request_.queries[query_];
    ASSIGN_OR_RETURN(querier_, handler_.store_.OpenQuerier(query.start, query.end));
    ASSIGN_OR_RETURN(series_, SelectFor(*querier_, query, external_));
    return absl::OkStatus();
  }

  /// At most one series a frame; a series is split when its chunks are too large for one.
  void AppendSeriesFrames(const SelectedSeries& series, std::string* out) {
    const wire::ReadQuery& query = request_.queries[query_];
    samples_.Clear();
    series.Read(query.start, query.end, &samples_);
    const Labels labels = series.labels();
    const std::vector<Label> merged = MergeExternal(labels, external_);
    const std::vector<EncodedChunk> chunks = EncodeChunks(samples_);
    std::vector<wire::WireChunk> in_frame;
    size_t bytes = 0;
    for (size_t i = 0; i < chunks.size(); ++i) {
      in_frame.push_back({chunks[i].min_t, chunks[i].max_t, chunks[i].encoding, chunks[i].data});
      bytes += chunks[i].data.size() + sizeof(wire::WireChunk);
      if (bytes >= handler_.options_.max_bytes_in_frame || i + 1 == chunks.size()) {
        std::string message;
        wire::AppendChunkedSeries(merged, in_frame, static_cast<int64_t>(query_), &message);
        wire::AppendFrame(message, out);
        in_frame.clear();
        bytes = 0;
      }
    }
  }

  RemoteReadHandler& handler_;
  wire::ReadRequest request_;
  ExternalLabels external_;
  std::shared_ptr<Place> place_;
  size_t query_ = 0;
  std::unique_ptr<Querier> querier_;
  SeriesList series_;  // must go before the querier
  size_t series_at_ = 0;
  SampleColumns samples_;
};

RemoteReadHandler::RemoteReadHandler(RemoteReadOptions options, Queryable& store, std::function<ExternalLabels()> external_labels,
                                     prometheus::Registry& metrics)
    : options_(options),
      store_(store),
      external_labels_(std::move(external_labels)),
      queries_(prometheus::BuildGauge()
                   .Name("prometheus_remote_read_handler_queries")
                   .Help("The current number of remote read queries that are either in execution or queued on the handler.")
                   .Register(metrics)
                   .Add({})) {}

http::Response RemoteReadHandler::Handle(const http::Request& request) {
  auto place = std::make_shared<Place>(*this);
  std::string body;
  if (const absl::Status decoded = SnappyDecode(request.body, kReadRequestBytesMax, &body); !decoded.ok()) {
    return absl::IsResourceExhausted(decoded) ? WriteError(400, Cat("snappy: decoded length exceeds limit ", kReadRequestBytesMax))
                                              : WriteError(400, "snappy: corrupt input");
  }
  absl::StatusOr<wire::ReadRequest> read = wire::DecodeReadRequest(body);
  if (!read.ok()) {
    return WriteError(400, Message(read.status()));
  }
  for (const uint64_t type : read->accepted_types) {
    if (type == static_cast<uint64_t>(wire::ReadResponseType::kSamples)) {
      return AnswerSamples(*read, external_labels_());
    }
    if (type == static_cast<uint64_t>(wire::ReadResponseType::kStreamedXorChunks)) {
      return AnswerChunks(*std::move(read), external_labels_(), std::move(place));
    }
  }
  if (read->accepted_types.empty()) {
    return AnswerSamples(*read, external_labels_());
  }
  return WriteError(400, "server does not support any of the requested response types; supported: SAMPLES, STREAMED_XOR_CHUNKS");
}

http::Response RemoteReadHandler::AnswerSamples(const wire::ReadRequest& request, const ExternalLabels& external) {
  std::string body;
  wire::ProtoWriter writer(&body);
  SampleColumns samples;
  absl::Status room;
  size_t asked_bytes = kAskForBytes / kBytesOfBody;
  for (const wire::ReadQuery& query : request.queries) {
    absl::StatusOr<std::unique_ptr<Querier>> querier = store_.OpenQuerier(query.start, query.end);
    if (!querier.ok()) {
      return ReadError(querier.status());
    }
    const absl::StatusOr<SeriesList> selected = SelectFor(**querier, query, external);
    if (!selected.ok()) {
      return ReadError(selected.status());
    }
    size_t count = 0;
    writer.Message(1, [&](wire::ProtoWriter& result) {
      for (const std::unique_ptr<SelectedSeries>& series : *selected) {
        samples.Clear();
        series->Read(query.start, query.end, &samples);
        count += samples.size();
        if (options_.sample_limit > 0 && count > options_.sample_limit) {
          return;
        }
        if (body.size() >= asked_bytes) {
          room = MakeRoom(options_.memory_budget, kAskForBytes);
          asked_bytes += kAskForBytes / kBytesOfBody;
        }
        if (!room.ok()) {
          return;
        }
        const Labels labels = series->labels();
        const std::vector<Label> merged = MergeExternal(labels, external);
        result.Message(1, [&](wire::ProtoWriter& out) { wire::EncodeReadSeries(merged, samples, &out); });
      }
    });
    if (!room.ok()) {
      return WriteError(422, Message(room));
    }
    if (options_.sample_limit > 0 && count > options_.sample_limit) {
      return WriteError(400, Cat("exceeded sample limit (", options_.sample_limit, ")"));
    }
  }
  http::Response response;
  response.Set("Content-Type", "application/x-protobuf");
  response.Set("Content-Encoding", "snappy");
  SnappyEncode(body, &response.body);
  return response;
}

http::Response RemoteReadHandler::AnswerChunks(wire::ReadRequest request, ExternalLabels external, std::shared_ptr<Place> place) {
  auto answer = std::make_shared<ChunkedAnswer>(*this, std::move(request), std::move(external), std::move(place));
  if (const absl::Status started = answer->Start(); !started.ok()) {
    return ReadError(started);
  }
  http::Response response;
  response.Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  response.stream = [answer](std::string* chunk) { return answer->Next(chunk); };
  return response;
}

}  // namespace tocsin
