// The query engine alone: 100,000 series with one hour of samples every 15 s, range queries of 61 steps (one a minute) and instant queries.
// CPU time is that of all threads.
//   build/bench/promql_bench [--benchmark_filter=Range]

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "promql/engine.h"
#include "storage/head.h"

namespace tocsin::promql {
namespace {

constexpr int kPods = 2500;
constexpr TimestampMs kStart = 1'700'000'000'000 / 60'000 * 60'000;
constexpr int kScrapes = 241;
constexpr DurationMs kInterval = 15 * kSecond;
constexpr TimestampMs kEnd = kStart + (kScrapes - 1) * kInterval;

struct GeneratedSeries {
  SeriesRef ref;
  double value = 0;
  double growth = 0;
  bool counter = true;
};

/// The store that all benchmarks read, filled once.
class BenchStore {
 public:
  static Head& Get() {
    static BenchStore store;
    return *store.head_;
  }

 private:
  BenchStore() {
    HeadOptions options;
    options.retention_ms = 0;
    head_ = Head::OpenMemoryOnly(options, clock_);
    MakeSeries();
    std::vector<RefSample> samples(series_.size());
    std::vector<AppendResult> results(series_.size());
    for (int scrape = 0; scrape < kScrapes; ++scrape) {
      for (size_t i = 0; i < series_.size(); ++i) {
        GeneratedSeries& series = series_[i];
        state_ = state_ * 6364136223846793005 + 1442695040888963407;
        const auto random = static_cast<double>(state_ >> 40) / static_cast<double>(1 << 24);
        series.value = series.counter ? series.value + static_cast<double>(static_cast<int>(random * 2 * series.growth))
                                      : series.growth * (1 + random);
        samples[i] = {series.ref, kStart + scrape * kInterval, series.value};
      }
      const std::unique_ptr<Appender> appender = head_->OpenAppender();
      if (appender->AppendBatch(samples, results.data()) != samples.size() || !appender->Commit().ok()) {
        std::cerr << "filling the store failed\n";
        std::abort();
      }
    }
  }

  void MakeSeries() {
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    const auto add = [&](const Labels& labels, double growth, bool counter) {
      AppendResult result;
      series_.push_back({appender->GetOrCreate(labels, &result), 0, growth, counter});
    };
    for (int pod = 0; pod < kPods; ++pod) {
      const std::string name = Cat("pod-", pod);
      const std::string instance = Cat("10.0.", pod / 250, ".", pod % 250, ":8000");
      const std::string service = Cat("service-", pod % 50);
      for (int i = 0; i < 16; ++i) {
        add(Labels::Of({{"__name__", "requests_total"},
                        {"code", i % 4 == 3 ? "500" : "200"},
                        {"instance", instance},
                        {"job", "seldon"},
                        {"path", Cat("/api/v", i / 2)},
                        {"method", i % 2 == 0 ? "GET" : "POST"},
                        {"pod", name},
                        {"service", service}}),
            20, true);
      }
      for (int i = 0; i < 8; ++i) {
        add(Labels::Of({{"__name__", "memory_bytes"},
                        {"container", Cat("c", i)},
                        {"instance", instance},
                        {"job", "cadvisor"},
                        {"pod", name},
                        {"namespace", "default"}}),
            1e6, false);
      }
      for (int i = 0; i < 15; ++i) {
        add(Labels::Of({{"__name__", "request_seconds_bucket"},
                        {"instance", instance},
                        {"job", "seldon"},
                        {"le", i == 14 ? std::string("+Inf") : Cat(0.001 * (1 << i))},
                        {"pod", name},
                        {"service", service}}),
            5 * (i + 1), true);
      }
      add(Labels::Of({{"__name__", "pod_info"}, {"node", Cat("node-", pod % 20)}, {"pod", name}, {"namespace", "default"}}), 0.5, false);
    }
    if (!appender->Commit().ok()) {
      std::abort();
    }
  }

  ManualClock clock_{kEnd};
  std::unique_ptr<Head> head_;
  std::vector<GeneratedSeries> series_;
  uint64_t state_ = 1;
};

struct Shape {
  const char* name;
  const char* expression;
};

constexpr Shape kShapes[] = {
    {"selector", "memory_bytes"},
    {"one_series", "memory_bytes{pod=\"pod-17\",container=\"c3\"}"},
    {"rate", "rate(requests_total[5m])"},
    {"sum_rate", "sum(rate(requests_total[5m]))"},
    {"sum_by_rate", "sum by (service, code) (rate(requests_total[5m]))"},
    {"histogram_quantile", "histogram_quantile(0.99, sum by (le, pod) (rate(request_seconds_bucket[5m])))"},
    {"histogram_quantile_all", "histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m])))"},
    {"error_ratio", "sum by (service) (rate(requests_total{code=\"500\"}[5m])) / sum by (service) (rate(requests_total[5m]))"},
    {"group_left", "memory_bytes * on (pod) group_left (node) pod_info"},
    {"topk", "topk(10, memory_bytes)"},
    {"quantile_over_time", "quantile_over_time(0.9, memory_bytes[10m])"},
    {"avg_over_time", "avg_over_time(memory_bytes[10m])"},
    {"max_over_time", "max_over_time(memory_bytes[10m])"},
    {"regex", "sum by (pod) (memory_bytes{pod=~\"pod-1.*\",container!~\"c[0-3]\"})"},
    {"subquery", "max_over_time(sum(rate(requests_total[2m]))[10m:1m])"},
    {"avg_by", "avg by (namespace) (memory_bytes)"},
    {"compare", "memory_bytes > 1500000"},
};

std::unique_ptr<Engine> MakeEngine() {
  static const SystemClock clock;
  EngineOptions options;
  options.max_samples = 500'000'000;
  return NewEngine(options, clock);
}

void Run(benchmark::State& state, const char* expression, bool range) {
  Head& store = BenchStore::Get();
  const std::unique_ptr<Engine> engine = MakeEngine();
  QueryRequest request;
  request.expression = expression;
  request.start = range ? kStart : kEnd;
  request.end = kEnd;
  request.step_ms = range ? kMinute : 0;
  for (auto _ : state) {
    const absl::StatusOr<QueryResult> result = engine->Query(store, request);
    if (!result.ok()) {
      state.SkipWithError(std::string(Message(result.status())).c_str());
      return;
    }
    benchmark::DoNotOptimize(&result->value);
  }
}

void RegisterAll() {
  for (const bool range : {true, false}) {
    for (const Shape& shape : kShapes) {
      benchmark::RegisterBenchmark(Cat(range ? "Range/" : "Instant/", shape.name).c_str(),
                                   [&shape, range](benchmark::State& state) { Run(state, shape.expression, range); })
          ->Unit(benchmark::kMillisecond)
          ->MeasureProcessCPUTime()
          ->UseRealTime();
    }
  }
}

}  // namespace
}  // namespace tocsin::promql

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  tocsin::promql::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
