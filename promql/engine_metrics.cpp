#include "promql/engine_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include "base/metrics/metric_registry.h"

namespace tocsin::promql {

EngineMetrics::EngineMetrics(int max_concurrency, MetricRegistry* registry)
    : queries_(&prometheus::BuildGauge()
                    .Name("prometheus_engine_queries")
                    .Help("The current number of queries being executed or waiting.")
                    .Register(*registry)
                    .Add({})),
      samples_(&prometheus::BuildCounter()
                    .Name("prometheus_engine_query_samples_total")
                    .Help("The total number of samples loaded by all queries (full window per step for range-vector).")
                    .Register(*registry)
                    .Add({})),
      samples_read_(&prometheus::BuildCounter()
                         .Name("prometheus_engine_query_samples_read_total")
                         .Help("The total number of samples read by all queries (only new points per step for range-vector).")
                         .Register(*registry)
                         .Add({})) {
  prometheus::BuildGauge()
      .Name("prometheus_engine_queries_concurrent_max")
      .Help("The max number of concurrent queries.")
      .Register(*registry)
      .Add({})
      .Set(max_concurrency);
  WindowSummaryFamily& summaries = registry->Summaries("prometheus_engine_query_duration_seconds", "Query timings", {0.5, 0.9, 0.99});
  auto& histograms = prometheus::BuildHistogram()
                         .Name("prometheus_engine_query_duration_histogram_seconds")
                         .Help("The duration of various parts of PromQL query execution.")
                         .Register(*registry);
  static constexpr const char* kNames[] = {"queue_time", "prepare_time", "inner_eval", "result_sort"};
  for (size_t i = 0; i < kSlices; ++i) {
    timings_[i].summary = &summaries.Add({{"slice", kNames[i]}});
    timings_[i].histogram = &histograms.Add({{"slice", kNames[i]}}, prometheus::Histogram::BucketBoundaries{0.01, 0.1, 1, 10});
  }
}

void EngineMetrics::Observe(Slice slice, double seconds) {
  timings_[slice].summary->Observe(seconds);
  timings_[slice].histogram->Observe(seconds);
}

void EngineMetrics::Started() { queries_->Increment(); }

void EngineMetrics::Ended(const QueryStats& stats, bool entered) {
  queries_->Decrement();
  samples_->Increment(static_cast<double>(stats.total_queryable_samples));
  samples_read_->Increment(static_cast<double>(stats.samples_read));
  Observe(kQueueTime, stats.exec_queue_seconds);
  if (entered) {
    Observe(kPrepareTime, stats.query_preparation_seconds);
    Observe(kInnerEval, stats.inner_eval_seconds);
    Observe(kResultSort, stats.result_sort_seconds);
  }
}

}  // namespace tocsin::promql
