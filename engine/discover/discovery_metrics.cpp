#include "engine/discover/discovery_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

namespace tocsin {
namespace {

const prometheus::Summary::Quantiles kQuantiles = {{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}};

const prometheus::Histogram::BucketBoundaries kRefreshBounds = {.01, .1, 1, 10};

}  // namespace

prometheus::Family<prometheus::Summary>& DiscoveryMetrics::Summaries(std::string_view name, std::string_view help) {
  return prometheus::BuildSummary().Name(std::string(name)).Help(std::string(help)).Register(registry_);
}

prometheus::Family<prometheus::Counter>& DiscoveryMetrics::Counters(std::string_view name, std::string_view help) {
  return prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(registry_);
}

prometheus::Family<prometheus::Gauge>& DiscoveryMetrics::Gauges(std::string_view name, std::string_view help) {
  return prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(registry_);
}

DiscoveryMetrics::DiscoveryMetrics(prometheus::Registry& registry, std::string manager)
    : registry_(registry),
      manager_(std::move(manager)),
      failed_configs_(Gauges("prometheus_sd_failed_configs", "Current number of service discovery configurations that failed to load.")
                          .Add({{"name", manager_}})),
      discovered_(Gauges("prometheus_sd_discovered_targets", "Current number of discovered targets.")),
      unsupported_(Gauges("tocsin_sd_unsupported_configs",
                          "Number of service discovery configurations of mechanisms that find no targets here (use http_sd).")),
      last_updated_(Gauges("prometheus_sd_last_update_timestamp_seconds", "Timestamp of the last update sent to the SD consumers.")),
      received_(Counters("prometheus_sd_received_updates_total", "Total number of update events received from the SD providers.")
                    .Add({{"name", manager_}})),
      delayed_(Counters("prometheus_sd_updates_delayed_total", "Total number of update events that couldn't be sent immediately.")
                   .Add({{"name", manager_}})),
      sent_(Counters("prometheus_sd_updates_total", "Total number of update events sent to the SD consumers.").Add({{"name", manager_}})),
      refresh_failures_(Counters("prometheus_sd_refresh_failures_total", "Number of refresh failures for the given SD mechanism.")),
      refresh_duration_(
          Summaries("prometheus_sd_refresh_duration_seconds", "The duration of a refresh in seconds for the given SD mechanism.")),
      refresh_histogram_(prometheus::BuildHistogram()
                             .Name("prometheus_sd_refresh_duration_histogram_seconds")
                             .Help("The duration of a refresh for the given SD mechanism.")
                             .Register(registry_)),
      file_scan_(Summaries("prometheus_sd_file_scan_duration_seconds", "The duration of the File-SD scan in seconds.").Add({}, kQuantiles)),
      file_read_errors_(Counters("prometheus_sd_file_read_errors_total", "The number of File-SD read errors.").Add({})),
      file_watcher_errors_(
          Counters("prometheus_sd_file_watcher_errors_total", "The number of File-SD errors caused by filesystem watch failures.").Add({})),
      file_times_(Gauges("prometheus_sd_file_mtime_seconds", "Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.")),
      http_failures_(Counters("prometheus_sd_http_failures_total", "Number of HTTP service discovery refresh failures.").Add({})),
      dns_lookups_(Counters("prometheus_sd_dns_lookups_total", "The number of DNS-SD lookups.").Add({})),
      dns_failures_(Counters("prometheus_sd_dns_lookup_failures_total", "The number of DNS-SD lookup failures.").Add({})),
      kubernetes_events_(Counters("prometheus_sd_kubernetes_events_total", "The number of Kubernetes events handled.")),
      kubernetes_failures_(Counters("prometheus_sd_kubernetes_failures_total", "The number of failed WATCH/LIST requests.").Add({})),
      kubernetes_requests_(
          Counters("prometheus_sd_kubernetes_http_request_total", "Total number of HTTP requests to the Kubernetes API by status code.")),
      kubernetes_request_duration_(Summaries("prometheus_sd_kubernetes_http_request_duration_seconds",
                                             "Summary of latencies for HTTP requests to the Kubernetes API by endpoint.")) {
  for (const char* role : {"endpointslice", "endpoints", "node", "pod", "service", "ingress"}) {
    for (const char* event : {"add", "delete", "update"}) {
      kubernetes_events_.Add({{"role", role}, {"event", event}});
    }
  }
}

void DiscoveryMetrics::SetFailedConfigs(double count) { failed_configs_.Set(count); }

void DiscoveryMetrics::SetDiscoveredTargets(const std::string& pool, double count) {
  discovered_.Add({{"name", manager_}, {"config", pool}}).Set(count);
}

void DiscoveryMetrics::SetUnsupported(const std::string& pool, double count) {
  const prometheus::Labels labels = {{"name", manager_}, {"config", pool}};
  if (count > 0 || unsupported_.Has(labels)) {
    unsupported_.Add(labels).Set(count);
  }
}

void DiscoveryMetrics::ForgetPool(const std::string& pool) {
  const prometheus::Labels labels = {{"name", manager_}, {"config", pool}};
  discovered_.Remove(&discovered_.Add(labels));
  last_updated_.Remove(&last_updated_.Add(labels));
  unsupported_.Remove(&unsupported_.Add(labels));
}

void DiscoveryMetrics::CountReceived() { received_.Increment(); }
void DiscoveryMetrics::CountDelayed() { delayed_.Increment(); }

void DiscoveryMetrics::CountSent() { sent_.Increment(); }

void DiscoveryMetrics::SetUpdated(const std::string& pool, double now_seconds) {
  last_updated_.Add({{"name", manager_}, {"config", pool}}).Set(now_seconds);
}

void DiscoveryMetrics::CountRefresh(std::string_view mechanism, const std::string& config, double seconds, bool failed) {
  const prometheus::Labels labels = {{"mechanism", std::string(mechanism)}, {"config", config}};
  refresh_duration_.Add(labels, kQuantiles).Observe(seconds);
  refresh_histogram_.Add({{"mechanism", std::string(mechanism)}}, kRefreshBounds).Observe(seconds);
  refresh_failures_.Add(labels).Increment(failed ? 1 : 0);
}

void DiscoveryMetrics::CountFileScan(double seconds) { file_scan_.Observe(seconds); }
void DiscoveryMetrics::CountFileReadError() { file_read_errors_.Increment(); }
void DiscoveryMetrics::CountFileWatcherError() { file_watcher_errors_.Increment(); }

void DiscoveryMetrics::SetFileTime(const std::string& file, double mtime_seconds) {
  file_times_.Add({{"filename", file}}).Set(mtime_seconds);
}

void DiscoveryMetrics::CountHttpFailure() { http_failures_.Increment(); }

void DiscoveryMetrics::CountDnsLookup(bool failed) {
  dns_lookups_.Increment();
  dns_failures_.Increment(failed ? 1 : 0);
}

void DiscoveryMetrics::CountKubernetesEvent(std::string_view role, std::string_view event) {
  kubernetes_events_.Add({{"role", std::string(role)}, {"event", std::string(event)}}).Increment();
}

void DiscoveryMetrics::CountKubernetesFailure() { kubernetes_failures_.Increment(); }

void DiscoveryMetrics::CountKubernetesRequest(std::string_view status_code) {
  kubernetes_requests_.Add({{"status_code", std::string(status_code)}}).Increment();
}

void DiscoveryMetrics::TimeKubernetesRequest(std::string_view endpoint, double seconds) {
  kubernetes_request_duration_.Add({{"endpoint", std::string(endpoint)}}, prometheus::Summary::Quantiles{}).Observe(seconds);
}

DiscoveryMetrics::WorkQueue DiscoveryMetrics::KubernetesWorkQueue(std::string_view role) {
  const prometheus::Labels labels = {{"queue_name", std::string(role)}};
  const prometheus::Summary::Quantiles none;
  // Work is done as soon as it is seen: nothing of it is ever found unfinished.
  Gauges("prometheus_sd_kubernetes_workqueue_unfinished_work_seconds", "How long an item has remained unfinished in the work queue.")
      .Add(labels);
  Gauges("prometheus_sd_kubernetes_workqueue_longest_running_processor_seconds",
         "Duration of the longest running processor in the work queue.")
      .Add(labels);
  return {Gauges("prometheus_sd_kubernetes_workqueue_depth", "Current depth of the work queue.").Add(labels),
          Counters("prometheus_sd_kubernetes_workqueue_items_total", "Total number of items added to the work queue.").Add(labels),
          Summaries("prometheus_sd_kubernetes_workqueue_latency_seconds", "How long an item stays in the work queue.").Add(labels, none),
          Summaries("prometheus_sd_kubernetes_workqueue_work_duration_seconds", "How long processing an item from the work queue takes.")
              .Add(labels, none)};
}

}  // namespace tocsin
