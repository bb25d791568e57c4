#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics/window_summary.h"
#include "base/mutex.h"

namespace tocsin {

/// The library's registry with summaries of our own: the library's keep their observations sorted, which costs more the more there are and
/// was the largest part of a small query.
/// Threads: safe.
class MetricRegistry : public prometheus::Registry {
 public:
  /// `clock` must outlive it.
  explicit MetricRegistry(const Clock& clock) : clock_(clock) {}

  /// The family of that name, made when there is none. It lives as long as the registry.
  WindowSummaryFamily& Summaries(const std::string& name, const std::string& help, const std::vector<double>& quantiles);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Clock& clock_;
  mutable Mutex mu_;
  std::vector<std::unique_ptr<WindowSummaryFamily>> summaries_ GUARDED_BY(mu_);
};

}  // namespace tocsin
