#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "base/mutex.h"
#include "promql/ast.h"
#include "rules/alert_sink.h"
#include "rules/result_series.h"
#include "rules/rule_file.h"
#include "rules/rule_metrics.h"
#include "rules/rule_query.h"
#include "rules/rule_status.h"

namespace tocsin::rules {

/// The circumstances of one evaluation.
struct EvaluationContext {
  QuerySource source;
  TimestampMs ts = 0;  ///< the slot; the query runs at ts - query_offset_ms
  DurationMs query_offset_ms = 0;
  int64_t limit = 0;
  std::string_view external_url;
  /// False: alerts that an earlier process left are not ended by an evaluation that does not see them.
  bool may_resolve = true;
  RuleMetrics* metrics = nullptr;  ///< null: nothing is counted
  bool quiet = false;              ///< failures are not logged
};

/// One rule of a group.
/// Threads: Evaluate and the state functions from one thread at a time (the group's, or of the batch that runs it); the status from any.
class Rule {
 public:
  Rule(const RuleDefinition& definition, const TextMap& group_labels);
  virtual ~Rule() = default;

  virtual bool alerting() const = 0;

  /// Queries and fills `samples` with what is to be stored, in series of series(). An error leaves state and series as they were.
  virtual absl::Status Evaluate(const EvaluationContext& context, std::vector<ResultSample>* samples) = 0;

  /// The state of the rule of the same kind, name and labels in an earlier configuration.
  virtual void TakeOver(Rule& from) { series_.TakeOver(from.series_); }
  /// Whether there is anything to take over.
  virtual bool HasState() const { return !series_.Current().empty(); }

  const std::string& name() const { return name_; }
  const std::string& query() const { return query_; }
  const promql::Expr& expr() const { return *tree_; }
  const Labels& labels() const { return labels_; }
  ResultSeries& series() { return series_; }
  const ResultSeries& series() const { return series_; }

  /// Kind, name and labels: rules with an equal key are one rule over a reload.
  std::string Key() const;
  /// Everything that a file says of the rule: rules with equal texts are the same.
  virtual std::string Description() const;

  /// What the last evaluation came to.
  void SetOutcome(const absl::Status& status, double seconds, TimestampMs at);
  double evaluation_seconds() const;
  size_t warning_count() const;
  std::string LastError() const;
  void SetSelectors(std::vector<SelectorStatus> selectors);
  std::vector<SelectorStatus> selectors() const;

  virtual RuleStatus Status() const;

 protected:
  /// The rule's query at the time of the context; its annotations are kept for the status.
  absl::StatusOr<promql::Vector> RunQuery(const EvaluationContext& context);

  ResultSeries series_;

 private:
  const std::string name_;
  const std::shared_ptr<const promql::Expr> tree_;
  const std::string query_;
  const promql::ExprPtr query_tree_;  // of query_: its places are those of annotations
  const Labels labels_;

  mutable Mutex mu_;
  RuleHealth health_ GUARDED_BY(mu_) = RuleHealth::kUnknown;
  std::string last_error_ GUARDED_BY(mu_);
  double evaluation_seconds_ GUARDED_BY(mu_) = 0;
  std::optional<TimestampMs> last_evaluation_ GUARDED_BY(mu_);
  promql::Annotations annotations_ GUARDED_BY(mu_);
  std::vector<SelectorStatus> selectors_ GUARDED_BY(mu_);
};

}  // namespace tocsin::rules
