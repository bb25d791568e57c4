#include "tests/reference_evaluator/generated_series.h"

#include <algorithm>
#include <random>
#include <string>

#include "base/strings.h"

namespace tocsin::reference {
namespace {

constexpr std::string_view kJobs[] = {"api", "db", "web"};
constexpr std::string_view kInstances[] = {"a", "b", "c"};
constexpr std::string_view kCodes[] = {"200", "404", "500"};
constexpr std::string_view kBounds[] = {"0.1", "0.5", "1", "5", "+Inf"};

class SeriesGenerator {
 public:
  explicit SeriesGenerator(uint64_t seed) : random_(seed) {}

  std::vector<MemorySeries> Run() {
    for (const std::string_view job : kJobs) {
      for (const std::string_view instance : kInstances) {
        AddInstance(job, instance);
      }
    }
    return std::move(series_);
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint64_t>(limit)); }

  // The times of one series: some miss samples or start late, some are off the grid by milliseconds.
  std::vector<TimestampMs> Times() {
    const DurationMs jitter = Below(3) == 0 ? Below(5000) : 0;
    const TimestampMs first = kDataStart + (Below(5) == 0 ? Below(30) * kMinute : 0) + jitter;
    const bool has_gaps = Below(3) == 0;
    std::vector<TimestampMs> times;
    for (TimestampMs t = first; t <= kDataStart + kDataLength; t += kDataInterval) {
      if (!has_gaps || Below(12) != 0) {
        times.push_back(t);
      }
    }
    if (has_gaps && times.size() > 60) {
      times.erase(times.begin() + 20, times.begin() + 20 + Below(40));
    }
    return times;
  }

  void AddInstance(std::string_view job, std::string_view instance) {
    for (const std::string_view code : kCodes) {
      Add({{kMetricName, "requests_total"}, {"job", job}, {"instance", instance}, {"code", code}}, Counter(Times()));
    }
    Add({{kMetricName, "temperature"}, {"job", job}, {"instance", instance}}, Gauge(Times()));
    Add({{kMetricName, "queue_length"}, {"job", job}, {"instance", instance}}, WithStaleMarkers(Gauge(Times())));
    if (Below(4) != 0) {
      const std::string_view version = Below(2) == 0 ? "1.0" : "1.1";
      std::vector<MemorySample> ones;
      for (const TimestampMs t : Times()) {
        ones.push_back({t, 1});
      }
      Add({{kMetricName, "build_info"}, {"job", job}, {"instance", instance}, {"version", version}}, ones);
    }
    AddBuckets(job, instance);
  }

  void AddBuckets(std::string_view job, std::string_view instance) {
    const std::vector<TimestampMs> times = Times();
    std::vector<double> below(times.size(), 0);
    for (const std::string_view bound : kBounds) {
      std::vector<MemorySample> samples;
      double total = 0;
      for (size_t i = 0; i < times.size(); ++i) {
        total += Below(4);
        below[i] += total;
        samples.push_back({times[i], below[i]});
      }
      Add({{kMetricName, "latency_bucket"}, {"job", job}, {"instance", instance}, {"le", bound}}, samples);
    }
  }

  std::vector<MemorySample> Counter(const std::vector<TimestampMs>& times) {
    std::vector<MemorySample> samples;
    double value = Below(100);
    for (const TimestampMs t : times) {
      value = Below(60) == 0 ? Below(5) : value + Below(8) / 4.0;
      samples.push_back({t, value});
    }
    return samples;
  }

  std::vector<MemorySample> Gauge(const std::vector<TimestampMs>& times) {
    std::vector<MemorySample> samples;
    double value = Below(40) - 10;
    for (const TimestampMs t : times) {
      value += (Below(9) - 4) / 4.0;
      samples.push_back({t, value});
    }
    return samples;
  }

  std::vector<MemorySample> WithStaleMarkers(std::vector<MemorySample> samples) {
    for (size_t i = 30; i + 1 < samples.size(); i += 50) {
      samples[i].value = kStaleNaN;
    }
    return samples;
  }

  void Add(std::initializer_list<std::pair<std::string_view, std::string_view>> labels, std::vector<MemorySample> samples) {
    series_.push_back({Labels::Of(labels), std::move(samples)});
  }

  std::mt19937_64 random_;
  std::vector<MemorySeries> series_;
};

}  // namespace

std::vector<MemorySeries> GenerateSeries(uint64_t seed) { return SeriesGenerator(seed).Run(); }

}  // namespace tocsin::reference
