#include "engine/discover/kubernetes/reflector.h"

#include <algorithm>
#include <functional>

#include "base/log.h"
#include "base/status.h"

namespace tocsin {
namespace {

constexpr DurationMs kFirstFailureWaitMs = 500;
constexpr DurationMs kFailureWaitMaxMs = 30 * kSecond;
// A watch that ends sooner than this is not opened again at once.
constexpr DurationMs kShortWatchMs = kSecond;
// The server is asked to end each watch after 5 to 10 minutes, so that they do not all end together.
constexpr int kWatchSeconds = 300;
constexpr DurationMs kWatchGraceMs = 30 * kSecond;

}  // namespace

std::string QueryEscape(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 15]);
    }
  }
  return out;
}

Reflector::Reflector(std::string path, std::string label_selector, std::string field_selector, KubernetesApiClient& client,
                     ResourceListener& listener, const Clock& clock, DiscoveryMetrics& metrics)
    : path_(std::move(path)),
      selectors_(Cat(label_selector.empty() ? "" : Cat("&labelSelector=", QueryEscape(label_selector)),
                     field_selector.empty() ? "" : Cat("&fieldSelector=", QueryEscape(field_selector)))),
      client_(client),
      listener_(listener),
      clock_(clock),
      metrics_(metrics) {}

void Reflector::Run(const StopToken& stop) {
  while (!stop.stopped()) {
    if (version_.empty()) {
      const absl::Status listed = List(stop);
      if (stop.stopped()) {
        return;
      }
      if (!listed.ok()) {
        LogError("kubernetes list failed", {{"path", path_}, {"err", listed}});
        WaitAfterFailure(stop);
        continue;
      }
    }
    const TimestampMs started = clock_.NowMs();
    switch (Watch(stop)) {
      case WatchEnd::kEnded:
        clock_.WaitUntil(started + kShortWatchMs, stop);
        break;
      case WatchEnd::kExpired:
        version_.clear();
        clock_.WaitUntil(started + kShortWatchMs, stop);
        break;
      case WatchEnd::kFailed:
        if (!stop.stopped()) {
          WaitAfterFailure(stop);
        }
        break;
    }
  }
}

void Reflector::WaitAfterFailure(const StopToken& stop) {
  metrics_.CountKubernetesFailure();
  failure_wait_ms_ = std::clamp(2 * failure_wait_ms_, kFirstFailureWaitMs, kFailureWaitMaxMs);
  clock_.WaitUntil(clock_.NowMs() + failure_wait_ms_, stop);
}

absl::Status Reflector::List(const StopToken& stop) {
  listener_.ListStarted();
  const absl::Status status = ListPages(stop);
  listener_.ListDone(status.ok());
  if (!status.ok()) {
    version_.clear();
  } else {
    failure_wait_ms_ = 0;
  }
  return status;
}

absl::Status Reflector::ListPages(const StopToken& stop) {
  std::string next;
  do {
    const std::string query = next.empty() ? std::string() : Cat("&continue=", QueryEscape(next));
    ASSIGN_OR_RETURN(const std::string body, client_.Get(Cat(path_, "?limit=", kPageSize, selectors_, query), stop));
    JsonDocument document;
    ASSIGN_OR_RETURN(const JsonValue page, document.Parse(body));
    version_ = page["metadata"]["resourceVersion"].text();
    next = page["metadata"]["continue"].text();
    if (page["items"].kind() != JsonKind::kArray && !page["items"].is_null()) {
      return absl::UnavailableError("a list without items");
    }
    for (const JsonValue& item : page["items"].items()) {
      listener_.Listed(item);
    }
  } while (!next.empty());
  return version_.empty() ? absl::UnavailableError("a list without a resource version") : absl::OkStatus();
}

Reflector::WatchEnd Reflector::Watch(const StopToken& stop) {
  const int seconds = kWatchSeconds + static_cast<int>(std::hash<std::string>()(path_ + version_) % kWatchSeconds);
  WatchEnd end = WatchEnd::kEnded;
  const absl::Status status = client_.Watch(
      Cat(path_, "?watch=1&allowWatchBookmarks=true&resourceVersion=", QueryEscape(version_), "&timeoutSeconds=", seconds, selectors_),
      seconds * kSecond + kWatchGraceMs, [&](std::string_view line) { return OnWatchLine(line, &end); }, stop);
  if (absl::IsOutOfRange(status)) {
    return WatchEnd::kExpired;
  }
  if (!status.ok() && !stop.stopped()) {
    LogWarn("kubernetes watch failed", {{"path", path_}, {"err", status}});
    return WatchEnd::kFailed;
  }
  return end;
}

bool Reflector::OnWatchLine(std::string_view line, WatchEnd* end) {
  const absl::StatusOr<JsonValue> event = event_document_.Parse(line);
  if (!event.ok()) {
    LogWarn("kubernetes watch sent what is no JSON", {{"path", path_}, {"err", event.status()}});
    metrics_.CountKubernetesFailure();
    *end = WatchEnd::kExpired;
    return false;
  }
  return OnEvent((*event)["type"].text(), (*event)["object"], end);
}

bool Reflector::OnEvent(std::string_view type, const JsonValue& object, WatchEnd* end) {
  if (type == "ERROR") {
    // 410 is the usual end of an old version; after any other error too only a list is safe.
    LogDebug("kubernetes watch ended by the server", {{"path", path_}, {"message", object["message"].text()}});
    *end = WatchEnd::kExpired;
    return false;
  }
  if (type == "ADDED" || type == "MODIFIED") {
    listener_.Changed(object);
  } else if (type == "DELETED") {
    listener_.Deleted(object);
  } else if (type != "BOOKMARK") {
    return true;
  }
  if (const std::string_view version = object["metadata"]["resourceVersion"].text(); !version.empty()) {
    version_ = version;
  }
  failure_wait_ms_ = 0;
  return true;
}

}  // namespace tocsin
