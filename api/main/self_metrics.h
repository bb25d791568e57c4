#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/metrics/metric_registry.h"
#include "base/types.h"

namespace tocsin {

/// The program's own metrics: the registry that all rooms put theirs into, and those of the process as a whole.
/// Threads: safe.
class SelfMetrics {
 public:
  explicit SelfMetrics(const Clock& clock);
  ~SelfMetrics();

  MetricRegistry& registry() { return *registry_; }

  void SetReady(bool ready);
  void SetReloaded(bool successful);

  bool reload_successful() const;
  /// 0: never.
  TimestampMs last_reload() const;

  /// All of it in the text format 0.0.4.
  std::string Text() const;
  /// All of it; the process's values are read at the call.
  std::vector<prometheus::MetricFamily> Collect() const;

 private:
  const Clock& clock_;
  std::unique_ptr<MetricRegistry> registry_;
  prometheus::Gauge* ready_;
  prometheus::Gauge* reload_successful_;
  prometheus::Gauge* reload_time_;
};

}  // namespace tocsin
