#include "api/receive/remote_write_receiver.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>

#include "api/receive/series_writer.h"
#include "api/receive/write_request_v1.h"
#include "api/receive/write_request_v2.h"
#include "base/compress/snappy_block.h"
#include "base/log.h"
#include "base/memory_share.h"
#include "base/status.h"

namespace tocsin {
namespace {

/// Of the errors of one request, in the log; the sender is told all.
constexpr size_t kLoggedErrorBytes = 1000;

/// Status codes travel through callbacks as absl codes: INVALID_ARGUMENT 400, all else 500.
int WriteStatusCode(const absl::Status& status) { return absl::IsInvalidArgument(status) ? 400 : 500; }

http::Response TooManyRequests(std::string_view text = AppendResultText(AppendResult::kMemoryLimit)) {
  http::Response response = WriteError(429, text);
  response.Set("Retry-After", kWriteRetryAfterSeconds);
  return response;
}

prometheus::Counter& MakeCounter(prometheus::Registry& metrics, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(metrics).Add({});
}

}  // namespace

RemoteWriteReceiver::RemoteWriteReceiver(RemoteWriteOptions options, Appendable& store, const Clock& clock, prometheus::Registry& metrics)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      cache_(clock),
      invalid_label_samples_(
          MakeCounter(metrics, "prometheus_api_remote_write_invalid_labels_samples_total",
                      "The total number of received remote write samples and histogram samples which were rejected due to "
                      "invalid labels.")) {
  // Every sample that is written has its metadata written too where that is kept, so that this one stays at zero.
  MakeCounter(
      metrics, "prometheus_api_remote_write_without_metadata_appended_samples_total",
      "The total number of received remote write samples (and histogram samples) which were ingested without corresponding metadata.");
}

http::Response RemoteWriteReceiver::Handle(const http::Request& request) {
  const std::string_view encoding = request.Header("Content-Encoding");
  if (!encoding.empty() && encoding != "snappy") {
    return WriteError(415, Cat(encoding, " encoding (compression) is not accepted by this server; only snappy is acceptable"));
  }
  const absl::StatusOr<std::string_view> message = ParseWriteContentType(request.Header("Content-Type"));
  if (!message.ok()) {
    return WriteError(415, Message(message.status()));
  }
  const std::vector<std::string>& accepted = options_.accepted_messages;
  if (std::find(accepted.begin(), accepted.end(), *message) == accepted.end()) {
    std::string list;
    for (const std::string& name : accepted) {
      Append(&list, list.empty() ? "" : ", ", name);
    }
    return WriteError(415, Cat(*message, " protobuf message is not accepted by this server; only accepts ", list));
  }
  MemoryClaim room(options_.bodies);
  if (const uint64_t bytes = SnappyUnpackedBytes(request.body); bytes <= kWriteDecodedBytesMax && !room.GrowTo(bytes)) {
    options_.bodies->CountRefused();
    return bytes > static_cast<uint64_t>(options_.bodies->bytes_max())
               ? WriteError(413, "the request does not fit into the memory limit (--memory.max)")
               : TooManyRequests("other requests use the memory that is there for them");
  }
  const absl::StatusOr<RawBytes> body = SnappyUnpack(request.body, kWriteDecodedBytesMax);
  if (!body.ok()) {
    return absl::IsResourceExhausted(body.status()) ? WriteError(413, "snappy: decoded block is too large")
                                                    : WriteError(400, "snappy: corrupt input");
  }
  return *message == kWriteV1 ? WriteV1(body->view()) : WriteV2(body->view());
}

http::Response RemoteWriteReceiver::WriteV1(std::string_view body) {
  const std::unique_ptr<Appender> appender = store_.OpenAppender();
  WriteRequestV1 request(options_, cache_, *appender, clock_.NowMs() + kWriteAheadMax);
  const absl::Status written = request.Append(body);
  invalid_label_samples_.Increment(static_cast<double>(request.invalid_series()));
  if (!written.ok()) {
    appender->Rollback();
    LogError("Error in a remote write request", {{"err", written}});
    return WriteError(WriteStatusCode(written), Message(written));
  }
  if (const absl::Status committed = appender->Commit(); !committed.ok()) {
    return WriteError(503, Message(committed));
  }
  return request.refused_for_memory() ? TooManyRequests() : http::Response{.status = 204};
}

http::Response RemoteWriteReceiver::WriteV2(std::string_view body) {
  const std::unique_ptr<Appender> appender = store_.OpenAppender();
  WriteRequestV2 request(options_, cache_, *appender, clock_.NowMs() + kWriteAheadMax);
  const auto answer = [](http::Response response, const WrittenCounts& counts) {
    SetWrittenHeaders(counts, &response);
    return response;
  };
  const absl::Status written = request.Append(body);
  invalid_label_samples_.Increment(static_cast<double>(request.invalid_label_samples()));
  if (!written.ok()) {
    appender->Rollback();
    LogError("Error in a remote write request", {{"err", written}});
    return answer(WriteError(WriteStatusCode(written), Message(written)), {});
  }
  if (const absl::Status committed = appender->Commit(); !committed.ok()) {
    return answer(WriteError(503, Message(committed)), {});
  }
  if (request.refused_for_memory()) {
    return answer(TooManyRequests(), request.written());
  }
  if (!request.errors().empty()) {
    const std::string text = request.errors().Text();
    LogError("Remote write request with errors", {{"err", text.substr(0, kLoggedErrorBytes)}});
    return answer(WriteError(400, text), request.written());
  }
  return answer(http::Response{.status = 204}, request.written());
}

}  // namespace tocsin
