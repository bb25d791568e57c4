#pragma once

#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tocsin {

class HeadCore;
class HeadStorage;

/// The prometheus_tsdb_* metrics under upstream's names, and tocsin_* ones for what upstream has not.
/// Threads: Update from one thread at a time.
class HeadMetrics {
 public:
  /// `core` and `storage` (null with memory only) outlive this; the registry too.
  HeadMetrics(const HeadCore& core, const HeadStorage* storage, prometheus::Registry& registry);

  /// Brings all to what they are now.
  void Update();

 private:
  using Labels = std::map<std::string, std::string>;
  void AddCounter(const char* name, const char* help, std::function<double()> value, const Labels& labels = {});
  void AddGauge(const char* name, const char* help, std::function<double()> value, const Labels& labels = {});
  /// Without quantiles, from a sum and a count that only grow.
  void AddSummary(const char* name, const char* help, std::function<double()> sum, std::function<uint64_t()> count);
  void AddHeadMetrics();
  void AddSampleMetrics();
  void AddExemplarMetrics();
  void AddMemoryMetrics();
  void AddHeadTimes();
  void AddLogMetrics();
  void AddBlockMetrics();
  void AddOutOfOrderDelta();

  const HeadCore& core_;
  const HeadStorage* storage_;
  prometheus::Registry& registry_;
  std::vector<std::function<void()>> updates_;
};

}  // namespace tocsin
