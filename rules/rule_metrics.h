#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace tocsin {
class MetricRegistry;
}  // namespace tocsin

namespace tocsin::rules {

/// The series of one group, under upstream's names; removed from the registry with this object. Null registry: nothing is counted.
class GroupMetrics;

/// prometheus_rule_* metrics of all groups.
/// Threads: safe.
class RuleMetrics {
 public:
  struct Families;

  explicit RuleMetrics(MetricRegistry* registry);
  ~RuleMetrics();

  std::unique_ptr<GroupMetrics> ForGroup(const std::string& file, const std::string& name);

  void ObserveRule(double seconds);
  void ObserveGroup(double seconds);
  void SetFilesFailed(size_t files);
  void CountNotDurable();
  void CountTemplate(bool failed);

 private:
  std::unique_ptr<Families> families_;
};

/// The old and the new group of a reload share the series of their name for a while.
class GroupMetrics {
 public:
  GroupMetrics(RuleMetrics::Families* families, const std::string& key);
  ~GroupMetrics();
  GroupMetrics(const GroupMetrics&) = delete;
  GroupMetrics& operator=(const GroupMetrics&) = delete;

  void SetShape(double interval_seconds, size_t rules);
  void CountScheduled(int64_t iterations);
  void CountMissed(int64_t iterations);
  void CountEvaluation();
  void CountFailures(int64_t failures);
  void CountWarnings(size_t warnings);
  void SetLastEvaluation(double unix_seconds, double duration_seconds, double rule_seconds, size_t samples);
  void SetRestoreDuration(double seconds);
  void SetNoInput(size_t rules);

  struct Series;

 private:
  std::shared_ptr<Series> series_;
};

}  // namespace tocsin::rules
