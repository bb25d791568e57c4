#include "tests/differential/written_data.h"

#include <random>

#include "base/strings.h"
#include "base/wire/histogram_wire.h"
#include "tests/reference_evaluator/generated_series.h"
#include "tests/support/write_request_builder.h"

namespace tocsin::differential {
namespace {

using reference::kDataInterval;
using reference::kDataLength;
using reference::kDataStart;

constexpr size_t kSeriesPerBody = 20;

test::SeriesToSend FloatSeries(const reference::MemorySeries& series) {
  test::SeriesToSend out;
  for (const Label label : series.labels) {
    out.labels.emplace_back(label.name, label.value);
  }
  for (const reference::MemorySample& sample : series.samples) {
    out.samples.push_back({sample.value, sample.t});
  }
  return out;
}

/// A counter of observations that grows at each step and sometimes starts again.
class HistogramCounter {
 public:
  HistogramCounter(FloatHistogram empty, uint64_t seed) : empty_(std::move(empty)), current_(empty_), random_(seed) {}

  const FloatHistogram& Step() {
    if (random_() % 70 == 0) {
      current_ = empty_;
    }
    for (double& bucket : current_.positive_buckets) {
      Observe(&bucket);
    }
    for (double& bucket : current_.negative_buckets) {
      Observe(&bucket);
    }
    if (!current_.uses_custom_buckets()) {
      Observe(&current_.zero_count);
    }
    return current_;
  }

 private:
  void Observe(double* bucket) {
    const auto more = static_cast<double>(random_() % 4);
    *bucket += more;
    current_.count += more;
    current_.sum += more * 0.75;
  }

  const FloatHistogram empty_;
  FloatHistogram current_;
  std::mt19937_64 random_;
};

FloatHistogram EmptyNative(int32_t schema, bool negative) {
  FloatHistogram h;
  h.schema = schema;
  h.zero_threshold = 0.001;
  h.positive_spans = {{-2, 3}, {1, 2}};
  h.positive_buckets = std::vector<double>(5, 0);
  if (negative) {
    h.negative_spans = {{0, 2}};
    h.negative_buckets = std::vector<double>(2, 0);
  }
  return h;
}

FloatHistogram EmptyCustom(std::vector<double> bounds) {
  FloatHistogram h;
  h.schema = kCustomBucketsSchema;
  h.positive_spans = {{0, static_cast<uint32_t>(bounds.size() + 1)}};
  h.positive_buckets = std::vector<double>(bounds.size() + 1, 0);
  h.custom_values = std::move(bounds);
  return h;
}

test::SeriesToSend HistogramSeries(const std::string& name, const std::string& job, FloatHistogram empty, uint64_t seed) {
  test::SeriesToSend out;
  out.labels = {{std::string(kMetricName), name}, {"instance", "a"}, {"job", job}};
  HistogramCounter counter(std::move(empty), seed);
  for (TimestampMs t = kDataStart; t <= kDataStart + kDataLength; t += kDataInterval) {
    std::string message;
    wire::ProtoWriter writer(&message);
    wire::EncodeHistogram(counter.Step(), true, t, 0, &writer);
    out.histograms.push_back(std::move(message));
  }
  return out;
}

}  // namespace

std::vector<std::string> WriteBodies(uint64_t seed) {
  std::vector<test::SeriesToSend> all;
  for (const reference::MemorySeries& series : reference::GenerateSeries(seed)) {
    all.push_back(FloatSeries(series));
  }
  all.push_back(HistogramSeries("latency_native", "api", EmptyNative(2, false), seed + 1));
  all.push_back(HistogramSeries("latency_native", "db", EmptyNative(1, true), seed + 2));
  all.push_back(HistogramSeries("latency_native", "web", EmptyNative(2, true), seed + 3));
  all.push_back(HistogramSeries("latency_custom", "api", EmptyCustom({0.1, 1, 10}), seed + 4));
  all.push_back(HistogramSeries("latency_custom", "db", EmptyCustom({0.1, 1, 10}), seed + 5));
  std::vector<std::string> bodies;
  for (size_t i = 0; i < all.size(); i += kSeriesPerBody) {
    const auto first = all.begin() + static_cast<ptrdiff_t>(i);
    const auto last = all.begin() + static_cast<ptrdiff_t>(std::min(i + kSeriesPerBody, all.size()));
    bodies.push_back(test::Snappy(test::EncodeV1({first, last})));
  }
  return bodies;
}

}  // namespace tocsin::differential
