// Costs of the store alone: appends, memory, reads, replay. Real-shaped series: ten labels, a third of the values changing.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/env.h"
#include "base/memory_budget.h"
#include "storage/head.h"
#include "storage/wal/replay.h"

namespace tocsin {
namespace {

constexpr DurationMs kInterval = 15 * kSecond;
constexpr TimestampMs kStart = 1'700'000'000'000;

Labels SeriesLabels(int i) {
  const std::string pod = "model-" + std::to_string(i / 50) + "-7d9f8c6b5d-x" + std::to_string(i / 50 % 97);
  return Labels::FromPairs({{"__name__", "container_metric_" + std::to_string(i % 50)},
                            {"cluster", "seldon"},
                            {"container", i % 3 == 0 ? "seldon-container-engine" : "classifier"},
                            {"endpoint", "metrics"},
                            {"instance", "10.0." + std::to_string(i / 50 % 250) + "." + std::to_string(i / 12500) + ":8000"},
                            {"job", "seldon_models"},
                            {"namespace", "ns-" + std::to_string(i / 5000)},
                            {"node", "node-" + std::to_string(i / 50 % 40)},
                            {"pod", pod},
                            {"service", "svc-" + std::to_string(i / 250)}});
}

class Feeder {
 public:
  Feeder(Head& head, int series) : head_(head), random_(1), values_(static_cast<size_t>(series)) {
    const auto appender = head.OpenAppender();
    for (int i = 0; i < series; ++i) {
      AppendResult result;
      batch_.push_back({appender->GetOrCreate(SeriesLabels(i), &result), 0, 0});
      values_[static_cast<size_t>(i)] = static_cast<double>(random_() % 100000);
    }
    results_.resize(batch_.size());
  }

  // As scrapes do: `per_commit` series at a time.
  void Round(size_t per_commit) {
    t_ += kInterval;
    for (size_t i = 0; i < batch_.size(); ++i) {
      if (random_() % 100 < 35) {
        values_[i] += static_cast<double>(random_() % 64);
      }
      batch_[i].t = t_;
      batch_[i].value = values_[i];
    }
    for (size_t begin = 0; begin < batch_.size(); begin += per_commit) {
      const auto appender = head_.OpenAppender();
      const size_t count = std::min(per_commit, batch_.size() - begin);
      appender->AppendBatch({batch_.data() + begin, count}, results_.data());
      if (!appender->Commit().ok()) {
        std::abort();
      }
    }
  }
  // Without the cost of making values.
  void Prepare() {
    for (size_t i = 0; i < batch_.size(); ++i) {
      if (random_() % 100 < 35) {
        values_[i] += static_cast<double>(random_() % 64);
      }
      batch_[i].value = values_[i];
    }
  }
  void Append(size_t per_commit) {
    t_ += kInterval;
    for (size_t begin = 0; begin < batch_.size(); begin += per_commit) {
      const auto appender = head_.OpenAppender();
      const size_t count = std::min(per_commit, batch_.size() - begin);
      for (size_t i = begin; i < begin + count; ++i) {
        batch_[i].t = t_;
      }
      appender->AppendBatch({batch_.data() + begin, count}, results_.data());
      if (!appender->Commit().ok()) {
        std::abort();
      }
    }
  }

