#pragma once

#include <array>

#include "promql/engine.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tocsin {
class MetricRegistry;
class WindowSummary;
}  // namespace tocsin

namespace tocsin::promql {

/// prometheus_engine_*, as upstream has them.
/// Threads: safe.
class EngineMetrics {
 public:
  EngineMetrics(int max_concurrency, MetricRegistry* registry);

  void Started();
  /// `entered`: it got its place among the running queries.
  void Ended(const QueryStats& stats, bool entered);

 private:
  enum Slice { kQueueTime, kPrepareTime, kInnerEval, kResultSort, kSlices };
  struct Timing {
    WindowSummary* summary = nullptr;
    prometheus::Histogram* histogram = nullptr;
  };

  void Observe(Slice slice, double seconds);

  prometheus::Gauge* queries_;
  prometheus::Counter* samples_;
  prometheus::Counter* samples_read_;
  std::array<Timing, kSlices> timings_;
};

}  // namespace tocsin::promql
