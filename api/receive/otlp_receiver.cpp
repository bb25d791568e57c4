#include "api/receive/otlp_receiver.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>

#include "api/receive/remote_write_receiver.h"
#include "base/compress/compress.h"
#include "base/log.h"
#include "base/memory_share.h"
#include "base/status.h"

namespace tocsin {
namespace {

// A byte of a request takes up to so many when it is decoded.
constexpr uint64_t kDecodedPart = 5;

absl::Status NoRoom() { return absl::UnavailableError("the memory limit (--memory.max) has no room for this request"); }

/// `room` holds what the request takes until it is stored.
absl::StatusOr<std::vector<wire::OtlpResource>> DecodeOtlpRequest(const http::Request& request, MemoryShare* bodies, MemoryClaim* room) {
  const std::string_view type = request.Header("Content-Type");
  const std::string_view encoding = request.Header("Content-Encoding");
  if (type != "application/x-protobuf" && type != "application/json") {
    return absl::InvalidArgumentError(Cat("unsupported content type: ", type, ", supported: [application/json, application/x-protobuf]"));
  }
  if (!encoding.empty() && encoding != "gzip") {
    return absl::InvalidArgumentError(Cat("unsupported compression: ", encoding, ". Only \"gzip\" or no compression supported"));
  }
  std::string unpacked;
  std::string_view body = request.body;
  if (!encoding.empty()) {
    const bool limited = bodies != nullptr && bodies->bytes_max() > 0;
    const uint64_t free_bytes = limited ? static_cast<uint64_t>(std::max<int64_t>(0, bodies->free_bytes())) : kOtlpBodyBytesMax;
    const absl::Status decoded = GzipDecode(request.body, std::min(kOtlpBodyBytesMax, free_bytes), &unpacked);
    if (absl::IsResourceExhausted(decoded) && free_bytes < kOtlpBodyBytesMax) {
      return NoRoom();
    }
    RETURN_IF_ERROR(decoded);
    body = unpacked;
  }
  if (body.size() > kOtlpBodyBytesMax) {
    return absl::ResourceExhaustedError(Cat("the request is larger than ", kOtlpBodyBytesMax, " bytes"));
  }
  if (!room->GrowTo(body.size() * kDecodedPart)) {
    return NoRoom();
  }
  return type == "application/json" ? wire::DecodeOtlpJson(body) : wire::DecodeOtlpProtobuf(body);
}

}  // namespace

OtlpReceiver::OtlpReceiver(OtlpReceiverOptions options, std::function<OtlpConfig()> config, Appendable& store, const Clock& clock,
                           prometheus::Registry& metrics)
    : options_(options),
      config_(std::move(config)),
      store_(store),
      clock_(clock),
      warnings_(prometheus::BuildCounter()
                    .Name("prometheus_api_otlp_translation_warnings_total")
                    .Help("The total number of warnings produced while translating OTLP metrics to the Prometheus model, by category.")
                    .Register(metrics)),
      out_of_order_exemplars_(prometheus::BuildCounter()
                                  .Name("prometheus_api_otlp_out_of_order_exemplars_total")
                                  .Help("The total number of received OTLP exemplars which were rejected because they were out of order.")
                                  .Register(metrics)
                                  .Add({})) {
  // All samples come with their metadata.
  prometheus::BuildCounter()
      .Name("prometheus_api_otlp_appended_samples_without_metadata_total")
      .Help("The total number of samples ingested from OTLP without corresponding metadata.")
      .Register(metrics)
      .Add({});
}

http::Response OtlpReceiver::Handle(const http::Request& request) {
  MemoryClaim room(options_.bodies);
  absl::StatusOr<std::vector<wire::OtlpResource>> resources = DecodeOtlpRequest(request, options_.bodies, &room);
  if (absl::IsUnavailable(resources.status())) {
    options_.bodies->CountRefused();
    http::Response response = WriteError(429, Message(resources.status()));
    response.Set("Retry-After", kWriteRetryAfterSeconds);
    return response;
  }
  if (!resources.ok()) {
    return WriteError(absl::IsResourceExhausted(resources.status()) ? 413 : 400, Message(resources.status()));
  }
  if (options_.delta_to_cumulative) {
    if (const size_t left_out = cumulative_.Convert(&*resources, clock_.NowMs()); left_out > 0) {
      warnings_.Add({{"category", "delta_out_of_order"}}).Increment(static_cast<double>(left_out));
      LogWarn("OTLP deltas were left out: they do not follow the last ones of their streams", {{"points", left_out}});
    }
  }
  return Store(*resources);
}

http::Response OtlpReceiver::Store(const std::vector<wire::OtlpResource>& resources) {
  const std::unique_ptr<Appender> appender = store_.OpenAppender();
  OtlpTranslateOptions options{config_(), options_.lookback_ms, options_.type_and_unit_labels, options_.native_delta,
                               clock_.NowMs() + kWriteAheadMax};
  OtlpTranslator translator(std::move(options), *appender);
  const absl::Status appended = translator.Append(resources);
  for (const auto& [category, text] : translator.warnings()) {
    warnings_.Add({{"category", category}}).Increment();
    LogWarn("Warning translating OTLP metrics", {{"warning", text}});
  }
  out_of_order_exemplars_.Increment(static_cast<double>(translator.out_of_order_exemplars()));
  if (!appended.ok()) {
    appender->Rollback();
    LogError("Error appending OTLP metrics", {{"err", appended}});
    return WriteError(500, Message(appended));
  }
  if (const absl::Status committed = appender->Commit(); !committed.ok()) {
    return WriteError(503, Message(committed));
  }
  if (translator.refused_for_memory()) {
    http::Response response = WriteError(429, AppendResultText(AppendResult::kMemoryLimit));
    response.Set("Retry-After", kWriteRetryAfterSeconds);
    return response;
  }
  return translator.errors().empty() ? http::Response{.status = 200} : WriteError(400, translator.errors().Text());
}

}  // namespace tocsin
