#include "rules/rule_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>

#include "base/metrics/metric_registry.h"
#include "base/strings.h"

namespace tocsin::rules {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;

Family<Counter>& CounterFamily(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& GaugeFamily(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

prometheus::Histogram& DurationHistogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {}, prometheus::Histogram::BucketBoundaries{0.01, 0.1, 1, 10});
}

}  // namespace

struct RuleMetrics::Families {
  explicit Families(MetricRegistry& registry)
      : iterations(CounterFamily(registry, "prometheus_rule_group_iterations_total",
                                 "The total number of scheduled rule group evaluations, whether executed or missed.")),
        missed(CounterFamily(registry, "prometheus_rule_group_iterations_missed_total",
                             "The total number of rule group evaluations missed due to slow rule group evaluation.")),
        evaluations(CounterFamily(registry, "prometheus_rule_evaluations_total", "The total number of rule evaluations.")),
        failures(CounterFamily(registry, "prometheus_rule_evaluation_failures_total", "The total number of rule evaluation failures.")),
        warnings(CounterFamily(registry, "tocsin_rule_evaluation_warnings_total", "PromQL warnings of rule evaluations.")),
        interval(GaugeFamily(registry, "prometheus_rule_group_interval_seconds", "The interval of a rule group.")),
        last_evaluation(GaugeFamily(registry, "prometheus_rule_group_last_evaluation_timestamp_seconds",
                                    "The timestamp of the last rule group evaluation in seconds.")),
        last_duration(
            GaugeFamily(registry, "prometheus_rule_group_last_duration_seconds", "The duration of the last rule group evaluation.")),
        last_rule_sum(GaugeFamily(registry, "prometheus_rule_group_last_rule_duration_sum_seconds",
                                  "The sum of time in seconds it took to evaluate each rule in the group regardless of concurrency.")),
        last_restore(GaugeFamily(registry, "prometheus_rule_group_last_restore_duration_seconds",
                                 "The duration of the last alert rules alerts restoration using the `ALERTS_FOR_STATE` series.")),
        rules(GaugeFamily(registry, "prometheus_rule_group_rules", "The number of rules.")),
        samples(GaugeFamily(registry, "prometheus_rule_group_last_evaluation_samples",
                            "The number of samples returned during the last rule group evaluation.")),
        no_input(GaugeFamily(registry, "tocsin_rule_group_rules_without_input", "Rules whose selectors match no series at all.")),
        files_failed(GaugeFamily(registry, "tocsin_rule_files_failed", "Rule files left out because of errors.").Add({})),
        not_durable(
            CounterFamily(registry, "tocsin_rule_state_not_durable_total", "Changes of alert state that could not be written to disk.")
                .Add({})),
        template_expansions(
            CounterFamily(registry, "prometheus_template_text_expansions_total", "The total number of template text expansions.").Add({})),
        template_failures(CounterFamily(registry, "prometheus_template_text_expansion_failures_total",
                                        "The total number of template text expansion failures.")
                              .Add({})),
        rule_summary(
            registry.Summaries("prometheus_rule_evaluation_duration_seconds", "The duration for a rule to execute.", {0.5, 0.9, 0.99})
                .Add({})),
        group_summary(registry
                          .Summaries("prometheus_rule_group_duration_seconds", "The duration of rule group evaluations.",
                                     {0.01, 0.05, 0.5, 0.9, 0.99})
                          .Add({})),
        rule_histogram(
            DurationHistogram(registry, "prometheus_rule_evaluation_duration_histogram_seconds", "The duration for a rule to execute.")),
        group_histogram(
            DurationHistogram(registry, "prometheus_rule_group_duration_histogram_seconds", "The duration of rule group evaluations.")) {}

  Family<Counter>& iterations;
  Family<Counter>& missed;
  Family<Counter>& evaluations;
  Family<Counter>& failures;
  Family<Counter>& warnings;
  Family<Gauge>& interval;
  Family<Gauge>& last_evaluation;
  Family<Gauge>& last_duration;
  Family<Gauge>& last_rule_sum;
  Family<Gauge>& last_restore;
  Family<Gauge>& rules;
  Family<Gauge>& samples;
  Family<Gauge>& no_input;
  Gauge& files_failed;
  Counter& not_durable;
  Counter& template_expansions;
  Counter& template_failures;
  WindowSummary& rule_summary;
  WindowSummary& group_summary;
  prometheus::Histogram& rule_histogram;
  prometheus::Histogram& group_histogram;

  Mutex mu;
  std::map<std::string, std::weak_ptr<GroupMetrics::Series>> groups GUARDED_BY(mu);
};

struct GroupMetrics::Series {
  Series(RuleMetrics::Families& owner, const std::string& group_key, const prometheus::Labels& labels)
      : families(owner),
        key(group_key),
        iterations(owner.iterations.Add(labels)),
        missed(owner.missed.Add(labels)),
        evaluations(owner.evaluations.Add(labels)),
        failures(owner.failures.Add(labels)),
        warnings(owner.warnings.Add(labels)),
        interval(owner.interval.Add(labels)),
        last_evaluation(owner.last_evaluation.Add(labels)),
        last_duration(owner.last_duration.Add(labels)),
        last_rule_sum(owner.last_rule_sum.Add(labels)),
        last_restore(owner.last_restore.Add(labels)),
        rules(owner.rules.Add(labels)),
        samples(owner.samples.Add(labels)),
        no_input(owner.no_input.Add(labels)) {}
  ~Series();

