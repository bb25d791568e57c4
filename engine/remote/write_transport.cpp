#include "engine/remote/write_transport.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace tocsin {
namespace {

/// Of the receiver's text, in logs.
constexpr size_t kErrorTextBytesMax = 2048;
constexpr uint64_t kAnswerBytesMax = 1 << 20;
constexpr DurationMs kRetryAfterMax = kHour;

DurationMs ParseRetryAfter(std::string_view text) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return 0;
  }
  return std::min<DurationMs>(seconds * kSecond, kRetryAfterMax);
}

class HttpWriteTransport : public WriteTransport {
 public:
  HttpWriteTransport(const RemoteWriteConfig& config, const Clock& clock) : config_(config), client_(config.http, clock) {}

  WriteOutcome Send(const std::string& body, RemoteWriteMessage message, int attempt, const StopToken& stop) override {
    HttpRequest request;
    request.method = "POST";
    request.url = config_.url;
    request.timeout_ms = config_.remote_timeout_ms;
    request.body_bytes_max = kAnswerBytesMax;
    request.body = body;
    for (const auto& [name, value] : config_.headers) {
      request.headers.emplace_back(name, value);
    }
    const bool v2 = message == RemoteWriteMessage::kV2;
    request.headers.emplace_back("Content-Encoding", "snappy");
    request.headers.emplace_back("Content-Type",
                                 v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf");
    request.headers.emplace_back("X-Prometheus-Remote-Write-Version", v2 ? "2.0.0" : "0.1.0");
    request.headers.emplace_back("User-Agent", "Tocsin");
    if (attempt > 0) {
      request.headers.emplace_back("Retry-Attempt", std::to_string(attempt));
    }
    const absl::StatusOr<HttpResponse> response = client_.Do(request, &stop);
    if (!response.ok()) {
      const bool stopped = absl::IsCancelled(response.status());
      const bool hopeless = absl::IsInvalidArgument(response.status());
      return {stopped    ? WriteOutcome::Kind::kStopped
              : hopeless ? WriteOutcome::Kind::kRefused
                         : WriteOutcome::Kind::kRetry,
              std::string(Message(response.status())), 0};
    }
    return Judge(*response);
  }

 private:
  WriteOutcome Judge(const HttpResponse& response) const {
    if (response.ok()) {
      return {};
    }
    WriteOutcome outcome;
    outcome.error =
        Cat("server returned HTTP status ", response.status_text, ": ", std::string_view(response.body).substr(0, kErrorTextBytesMax));
    if (response.status >= 500 || (response.status == 429 && config_.queue.retry_on_http_429)) {
      outcome.kind = WriteOutcome::Kind::kRetry;
      outcome.retry_after_ms = ParseRetryAfter(response.Header("Retry-After"));
    } else {
      outcome.kind = response.status == 415 ? WriteOutcome::Kind::kUnsupported : WriteOutcome::Kind::kRefused;
    }
    return outcome;
  }

  RemoteWriteConfig config_;
  HttpClient client_;
};

}  // namespace

std::unique_ptr<WriteTransport> MakeHttpWriteTransport(const RemoteWriteConfig& config, const Clock& clock) {
  return std::make_unique<HttpWriteTransport>(config, clock);
}

}  // namespace tocsin
