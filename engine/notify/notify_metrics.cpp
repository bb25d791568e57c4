#include "engine/notify/notify_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include <map>

#include "base/mutex.h"

namespace tocsin {

struct NotifyMetrics::Families {
  explicit Families(prometheus::Registry& registry)
      : latency(prometheus::BuildSummary()
                    .Name("prometheus_notifications_latency_seconds")
                    .Help("Latency quantiles for sending alert notifications.")
                    .Register(registry)),
        latency_histogram(prometheus::BuildHistogram()
                              .Name("prometheus_notifications_latency_histogram_seconds")
                              .Help("Latency histogram for sending alert notifications.")
                              .Register(registry)),
        errors(prometheus::BuildCounter()
                   .Name("prometheus_notifications_errors_total")
                   .Help("Total number of sent alerts affected by errors.")
                   .Register(registry)),
        sent(
            prometheus::BuildCounter().Name("prometheus_notifications_sent_total").Help("Total number of alerts sent.").Register(registry)),
        dropped(prometheus::BuildCounter()
                    .Name("prometheus_notifications_dropped_total")
                    .Help("Total number of alerts dropped due to errors when sending to Alertmanager.")
                    .Register(registry)),
        queue_length(prometheus::BuildGauge()
                         .Name("prometheus_notifications_queue_length")
                         .Help("The number of alert notifications in the queue.")
                         .Register(registry)),
        queue_capacity(prometheus::BuildGauge()
                           .Name("prometheus_notifications_queue_capacity")
                           .Help("The capacity of the alert notifications queue.")
                           .Register(registry)
                           .Add({})),
        discovered(prometheus::BuildGauge()
                       .Name("prometheus_notifications_alertmanagers_discovered")
                       .Help("The number of alertmanagers discovered and active.")
                       .Register(registry)
                       .Add({})) {}

  prometheus::Family<prometheus::Summary>& latency;
  prometheus::Family<prometheus::Histogram>& latency_histogram;
  prometheus::Family<prometheus::Counter>& errors;
  prometheus::Family<prometheus::Counter>& sent;
  prometheus::Family<prometheus::Counter>& dropped;
  prometheus::Family<prometheus::Gauge>& queue_length;
  prometheus::Gauge& queue_capacity;
  prometheus::Gauge& discovered;

  Mutex mu;
  std::map<std::string, std::weak_ptr<AlertmanagerMetrics::Series>> alertmanagers GUARDED_BY(mu);
};

struct AlertmanagerMetrics::Series {
  Series(NotifyMetrics::Families& owner, const std::string& alertmanager, const prometheus::Labels& labels)
      : families(owner),
        url(alertmanager),
        latency(owner.latency.Add(labels, prometheus::Summary::Quantiles{{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}})),
        latency_histogram(owner.latency_histogram.Add(labels, prometheus::Histogram::BucketBoundaries{0.01, 0.1, 1, 10})),
        errors(owner.errors.Add(labels)),
        sent(owner.sent.Add(labels)),
        dropped(owner.dropped.Add(labels)),
        queue_length(owner.queue_length.Add(labels)) {}
  ~Series();

  NotifyMetrics::Families& families;
  const std::string url;
  prometheus::Summary& latency;
  prometheus::Histogram& latency_histogram;
  prometheus::Counter& errors;
  prometheus::Counter& sent;
  prometheus::Counter& dropped;
  prometheus::Gauge& queue_length;
};

AlertmanagerMetrics::Series::~Series() {
  const MutexLock lock(families.mu);
  const auto it = families.alertmanagers.find(url);
  if (it != families.alertmanagers.end() && !it->second.expired()) {
    return;  // another loop to the URL has begun meanwhile
  }
  families.latency.Remove(&latency);
  families.latency_histogram.Remove(&latency_histogram);
  families.errors.Remove(&errors);
  families.sent.Remove(&sent);
  families.dropped.Remove(&dropped);
  families.queue_length.Remove(&queue_length);
  families.alertmanagers.erase(url);
}

NotifyMetrics::NotifyMetrics(prometheus::Registry* registry, size_t queue_capacity)
    : families_(registry == nullptr ? nullptr : std::make_unique<Families>(*registry)) {
  if (families_ != nullptr) {
    families_->queue_capacity.Set(static_cast<double>(queue_capacity));
  }
}

NotifyMetrics::~NotifyMetrics() = default;

std::unique_ptr<AlertmanagerMetrics> NotifyMetrics::ForAlertmanager(const std::string& url) {
  return std::make_unique<AlertmanagerMetrics>(families_.get(), url);
}

void NotifyMetrics::SetDiscovered(size_t alertmanagers) {
  if (families_ != nullptr) {
    families_->discovered.Set(static_cast<double>(alertmanagers));
  }
}

AlertmanagerMetrics::AlertmanagerMetrics(NotifyMetrics::Families* families, const std::string& url) {
  if (families == nullptr) {
    return;
  }
  const MutexLock lock(families->mu);
  std::weak_ptr<Series>& known = families->alertmanagers[url];
  series_ = known.lock();
  if (series_ == nullptr) {
    series_ = std::make_shared<Series>(*families, url, prometheus::Labels{{"alertmanager", url}});
    known = series_;
  }
}

AlertmanagerMetrics::~AlertmanagerMetrics() = default;

void AlertmanagerMetrics::CountSent(size_t alerts, double seconds) {
  if (series_ != nullptr) {
    series_->sent.Increment(static_cast<double>(alerts));
    series_->latency.Observe(seconds);
    series_->latency_histogram.Observe(seconds);
  }
}

void AlertmanagerMetrics::CountErrors(size_t alerts) {
  if (series_ != nullptr) {
    series_->errors.Increment(static_cast<double>(alerts));
  }
}

void AlertmanagerMetrics::CountDropped(size_t alerts) {
  if (series_ != nullptr && alerts > 0) {
    series_->dropped.Increment(static_cast<double>(alerts));
  }
}

void AlertmanagerMetrics::SetQueueLength(size_t alerts) {
  if (series_ != nullptr) {
    series_->queue_length.Set(static_cast<double>(alerts));
  }
}

}  // namespace tocsin
