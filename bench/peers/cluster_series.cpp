#include "bench/peers/cluster_series.h"

#include <array>

#include "absl/strings/str_format.h"

namespace tocsin::bench {
namespace {

constexpr std::array<const char*, 16> kBounds = {"0.005", "0.01", "0.025", "0.05", "0.075", "0.1",  "0.25", "0.5",
                                                 "0.75",  "1.0",  "2.5",   "5.0",  "7.5",   "10.0", "25.0", "+Inf"};

// Pods come in groups of 48 series: 32 of two executor histograms, 8 of cAdvisor, 8 of kube-state-metrics.
constexpr int64_t kSeriesPerPod = 48;

std::string PodLabels(int64_t pod) {
  return absl::StrFormat("namespace=\"seldon-%d\",pod=\"model-%d-default-0-classifier-%08x\",container=\"classifier\",node=\"node-%d\"",
                         pod % 7, pod / 3, static_cast<uint32_t>(pod * 2654435761u), pod % 11);
}

std::string ExecutorSeries(int64_t pod, int64_t slot) {
  return absl::StrFormat(
      "seldon_api_executor_server_requests_seconds_bucket{%s,deployment_name=\"model-%d\",predictor_name=\"default\",service="
      "\"predictions\","
      "method=\"post\",code=\"%s\",le=\"%s\"}",
      PodLabels(pod), pod / 3, slot < 16 ? "200" : "500", kBounds[static_cast<size_t>(slot % 16)]);
}

std::string CadvisorSeries(int64_t pod, int64_t slot) {
  static constexpr std::array<const char*, 8> kNames = {"container_cpu_usage_seconds_total",     "container_cpu_system_seconds_total",
                                                        "container_memory_usage_bytes",          "container_memory_working_set_bytes",
                                                        "container_network_receive_bytes_total", "container_network_transmit_bytes_total",
                                                        "container_fs_reads_bytes_total",        "container_fs_writes_bytes_total"};
  return absl::StrFormat(
      "%s{%s,id=\"/kubepods/burstable/pod%08x\",image=\"seldonio/sklearnserver:1.17.1\",name=\"k8s_classifier_%d\",device=\"/dev/sda\"}",
      kNames[static_cast<size_t>(slot)], PodLabels(pod), static_cast<uint32_t>(pod * 40503u), pod);
}

std::string KubeStateSeries(int64_t pod, int64_t slot) {
  static constexpr std::array<const char*, 8> kNames = {"kube_pod_info",
                                                        "kube_pod_container_info",
                                                        "kube_pod_status_ready",
                                                        "kube_pod_start_time",
                                                        "kube_pod_container_status_ready",
                                                        "kube_pod_container_status_restarts_total",
                                                        "kube_pod_labels",
                                                        "kube_pod_container_resource_requests"};
  return absl::StrFormat("%s{%s,uid=\"%08x-0000\",host_ip=\"10.0.0.%d\",pod_ip=\"10.244.%d.%d\",created_by_kind=\"ReplicaSet\"}",
                         kNames[static_cast<size_t>(slot)], PodLabels(pod), static_cast<uint32_t>(pod * 97u), pod % 11, pod / 250 % 250,
                         pod % 250);
}

}  // namespace

ClusterSeries SeriesAt(int64_t index) {
  const int64_t pod = index / kSeriesPerPod;
  const int64_t slot = index % kSeriesPerPod;
  if (slot < 32) {
    return {ExecutorSeries(pod, slot), true};
  }
  if (slot < 40) {
    return {CadvisorSeries(pod, slot - 32), slot != 34 && slot != 35};
  }
  return {KubeStateSeries(pod, slot - 40), false};
}

double ValueAt(int64_t index, int64_t n) {
  const int64_t slot = index % kSeriesPerPod;
  const uint64_t mix = static_cast<uint64_t>(index) * 0x9e3779b97f4a7c15u;
  if (slot >= 40) {
    return static_cast<double>(mix % 5);
  }
  if (slot >= 32) {
    return slot == 34 || slot == 35 ? 52428800 + static_cast<double>((mix >> 8) % 4096 * 4096 * static_cast<uint64_t>(n % 3))
                                    : 0.25 * static_cast<double>(n) + static_cast<double>(mix % 1000) / 1000;
  }
  // Cumulative buckets: the higher the bound, the more of the requests; the first ones stand still.
  const int64_t bucket = slot % 16;
  const int64_t per_sample = slot < 16 && bucket >= 4 ? bucket - 3 : 0;
  return static_cast<double>(n / (1 + static_cast<int64_t>(mix % 2))) * static_cast<double>(per_sample) + static_cast<double>(bucket);
}

}  // namespace tocsin::bench
