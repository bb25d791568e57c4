#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/json/reader.h"
#include "engine/discover/discovery_metrics.h"
#include "engine/discover/kubernetes/api_client.h"

namespace tocsin {

/// Hears of the objects of one resource, always on the reflector's thread.
class ResourceListener {
 public:
  virtual ~ResourceListener() = default;

  /// A whole list follows: Listed() for each object, then ListDone(true), after which what was not listed is gone; or ListDone(false)
  /// when the list broke off, and all stays as it was.
  virtual void ListStarted() = 0;
  virtual void Listed(const JsonValue& object) = 0;
  virtual void ListDone(bool complete) = 0;

  /// From the watch: added or modified, and deleted.
  virtual void Changed(const JsonValue& object) = 0;
  virtual void Deleted(const JsonValue& object) = 0;
};

/// Keeps a listener informed of one resource: a list in pages, then a watch that is taken up again at the last resource version whenever
/// it ends; a new list only when the server no longer knows that version (410 Gone) or sends what cannot be read. After failures it waits,
/// longer each time.
/// Threads: Run() on one.
class Reflector {
 public:
  /// So many objects in one answer.
  static constexpr int kPageSize = 500;

  /// `path` is "/api/v1/pods"; the selectors are put to the server. All references outlive this.
  Reflector(std::string path, std::string label_selector, std::string field_selector, KubernetesApiClient& client,
            ResourceListener& listener, const Clock& clock, DiscoveryMetrics& metrics);

  void Run(const StopToken& stop);

 private:
  enum class WatchEnd { kEnded, kExpired, kFailed };

  absl::Status List(const StopToken& stop);
  absl::Status ListPages(const StopToken& stop);
  WatchEnd Watch(const StopToken& stop);
  bool OnWatchLine(std::string_view line, WatchEnd* end);
  bool OnEvent(std::string_view type, const JsonValue& object, WatchEnd* end);
  void WaitAfterFailure(const StopToken& stop);

  const std::string path_;
  const std::string selectors_;  // "&labelSelector=...&fieldSelector=..."
  KubernetesApiClient& client_;
  ResourceListener& listener_;
  const Clock& clock_;
  DiscoveryMetrics& metrics_;
  std::string version_;  // of the last thing heard; "" before a list
  JsonDocument event_document_;
  DurationMs failure_wait_ms_ = 0;
};

/// Percent-encodes a part of a query.
std::string QueryEscape(std::string_view text);

}  // namespace tocsin