 private:
  Head& head_;
  std::mt19937 random_;
  std::vector<double> values_;
  std::vector<RefSample> batch_;
  std::vector<AppendResult> results_;
  TimestampMs t_ = kStart;
};

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("tocsin_bench_" + std::to_string(getpid()))) {}
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void BM_AppendKnownSeries(benchmark::State& state) {
  const ManualClock clock;
  const Folder folder;
  auto head = state.range(1) == 0 ? Head::OpenMemoryOnly({}, clock) : *Head::Open(folder.path(), {}, clock, SystemEnv(), nullptr);
  const auto series = static_cast<int>(state.range(0));
  Feeder feeder(*head, series);
  for (auto _ : state) {
    state.PauseTiming();
    feeder.Prepare();
    state.ResumeTiming();
    feeder.Append(1000);
  }
  state.SetItemsProcessed(state.iterations() * series);
}
BENCHMARK(BM_AppendKnownSeries)
    ->ArgNames({"series", "log"})
    ->Args({10000, 0})
    ->Args({10000, 1})
    ->Args({100000, 0})
    ->Args({100000, 1})
    ->Args({1000000, 1});

void BM_CreateSeries(benchmark::State& state) {
  const ManualClock clock;
  std::vector<Labels> labels;
  for (int i = 0; i < 200000; ++i) {
    labels.push_back(SeriesLabels(i));
  }
  for (auto _ : state) {
    const auto head = Head::OpenMemoryOnly({}, clock);
    const auto appender = head->OpenAppender();
    AppendResult result;
    for (const Labels& one : labels) {
      benchmark::DoNotOptimize(appender->GetOrCreate(one, &result));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(labels.size()));
}
BENCHMARK(BM_CreateSeries)->Unit(benchmark::kMillisecond);

void BM_Memory(benchmark::State& state) {
  const ManualClock clock;
  const int series = 200000;
  for (auto _ : state) {
    const auto head = Head::OpenMemoryOnly({}, clock);
    const int64_t before = MemoryBudget::ResidentBytes();
    {
      Feeder feeder(*head, series);
      for (int i = 0; i < state.range(0); ++i) {
        feeder.Round(1000);
      }
    }
    state.counters["rss_per_series"] = static_cast<double>(MemoryBudget::ResidentBytes() - before) / series;
    state.counters["bytes_per_sample"] = static_cast<double>(head->sample_bytes()) / series / static_cast<double>(state.range(0));
  }
}
BENCHMARK(BM_Memory)->Arg(120)->Arg(240)->Iterations(1)->Unit(benchmark::kMillisecond);

void BM_Select(benchmark::State& state) {
  const ManualClock clock;
  const auto head = Head::OpenMemoryOnly({}, clock);
  Feeder feeder(*head, 100000);
  for (int i = 0; i < 240; ++i) {
    feeder.Round(1000);
  }
  const std::vector<Matcher> matchers = {Matcher::Equal("__name__", "container_metric_7"),
                                         *Matcher::Create(MatchType::kRegexp, "namespace", "ns-1.*")};
  int64_t samples_read = 0;
  for (auto _ : state) {
    auto querier = head->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    const auto list = (*querier)->Select(matchers, {});
    SampleColumns samples;
    Sample last;
    for (const auto& one : *list) {
      if (state.range(0) == 0) {
        samples_read += one->ReadLast(kMinTimestamp, kMaxTimestamp, &last) ? 1 : 0;
      } else {
        samples.Clear();
        one->Read(kMinTimestamp, kMaxTimestamp, &samples);
        samples_read += static_cast<int64_t>(samples.size());
      }
    }
  }
  state.SetItemsProcessed(samples_read);
}
BENCHMARK(BM_Select)->ArgName("whole")->Arg(0)->Arg(1);

void BM_Replay(benchmark::State& state) {
  const ManualClock clock;
  const Folder folder;
  const auto series = static_cast<int>(state.range(0));
  {
    const auto head = *Head::Open(folder.path(), {}, clock, SystemEnv(), nullptr);
    Feeder feeder(*head, series);
    for (int i = 0; i < 120; ++i) {
      feeder.Round(1000);
    }
    if (state.range(1) != 0 && !head->Checkpoint().ok()) {
      std::abort();
    }
  }
  for (auto _ : state) {
    auto head = Head::Open(folder.path(), {}, clock, SystemEnv(), nullptr);
    benchmark::DoNotOptimize(head);
    state.PauseTiming();
    head->reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Replay)
    ->ArgNames({"series", "checkpoint"})
    ->Args({100000, 0})
    ->Args({100000, 1})
    ->Args({1000000, 0})
    ->Args({1000000, 1})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace tocsin
