#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/v1/result.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/types.h"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace tocsin::api {

inline constexpr std::string_view kStartingUpText = "Prometheus is starting and replaying the write-ahead log (WAL).";
inline constexpr std::string_view kShuttingDownText = "Prometheus is shutting down and gracefully stopping all operations.";
inline constexpr std::string_view kReloadFailedText = "Configuration reload has failed.";

/// Messages to people who look at the server, listed at /notifications and streamed at /notifications/live.
/// Threads: safe.
class Notifications {
 public:
  Notifications(int subscribers_max, const Clock& clock, prometheus::Registry* registry);

  /// Adds the message, or gives the present one the current time.
  void Add(std::string_view text);
  void Delete(std::string_view text);

  /// Ends all event streams; for the end of the server.
  void EndStreams();

  /// [{"text":...,"date":...,"active":true}]
  std::string Json() const;

  /// An event stream of all messages from now on, the present ones first; 204 when there are too many readers.
  http::Response Stream(const http::Request& request);

 private:
  struct Notification {
    std::string text;
    TimestampMs date = 0;
    bool active = true;
  };
  struct Subscriber;

  static std::string ToJson(const Notification& notification);
  void Tell(const Notification& notification) REQUIRES(mu_);
  /// Waits for the next event of the subscriber; false when it has ended.
  bool NextEvent(Subscriber* subscriber, const StopToken* cancel, std::string* chunk);
  void Unsubscribe(Subscriber* subscriber);

  const int subscribers_max_;
  const Clock& clock_;
  prometheus::Gauge* subscribers_gauge_;
  prometheus::Counter* sent_;
  prometheus::Counter* dropped_;

  mutable Mutex mu_;
  CondVar changed_;
  std::vector<Notification> notifications_ GUARDED_BY(mu_);
  std::vector<Subscriber*> subscribers_ GUARDED_BY(mu_);
  bool ended_ GUARDED_BY(mu_) = false;
};

}  // namespace tocsin::api
