#pragma once

#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
class Summary;
template <typename T>
class Family;
}  // namespace prometheus

namespace tocsin {

/// The prometheus_sd_* metrics, with upstream's names. The families live in the registry, which outlives this.
/// Threads: safe.
class DiscoveryMetrics {
 public:
  /// `manager` is "scrape" or "notify".
  DiscoveryMetrics(prometheus::Registry& registry, std::string manager);

  void SetFailedConfigs(double count);
  void SetDiscoveredTargets(const std::string& pool, double count);
  /// Blocks of mechanisms that this program leaves to http_sd: tocsin_sd_unsupported_configs.
  void SetUnsupported(const std::string& pool, double count);
  void ForgetPool(const std::string& pool);
  void CountReceived();
  void CountDelayed();
  void CountSent();
  /// A pool's targets were handed on.
  void SetUpdated(const std::string& pool, double now_seconds);

  void CountRefresh(std::string_view mechanism, const std::string& config, double seconds, bool failed);
  void CountFileScan(double seconds);
  void CountFileReadError();
  void CountFileWatcherError();
  void SetFileTime(const std::string& file, double mtime_seconds);
  void CountHttpFailure();
  void CountDnsLookup(bool failed);

  /// `role` "pod", `event` "add", "update" or "delete".
  void CountKubernetesEvent(std::string_view role, std::string_view event);
  void CountKubernetesFailure();
  /// Answers of the API server, "<error>" for none. `endpoint` is the path that was asked for.
  void CountKubernetesRequest(std::string_view status_code);
  void TimeKubernetesRequest(std::string_view endpoint, double seconds);

  /// The objects whose targets are to be built anew: upstream's work queue of that role.
  struct WorkQueue {
    prometheus::Gauge& depth;
    prometheus::Counter& items;
    prometheus::Summary& latency;
    prometheus::Summary& work_duration;
  };
  WorkQueue KubernetesWorkQueue(std::string_view role);

 private:
  prometheus::Family<prometheus::Counter>& Counters(std::string_view name, std::string_view help);
  prometheus::Family<prometheus::Gauge>& Gauges(std::string_view name, std::string_view help);
  prometheus::Family<prometheus::Summary>& Summaries(std::string_view name, std::string_view help);

  prometheus::Registry& registry_;
  const std::string manager_;
  prometheus::Gauge& failed_configs_;
  prometheus::Family<prometheus::Gauge>& discovered_;
  prometheus::Family<prometheus::Gauge>& unsupported_;
  prometheus::Family<prometheus::Gauge>& last_updated_;
  prometheus::Counter& received_;
  prometheus::Counter& delayed_;
  prometheus::Counter& sent_;
  prometheus::Family<prometheus::Counter>& refresh_failures_;
  prometheus::Family<prometheus::Summary>& refresh_duration_;
  prometheus::Family<prometheus::Histogram>& refresh_histogram_;
  prometheus::Summary& file_scan_;
  prometheus::Counter& file_read_errors_;
  prometheus::Counter& file_watcher_errors_;
  prometheus::Family<prometheus::Gauge>& file_times_;
  prometheus::Counter& http_failures_;
  prometheus::Counter& dns_lookups_;
  prometheus::Counter& dns_failures_;
  prometheus::Family<prometheus::Counter>& kubernetes_events_;
  prometheus::Counter& kubernetes_failures_;
  prometheus::Family<prometheus::Counter>& kubernetes_requests_;
  prometheus::Family<prometheus::Summary>& kubernetes_request_duration_;
};

}  // namespace tocsin
