#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace tocsin {

class AlertmanagerMetrics;

/// prometheus_notifications_* metrics. With a null registry nothing is counted.
/// Threads: safe.
class NotifyMetrics {
 public:
  struct Families;

  NotifyMetrics(prometheus::Registry* registry, size_t queue_capacity);
  ~NotifyMetrics();

  /// The series of one Alertmanager; they are removed with the returned object.
  std::unique_ptr<AlertmanagerMetrics> ForAlertmanager(const std::string& url);
  void SetDiscovered(size_t alertmanagers);

 private:
  std::unique_ptr<Families> families_;
};

/// Loops to one URL share its series.
class AlertmanagerMetrics {
 public:
  AlertmanagerMetrics(NotifyMetrics::Families* families, const std::string& url);
  ~AlertmanagerMetrics();
  AlertmanagerMetrics(const AlertmanagerMetrics&) = delete;
  AlertmanagerMetrics& operator=(const AlertmanagerMetrics&) = delete;

  void CountSent(size_t alerts, double seconds);
  void CountErrors(size_t alerts);
  void CountDropped(size_t alerts);
  void SetQueueLength(size_t alerts);

  struct Series;

 private:
  std::shared_ptr<Series> series_;
};

}  // namespace tocsin
