#pragma once

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics/quantile_sketch.h"
#include "base/mutex.h"

namespace tocsin {

/// A summary whose quantiles are those of the last eight to ten minutes, as those of Go's client library: NaN when nothing was observed
/// meanwhile. Sum and count are exact and of all time. An observation costs the same however many there were.
/// Threads: safe.
class WindowSummary {
 public:
  static constexpr size_t kWindows = 5;
  static constexpr DurationMs kWindowMs = 2 * kMinute;

  /// `clock` must outlive it.
  WindowSummary(std::vector<double> quantiles, const Clock& clock);

  void Observe(double value);
  prometheus::ClientMetric::Summary Collect();

 private:
  /// Empties the windows that have grown too old.
  void Rotate() REQUIRES(mu_);

  const std::vector<double> quantiles_;
  const Clock& clock_;
  Mutex mu_;
  std::array<QuantileSketch, kWindows> windows_ GUARDED_BY(mu_);
  size_t newest_ GUARDED_BY(mu_) = 0;
  int64_t newest_begin_ns_ GUARDED_BY(mu_);
  double sum_ GUARDED_BY(mu_) = 0;
  uint64_t count_ GUARDED_BY(mu_) = 0;
};

/// The summaries of one name.
/// Threads: safe.
class WindowSummaryFamily {
 public:
  WindowSummaryFamily(std::string name, std::string help, std::vector<double> quantiles, const Clock& clock)
      : name_(std::move(name)), help_(std::move(help)), quantiles_(std::move(quantiles)), clock_(clock) {}

  const std::string& name() const { return name_; }

  /// The summary of these labels, made when there is none. It lives as long as the family.
  WindowSummary& Add(const prometheus::Labels& labels);
  prometheus::MetricFamily Collect() const;

 private:
  struct Series {
    prometheus::Labels labels;
    std::unique_ptr<WindowSummary> summary;
  };

  const std::string name_;
  const std::string help_;
  const std::vector<double> quantiles_;
  const Clock& clock_;
  mutable Mutex mu_;
  std::vector<Series> series_ GUARDED_BY(mu_);
};

}  // namespace tocsin
