#include "promql/engine.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "promql/active_query_tracker.h"
#include "promql/engine_metrics.h"
#include "promql/exec/query_context.h"
#include "promql/operators/builder.h"
#include "promql/parser.h"
#include "promql/plan/plan.h"
#include "promql/query_gate.h"
#include "promql/result.h"

namespace tocsin::promql {

namespace {

double SecondsOf(int64_t ns) { return static_cast<double>(ns) / 1e9; }

/// The tree of a query, planned.
struct PlannedQuery {
  ExprPtr expr;
  ValueType type = ValueType::kNone;
  StepRange steps;
  bool is_range = false;
};

class EngineImpl : public Engine {
 public:
  EngineImpl(const EngineOptions& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        gate_(options.max_concurrency),
        pool_(options.worker_threads > 0 ? static_cast<size_t>(options.worker_threads)
                                         : std::max<size_t>(1, std::thread::hardware_concurrency())) {
    if (options.registry != nullptr) {
      metrics_ = std::make_unique<EngineMetrics>(options.max_concurrency, options.registry);
    }
    if (!options.active_queries_file.empty()) {
      absl::StatusOr<std::unique_ptr<ActiveQueryTracker>> tracker =
          ActiveQueryTracker::Open(options.active_queries_file, options.max_concurrency, clock);
      if (tracker.ok()) {
        tracker_ = *std::move(tracker);
      } else {
        LogError("the file of active queries cannot be made", {{"err", tracker.status()}});
      }
    }
  }

  absl::StatusOr<QueryResult> Query(Queryable& store, const QueryRequest& request) override;
  absl::StatusOr<std::string> Explain(const QueryRequest& request) override;
  const EngineOptions& options() const override { return options_; }
  void SetQueryLog(QueryLog log) override {
    auto shared = log == nullptr ? nullptr : std::make_shared<const QueryLog>(std::move(log));
    MutexLock lock(mu_);
    log_ = std::move(shared);
  }
  bool has_query_log() const override {
    MutexLock lock(mu_);
    return log_ != nullptr;
  }

 private:
  absl::StatusOr<PlannedQuery> Prepare(const QueryRequest& request) const;
  void FillContext(const QueryRequest& request, int64_t start_ns, QueryContext* context) const;
  absl::Status Run(Queryable& store, const QueryRequest& request, const PlannedQuery& query, int64_t start_ns, QueryContext& context,
                   QueryResult* result);
  absl::Status Evaluate(Queryable& store, const PlannedQuery& query, QueryContext& context, QueryResult* result);

  EngineOptions options_;
  const Clock& clock_;
  QueryGate gate_;
  WorkerPool pool_;
  std::unique_ptr<EngineMetrics> metrics_;       // null: none are wanted
  std::unique_ptr<ActiveQueryTracker> tracker_;  // null: nothing is tracked
  mutable Mutex mu_;
  std::shared_ptr<const QueryLog> log_ GUARDED_BY(mu_);
};

absl::StatusOr<PlannedQuery> EngineImpl::Prepare(const QueryRequest& request) const {
  PlannedQuery query;
  if (request.parsed != nullptr) {
    query.expr = Clone(*request.parsed);
  } else {
    ASSIGN_OR_RETURN(query.expr, ParseExpr(request.expression, options_.features));
  }
  query.type = TypeOf(*query.expr);
  query.is_range = request.step_ms > 0;
  if (query.is_range && query.type != ValueType::kVector && query.type != ValueType::kScalar) {
    return absl::InvalidArgumentError(
        Cat("invalid expression type \"", DocumentedType(query.type), "\" for range query, must be Scalar or instant Vector"));
  }
  query.steps = {request.start, request.end, query.is_range ? request.step_ms : 1};
  RETURN_IF_ERROR(Plan({request.start, request.end, request.step_ms}, &query.expr));
  return query;
}

void EngineImpl::FillContext(const QueryRequest& request, int64_t start_ns, QueryContext* context) const {
  context->features = options_.features;
  context->lookback_ms = request.lookback_delta_ms > 0 ? request.lookback_delta_ms : options_.lookback_delta_ms;
  context->default_subquery_step_ms = options_.default_subquery_step_ms;
  context->max_samples = options_.max_samples;
  context->memory_budget = options_.memory_budget;
  const DurationMs timeout_ms = request.timeout_ms > 0 ? std::min(request.timeout_ms, options_.timeout_ms) : options_.timeout_ms;
  context->deadline_ns = timeout_ms > 0 ? start_ns + timeout_ms * 1'000'000 : 0;
  context->cancel = request.cancel;
  context->profile = request.profile;
}

void AppendOperatorStats(const Operator& op, int depth, std::vector<OperatorStats>* out) {
  const OperatorProfile& profile = op.profile();
  out->push_back({depth, op.Describe(), static_cast<int64_t>(op.size()), profile.samples.load(), SecondsOf(profile.open_ns),
                  SecondsOf(profile.read_ns.load())});
  for (const Operator* child : op.children()) {
    AppendOperatorStats(*child, depth + 1, out);
  }
}

absl::Status EngineImpl::Evaluate(Queryable& store, const PlannedQuery& query, QueryContext& context, QueryResult* result) {
  const int64_t prepare_ns = clock_.MonotonicNs();
  const Expr& expr = Unwrapped(*query.expr);
  if (query.type == ValueType::kString) {
    result->value = StringResult{query.steps.start, static_cast<const StringLiteral&>(expr).value};
    return absl::OkStatus();
  }
  context.stats.Start(query.steps, context.features.per_step_stats);
  OperatorBuilder builder(context);
  OperatorPtr root;
  std::unique_ptr<RangeSource> source;
  if (query.type == ValueType::kMatrix) {
    ASSIGN_OR_RETURN(source, builder.BuildRange(expr, query.steps));
  } else {
    ASSIGN_OR_RETURN(root, builder.Build(*query.expr, query.steps));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Querier> querier, store.OpenQuerier(builder.min_t(), builder.max_t()));
  context.querier = querier.get();
  const int64_t inner_ns = clock_.MonotonicNs();
  result->stats.query_preparation_seconds = SecondsOf(inner_ns - prepare_ns);
  absl::Status status;
  if (source != nullptr) {
    RETURN_IF_ERROR(source->Open(LabelDemand()));
    ASSIGN_OR_RETURN(result->value, ReadRangeResult(context, *source, query.steps, expr));
  } else {
    RETURN_IF_ERROR(root->Open());
    ASSIGN_OR_RETURN(result->value, ReadResult(context, *root, query.is_range, query.type == ValueType::kScalar));
    if (context.profile) {
      AppendOperatorStats(*root, 0, &result->operators);
    }
  }
  result->stats.inner_eval_seconds = SecondsOf(clock_.MonotonicNs() - inner_ns);
  // Series and operators go before the querier that they look into.
  root.reset();
  source.reset();
  return absl::OkStatus();
}

absl::Status EngineImpl::Run(Queryable& store, const QueryRequest& request, const PlannedQuery& query, int64_t start_ns,
                             QueryContext& context, QueryResult* result) {
  const absl::Status admitted = gate_.Enter(clock_, context.deadline_ns, request.cancel);
  const int64_t entered_ns = clock_.MonotonicNs();
  result->stats.exec_queue_seconds = SecondsOf(entered_ns - start_ns);
  RETURN_IF_ERROR(admitted);
  absl::Status status = context.Check();
  if (status.ok()) {
    const ActiveQueryTracker::Entry active(tracker_.get(), request.expression);
    status = Evaluate(store, query, context, result);
  }
  gate_.Leave();
  result->stats.eval_total_seconds = SecondsOf(clock_.MonotonicNs() - entered_ns);
  return status;
}

absl::StatusOr<QueryResult> EngineImpl::Query(Queryable& store, const QueryRequest& request) {
  const int64_t start_ns = clock_.MonotonicNs();
  ASSIGN_OR_RETURN(const PlannedQuery query, Prepare(request));
  if (metrics_ != nullptr) {
    metrics_->Started();
  }
  QueryContext context(clock_, pool_);
  FillContext(request, start_ns, &context);
  context.features.per_step_stats = options_.features.per_step_stats && request.per_step_stats;
  QueryResult result;
  const absl::Status status = Run(store, request, query, start_ns, context, &result);
  context.stats.FillIn(&result.stats);
  result.stats.peak_samples = context.peak();
  result.stats.exec_total_seconds = SecondsOf(clock_.MonotonicNs() - start_ns);
  result.annotations = context.annotations.Render(request.expression);
  if (metrics_ != nullptr) {
    metrics_->Ended(result.stats, result.stats.eval_total_seconds > 0);
  }
  std::shared_ptr<const QueryLog> log;
  {
    MutexLock lock(mu_);
    log = log_;
  }
  if (log != nullptr) {
    (*log)(QueryLogEntry{request, result.stats, status});
  }
  if (!status.ok()) {
    return status;
  }
  return result;
}

absl::StatusOr<std::string> EngineImpl::Explain(const QueryRequest& request) {
  ASSIGN_OR_RETURN(const PlannedQuery query, Prepare(request));
  QueryContext context(clock_, pool_);
  FillContext(request, clock_.MonotonicNs(), &context);
  OperatorBuilder builder(context);
  if (query.type == ValueType::kString) {
    return std::string("string\n");
  }
  if (query.type == ValueType::kMatrix) {
    ASSIGN_OR_RETURN(const std::unique_ptr<RangeSource> source, builder.BuildRange(Unwrapped(*query.expr), query.steps));
    return Cat("range ", source->Describe(), "\n");
  }
  ASSIGN_OR_RETURN(const OperatorPtr root, builder.Build(*query.expr, query.steps));
  std::vector<OperatorStats> operators;
  AppendOperatorStats(*root, 0, &operators);
  std::string text;
  for (const OperatorStats& op : operators) {
    Append(&text, std::string(static_cast<size_t>(op.depth) * 2, ' '), op.description, "\n");
  }
  return text;
}

}  // namespace

std::unique_ptr<Engine> NewEngine(const EngineOptions& options, const Clock& clock) { return std::make_unique<EngineImpl>(options, clock); }

std::string_view ValueTypeName(const Value& value) {
  static constexpr std::string_view kNames[] = {"vector", "matrix", "scalar", "string"};
  return kNames[value.index()];
}

std::string_view QueryErrorType(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return "bad_data";
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
      return "execution";
    case absl::StatusCode::kCancelled:
      return "canceled";
    case absl::StatusCode::kDeadlineExceeded:
      return "timeout";
    default:
      return "internal";
  }
}

}  // namespace tocsin::promql
