#include "base/metrics/window_summary.h"

#include <algorithm>

namespace tocsin {

WindowSummary::WindowSummary(std::vector<double> quantiles, const Clock& clock)
    : quantiles_(std::move(quantiles)), clock_(clock), newest_begin_ns_(clock.MonotonicNs()) {}

void WindowSummary::Rotate() {
  constexpr int64_t kWindowNs = kWindowMs * 1'000'000;
  const int64_t passed = (clock_.MonotonicNs() - newest_begin_ns_) / kWindowNs;
  if (passed <= 0) {
    return;
  }
  for (int64_t i = std::min<int64_t>(passed, kWindows); i > 0; --i) {
    newest_ = (newest_ + 1) % kWindows;
    windows_[newest_].Clear();
  }
  newest_begin_ns_ += passed * kWindowNs;
}

void WindowSummary::Observe(double value) {
  const MutexLock lock(mu_);
  Rotate();
  windows_[newest_].Add(value);
  sum_ += value;
  ++count_;
}

prometheus::ClientMetric::Summary WindowSummary::Collect() {
  prometheus::ClientMetric::Summary out;
  QuantileSketch merged;
  {
    const MutexLock lock(mu_);
    Rotate();
    for (const QuantileSketch& window : windows_) {
      merged.Merge(window);
    }
    out.sample_sum = sum_;
    out.sample_count = count_;
  }
  for (const double quantile : quantiles_) {
    out.quantile.push_back({.quantile = quantile, .value = merged.Quantile(quantile)});
  }
  return out;
}

WindowSummary& WindowSummaryFamily::Add(const prometheus::Labels& labels) {
  const MutexLock lock(mu_);
  const auto known = std::find_if(series_.begin(), series_.end(), [&](const Series& series) { return series.labels == labels; });
  if (known != series_.end()) {
    return *known->summary;
  }
  series_.push_back({labels, std::make_unique<WindowSummary>(quantiles_, clock_)});
  return *series_.back().summary;
}

prometheus::MetricFamily WindowSummaryFamily::Collect() const {
  prometheus::MetricFamily family;
  family.name = name_;
  family.help = help_;
  family.type = prometheus::MetricType::Summary;
  const MutexLock lock(mu_);
  for (const Series& series : series_) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : series.labels) {
      metric.label.push_back({name, value});
    }
    metric.summary = series.summary->Collect();
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace tocsin
