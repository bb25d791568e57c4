#include "api/main/self_metrics.h"

#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include "api/main/process.h"
#include "api/main/version.h"

namespace tocsin {
namespace {

prometheus::MetricFamily ProcessFamily(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  metric.counter.value = value;
  family.metric.push_back(std::move(metric));
  return family;
}

void AppendProcessFamilies(std::vector<prometheus::MetricFamily>* families) {
  const ProcessStatus status = ReadProcessStatus();
  const auto gauge = prometheus::MetricType::Gauge;
  families->push_back(ProcessFamily("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                                    prometheus::MetricType::Counter, status.cpu_seconds));
  families->push_back(
      ProcessFamily("process_resident_memory_bytes", "Resident memory size in bytes.", gauge, static_cast<double>(status.resident_bytes)));
  families->push_back(
      ProcessFamily("process_virtual_memory_bytes", "Virtual memory size in bytes.", gauge, static_cast<double>(status.virtual_bytes)));
  families->push_back(ProcessFamily("process_open_fds", "Number of open file descriptors.", gauge, status.open_files));
  families->push_back(
      ProcessFamily("process_max_fds", "Maximum number of open file descriptors.", gauge, static_cast<double>(status.open_files_max)));
  families->push_back(ProcessFamily("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", gauge,
                                    status.start_time_seconds));
  // Dashboards made for Prometheus read this one: here it counts threads.
  families->push_back(ProcessFamily("go_goroutines", "Number of threads (stands in for goroutines).", gauge, status.threads));
}

prometheus::Gauge* AddGauge(prometheus::Registry* registry, const char* name, const char* help, const prometheus::Labels& labels = {}) {
  return &prometheus::BuildGauge().Name(name).Help(help).Register(*registry).Add(labels);
}

}  // namespace

SelfMetrics::SelfMetrics(const Clock& clock) : clock_(clock), registry_(std::make_unique<MetricRegistry>(clock)) {
  const api::BuildInfo build = ThisBuild();
  AddGauge(registry_.get(), "prometheus_build_info",
           "A metric with a constant '1' value labeled by version, revision, branch and compiler from which it was built.",
           {{"version", build.version}, {"revision", build.revision}, {"branch", build.branch}, {"goversion", build.go_version}})
      ->Set(1);
  ready_ = AddGauge(registry_.get(), "prometheus_ready",
                    "Whether Prometheus startup was fully completed and the server is ready for normal operation.");
  reload_successful_ = AddGauge(registry_.get(), "prometheus_config_last_reload_successful",
                                "Whether the last configuration reload attempt was successful.");
  reload_time_ = AddGauge(registry_.get(), "prometheus_config_last_reload_success_timestamp_seconds",
                          "Timestamp of the last successful configuration reload.");
}

SelfMetrics::~SelfMetrics() = default;

void SelfMetrics::SetReady(bool ready) { ready_->Set(ready ? 1 : 0); }

void SelfMetrics::SetReloaded(bool successful) {
  reload_successful_->Set(successful ? 1 : 0);
  if (successful) {
    reload_time_->Set(static_cast<double>(clock_.NowMs()) / 1000);
  }
}

bool SelfMetrics::reload_successful() const { return reload_successful_->Value() != 0; }

TimestampMs SelfMetrics::last_reload() const { return static_cast<TimestampMs>(reload_time_->Value() * 1000); }

std::vector<prometheus::MetricFamily> SelfMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  AppendProcessFamilies(&families);
  return families;
}

std::string SelfMetrics::Text() const { return prometheus::TextSerializer().Serialize(Collect()); }

}  // namespace tocsin