  RuleMetrics::Families& families;
  const std::string key;
  Counter& iterations;
  Counter& missed;
  Counter& evaluations;
  Counter& failures;
  Counter& warnings;
  Gauge& interval;
  Gauge& last_evaluation;
  Gauge& last_duration;
  Gauge& last_rule_sum;
  Gauge& last_restore;
  Gauge& rules;
  Gauge& samples;
  Gauge& no_input;
};

GroupMetrics::Series::~Series() {
  const MutexLock lock(families.mu);
  const auto it = families.groups.find(key);
  if (it != families.groups.end() && !it->second.expired()) {
    return;  // another group of the name has begun meanwhile
  }
  families.iterations.Remove(&iterations);
  families.missed.Remove(&missed);
  families.evaluations.Remove(&evaluations);
  families.failures.Remove(&failures);
  families.warnings.Remove(&warnings);
  families.interval.Remove(&interval);
  families.last_evaluation.Remove(&last_evaluation);
  families.last_duration.Remove(&last_duration);
  families.last_rule_sum.Remove(&last_rule_sum);
  families.last_restore.Remove(&last_restore);
  families.rules.Remove(&rules);
  families.samples.Remove(&samples);
  families.no_input.Remove(&no_input);
  families.groups.erase(key);
}

RuleMetrics::RuleMetrics(MetricRegistry* registry) : families_(registry == nullptr ? nullptr : std::make_unique<Families>(*registry)) {}
RuleMetrics::~RuleMetrics() = default;

std::unique_ptr<GroupMetrics> RuleMetrics::ForGroup(const std::string& file, const std::string& name) {
  return std::make_unique<GroupMetrics>(families_.get(), Cat(file, ";", name));
}

void RuleMetrics::ObserveRule(double seconds) {
  if (families_ != nullptr) {
    families_->rule_summary.Observe(seconds);
    families_->rule_histogram.Observe(seconds);
  }
}

void RuleMetrics::ObserveGroup(double seconds) {
  if (families_ != nullptr) {
    families_->group_summary.Observe(seconds);
    families_->group_histogram.Observe(seconds);
  }
}

void RuleMetrics::SetFilesFailed(size_t files) {
  if (families_ != nullptr) {
    families_->files_failed.Set(static_cast<double>(files));
  }
}

void RuleMetrics::CountNotDurable() {
  if (families_ != nullptr) {
    families_->not_durable.Increment();
  }
}

void RuleMetrics::CountTemplate(bool failed) {
  if (families_ != nullptr) {
    families_->template_expansions.Increment();
    families_->template_failures.Increment(failed ? 1 : 0);
  }
}

GroupMetrics::GroupMetrics(RuleMetrics::Families* families, const std::string& key) {
  if (families == nullptr) {
    return;
  }
  const MutexLock lock(families->mu);
  std::weak_ptr<Series>& known = families->groups[key];
  series_ = known.lock();
  if (series_ == nullptr) {
    series_ = std::make_shared<Series>(*families, key, prometheus::Labels{{"rule_group", key}});
    known = series_;
  }
}

GroupMetrics::~GroupMetrics() = default;

void GroupMetrics::SetShape(double interval_seconds, size_t rules) {
  if (series_ != nullptr) {
    series_->interval.Set(interval_seconds);
    series_->rules.Set(static_cast<double>(rules));
  }
}

void GroupMetrics::CountScheduled(int64_t iterations) {
  if (series_ != nullptr) {
    series_->iterations.Increment(static_cast<double>(iterations));
  }
}

void GroupMetrics::CountMissed(int64_t iterations) {
  if (series_ != nullptr) {
    series_->missed.Increment(static_cast<double>(iterations));
  }
}

void GroupMetrics::CountEvaluation() {
  if (series_ != nullptr) {
    series_->evaluations.Increment();
  }
}

void GroupMetrics::CountFailures(int64_t failures) {
  if (series_ != nullptr) {
    series_->failures.Increment(static_cast<double>(failures));
  }
}

void GroupMetrics::CountWarnings(size_t warnings) {
  if (series_ != nullptr && warnings > 0) {
    series_->warnings.Increment(static_cast<double>(warnings));
  }
}

void GroupMetrics::SetLastEvaluation(double unix_seconds, double duration_seconds, double rule_seconds, size_t samples) {
  if (series_ != nullptr) {
    series_->last_evaluation.Set(unix_seconds);
    series_->last_duration.Set(duration_seconds);
    series_->last_rule_sum.Set(rule_seconds);
    series_->samples.Set(static_cast<double>(samples));
  }
}

void GroupMetrics::SetRestoreDuration(double seconds) {
  if (series_ != nullptr) {
    series_->last_restore.Set(seconds);
  }
}

void GroupMetrics::SetNoInput(size_t rules) {
  if (series_ != nullptr) {
    series_->no_input.Set(static_cast<double>(rules));
  }
}

}  // namespace tocsin::rules
