#include "base/metrics/metric_registry.h"

#include <algorithm>

namespace tocsin {

WindowSummaryFamily& MetricRegistry::Summaries(const std::string& name, const std::string& help, const std::vector<double>& quantiles) {
  const MutexLock lock(mu_);
  const auto known = std::find_if(summaries_.begin(), summaries_.end(), [&](const auto& family) { return family->name() == name; });
  if (known != summaries_.end()) {
    return **known;
  }
  return *summaries_.emplace_back(std::make_unique<WindowSummaryFamily>(name, help, quantiles, clock_));
}

std::vector<prometheus::MetricFamily> MetricRegistry::Collect() const {
  std::vector<prometheus::MetricFamily> families = prometheus::Registry::Collect();
  const MutexLock lock(mu_);
  for (const auto& summary : summaries_) {
    families.push_back(summary->Collect());
  }
  return families;
}

}  // namespace tocsin
