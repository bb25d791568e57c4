#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/model/labels.h"
#include "base/model/sample.h"
#include "base/types.h"
#include "storage/querier.h"

namespace tocsin {
class MemoryBudget;
class MetricRegistry;
}  // namespace tocsin

namespace tocsin::promql {

struct Expr;

struct Point {
  TimestampMs t = 0;
  double value = 0;
  HistogramPtr histogram;  // set: a histogram sample, `value` has no meaning
};

/// One element of an instant vector.
struct VectorSample {
  Labels labels;
  Point point;
  bool drop_name = false;  // the metric name goes at the end (delayed name removal)
};

struct MatrixSeries {
  Labels labels;
  std::vector<Point> points;
};

using Vector = std::vector<VectorSample>;
using Matrix = std::vector<MatrixSeries>;
struct Scalar {
  TimestampMs t = 0;
  double value = 0;
};
struct StringResult {
  TimestampMs t = 0;
  std::string text;
};
using Value = std::variant<Vector, Matrix, Scalar, StringResult>;

/// "vector", "matrix", "scalar", "string"
std::string_view ValueTypeName(const Value& value);

/// Warnings and infos, as the HTTP API prints them ("PromQL warning: ... (1:5)"): unique, in order of appearance.
struct Annotations {
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

struct QueryStats {
  int64_t total_queryable_samples = 0;
  int64_t peak_samples = 0;
  int64_t samples_read = 0;
  std::vector<int64_t> total_samples_per_step;  // when asked for
  double eval_total_seconds = 0;
  double result_sort_seconds = 0;
  double query_preparation_seconds = 0;
  double inner_eval_seconds = 0;
  double exec_queue_seconds = 0;
  double exec_total_seconds = 0;
};

/// One operator of an executed query, for those who ask where the time goes.
struct OperatorStats {
  int depth = 0;
  std::string description;
  int64_t series = 0;
  int64_t samples = 0;      // read from it block by block; 0 where it was computed as a whole
  double open_seconds = 0;  // children included
  double read_seconds = 0;  // of all threads
};

struct QueryResult {
  Value value;
  Annotations annotations;
  QueryStats stats;
  std::vector<OperatorStats> operators;  // parents before children; only with QueryRequest::profile
};

/// Which experimental parts of the language a query may use; the names are those of --enable-feature.
struct LanguageFeatures {
  bool experimental_functions = false;    // promql-experimental-functions
  bool extended_range_selectors = false;  // promql-extended-range-selectors
  bool fill_modifiers = false;            // promql-binop-fill-modifiers
  bool delayed_name_removal = false;      // promql-delayed-name-removal
  bool type_and_unit_labels = false;      // type-and-unit-labels
  bool use_start_timestamps = false;      // use-start-timestamps
  bool per_step_stats = false;            // promql-per-step-stats
};

struct EngineOptions {
  DurationMs lookback_delta_ms = 5 * kMinute;
  DurationMs timeout_ms = 2 * kMinute;
  int64_t max_samples = 50'000'000;
  int max_concurrency = 20;
  DurationMs default_subquery_step_ms = kMinute;
  int worker_threads = 0;  // for one query; 0: the machine's cores
  LanguageFeatures features;
  MetricRegistry* registry = nullptr;     // for prometheus_engine_*; null: none
  MemoryBudget* memory_budget = nullptr;  // of the process; null: no limit
  std::string active_queries_file;        // names the queries that run now; "": none
};

/// The kinds of error that clients see; carried by absl::Status codes: kInvalidArgument bad_data (parse errors),
/// kFailedPrecondition and kResourceExhausted (no memory) execution, kCancelled canceled, kDeadlineExceeded timeout, kInternal internal.
/// See QueryErrorType().
std::string_view QueryErrorType(const absl::Status& status);

struct QueryRequest {
  std::string expression;
  /// The tree of `expression` when the caller keeps it: spares the parsing of a query that is asked again and again.
  const Expr* parsed = nullptr;
  /// Instant: start == end, step_ms 0. Range: start <= end, step_ms > 0.
  TimestampMs start = 0;
  TimestampMs end = 0;
  DurationMs step_ms = 0;
  DurationMs lookback_delta_ms = 0;   // 0: the engine's
  DurationMs timeout_ms = 0;          // 0: the engine's
  const StopToken* cancel = nullptr;  // must outlive the call
  bool per_step_stats = false;        // fills total_samples_per_step, where the feature is on
  bool profile = false;               // fills QueryResult::operators
  std::string log_origin;             // who asks, for the query log: members of a JSON object
};

/// What the query log is told of each query that ended; those that could not be parsed did not begin.
struct QueryLogEntry {
  const QueryRequest& request;
  const QueryStats& stats;
  absl::Status status;
};
using QueryLog = std::function<void(const QueryLogEntry&)>;

/// Parses, plans and evaluates PromQL.
/// Threads: Query is safe; at most max_concurrency run, others wait for a place within their timeout.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual absl::StatusOr<QueryResult> Query(Queryable& store, const QueryRequest& request) = 0;
  virtual const EngineOptions& options() const = 0;

  /// The plan of a query as text, an operator a line, indented below its parent. Nothing is read from the store.
  virtual absl::StatusOr<std::string> Explain(const QueryRequest& request) = 0;

  /// Called after each query from now on; null: no more. It may be called by several threads at once.
  virtual void SetQueryLog(QueryLog log) = 0;
  /// Whether QueryRequest::log_origin is of use.
  virtual bool has_query_log() const { return false; }
};

std::unique_ptr<Engine> NewEngine(const EngineOptions& options, const Clock& clock);

}  // namespace tocsin::promql
