#pragma once

#include <array>

#include "promql/engine.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
class Summary;
}  // namespace prometheus

namespace tocsin::promql {

/// prometheus_engine_*, as upstream has them.
/// Threads: safe.
class EngineMetrics {
 public:
  EngineMetrics(int max_concurrency, prometheus::Registry* registry);

  void Started();
  /// `entered`: it got its place among the running queries.
  void Ended(const QueryStats& stats, bool entered);

 private:
  enum Slice { kQueueTime, kPrepareTime, kInnerEval, kResultSort, kSlices };
  struct Timing {
    prometheus::Summary* summary = nullptr;
    prometheus::Histogram* histogram = nullptr;
  };

  void Observe(Slice slice, double seconds);

  prometheus::Gauge* queries_;
  prometheus::Counter* samples_;
  prometheus::Counter* samples_read_;
  std::array<Timing, kSlices> timings_;
};

}  // namespace tocsin::promql
