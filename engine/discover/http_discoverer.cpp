#include "engine/discover/http_discoverer.h"

#include "base/secret.h"
#include "base/status.h"
#include "base/text/quote.h"
#include "engine/config/target_group_text.h"

namespace tocsin {
namespace {

constexpr uint64_t kHttpSdBytesMax = 256 << 20;

// application/json, with charset=utf-8 at most, in any case.
bool IsJsonContentType(std::string_view type) {
  std::string lower;
  for (const char c : type) {
    if (c != ' ' && c != '"') {
      lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    }
  }
  return lower == "application/json" || lower == "application/json;charset=utf-8";
}

// 60 -> "60", 1500 ms -> "1.5".
std::string SecondsText(DurationMs duration_ms) {
  std::string text = Cat(duration_ms / kSecond);
  if (const DurationMs rest = duration_ms % kSecond; rest != 0) {
    std::string fraction = std::to_string(kSecond + rest).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    Append(&text, ".", fraction);
  }
  return text;
}

}  // namespace

HttpDiscoverer::HttpDiscoverer(HttpSdConfig config, const DiscovererContext& context)
    : RefreshDiscoverer("http", config.refresh_interval_ms, context), config_(std::move(config)), client_(config_.http, context.clock) {}

absl::StatusOr<std::vector<TargetGroupPtr>> HttpDiscoverer::Refresh(const StopToken& stop) {
  absl::StatusOr<std::vector<TargetGroupPtr>> groups = Fetch(stop);
  if (!groups.ok()) {
    metrics_.CountHttpFailure();
  }
  return groups;
}

absl::StatusOr<std::vector<TargetGroupPtr>> HttpDiscoverer::Fetch(const StopToken& stop) {
  HttpRequest request;
  request.url = config_.url;
  request.headers = {{"Accept", "application/json"}, {"X-Prometheus-Refresh-Interval-Seconds", SecondsText(config_.refresh_interval_ms)}};
  request.timeout_ms = config_.refresh_interval_ms;
  request.body_bytes_max = kHttpSdBytesMax;
  ASSIGN_OR_RETURN(const HttpResponse response, client_.Do(request, &stop));
  if (response.status != 200) {
    return absl::UnavailableError(Cat("server returned HTTP status ", response.status_text));
  }
  if (!IsJsonContentType(response.Header("Content-Type"))) {
    return absl::UnavailableError(Cat("unsupported content type ", GoQuoted(response.Header("Content-Type"))));
  }
  ASSIGN_OR_RETURN(std::vector<TargetGroup> parsed, ParseTargetGroupsJson(response.body));
  const std::string shown_url = RedactUrl(config_.url);
  std::vector<TargetGroupPtr> groups;
  for (TargetGroup& group : parsed) {
    LabelsBuilder labels(group.labels);
    labels.Set("__meta_url", shown_url);
    group.labels = labels.Build();
    group.source = Cat(shown_url, ":", groups.size());
    groups.push_back(std::make_shared<const TargetGroup>(std::move(group)));
  }
  const size_t count = groups.size();
  for (size_t i = count; i < last_count_; ++i) {
    groups.push_back(std::make_shared<const TargetGroup>(TargetGroup{Cat(shown_url, ":", i), {}, {}}));
  }
  last_count_ = count;
  return groups;
}

}  // namespace tocsin
