#include "promql/promqltest/runner.h"

#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

#include "base/clock.h"
#include "base/status.h"
#include "base/strings.h"
#include "promql/engine.h"
#include "promql/parser.h"
#include "promql/plan/plan.h"
#include "promql/promqltest/compare.h"
#include "promql/promqltest/loader.h"
#include "promql/promqltest/script.h"
#include "storage/head.h"

namespace tocsin::promql::promqltest {

namespace {

EngineOptions ScriptEngineOptions(const RunOptions& options) {
  EngineOptions engine;
  engine.max_samples = 10'000;
  engine.timeout_ms = 100 * kSecond;
  engine.worker_threads = options.worker_threads;
  engine.features.experimental_functions = true;
  engine.features.extended_range_selectors = true;
  engine.features.fill_modifiers = true;
  engine.features.delayed_name_removal = true;
  engine.features.use_start_timestamps = true;
  return engine;
}

/// Functions whose value depends on when a query is evaluated, even with all its selectors fixed in time.
bool DependsOnEvaluationTime(std::string_view name) {
  for (const std::string_view other : {"days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year",
                                       "predict_linear", "time", "timestamp", "start", "end", "range", "step"}) {
    if (name == other) {
      return true;
    }
  }
  return false;
}

void FixSelector(TimestampMs t, VectorSelector* selector) {
  if (!selector->timestamp.has_value() && selector->start_or_end == AtPreprocessor::kNone) {
    selector->timestamp = t;
  }
}

/// Puts `@ t` on everything that has no @. False when the expression calls a function that depends on the evaluation time.
bool FixTimes(TimestampMs t, Expr* expr) {
  bool possible = true;
  switch (expr->kind) {
    case NodeKind::kVectorSelector:
      FixSelector(t, static_cast<VectorSelector*>(expr));
      break;
    case NodeKind::kMatrixSelector:
      FixSelector(t, static_cast<MatrixSelector*>(expr)->vector_selector.get());
      break;
    case NodeKind::kSubquery: {
      auto* subquery = static_cast<SubqueryExpr*>(expr);
      if (!subquery->timestamp.has_value() && subquery->start_or_end == AtPreprocessor::kNone) {
        subquery->timestamp = t;
      }
      // Inside, times are those of the subquery, which is fixed now; calls still have to be looked at.
      const std::function<void(const Expr&)> look = [&](const Expr& inner) {
        if (inner.kind == NodeKind::kCall && DependsOnEvaluationTime(static_cast<const Call&>(inner).function->name)) {
          possible = false;
        }
        ForEachChild(inner, look);
      };
      look(*subquery->expr);
      return possible;
    }
    case NodeKind::kCall:
      possible = !DependsOnEvaluationTime(static_cast<Call*>(expr)->function->name);
      break;
    default:
      break;
  }
  ForEachOperand(*expr, [&](ExprPtr& child) { possible = FixTimes(t, child.get()) && possible; });
  return possible;
}

class Runner {
 public:
  Runner(std::string_view name, const RunOptions& options)
      : name_(name), engine_options_(ScriptEngineOptions(options)), engine_(NewEngine(engine_options_, clock_)) {
    NewStore();
  }

  ScriptResult Run(std::string_view text) {
    const absl::StatusOr<std::vector<Command>> script = ParseAll(text);
    if (!script.ok()) {
      result_.failed = CountEvaluations(text);
      result_.failures.push_back(Cat(name_, ": ", Message(script.status())));
      return std::move(result_);
    }
    for (const Command& command : *script) {
      if (std::holds_alternative<ClearCommand>(command)) {
        NewStore();
      } else if (const auto* load = std::get_if<LoadCommand>(&command); load != nullptr) {
        const absl::Status status = broken_ ? absl::OkStatus() : Load(*load, *store_);
        if (!status.ok()) {
          broken_ = true;
          result_.failures.push_back(Cat(name_, ":", load->line, ": ", Message(status)));
        }
      } else {
        Evaluate(std::get<EvalCommand>(command));
      }
    }
    return std::move(result_);
  }

 private:
  /// The expressions are part of the script: one that cannot be parsed fails it.
  absl::StatusOr<std::vector<Command>> ParseAll(std::string_view text) const {
    ASSIGN_OR_RETURN(std::vector<Command> script, ParseScript(text));
    for (const Command& command : script) {
      if (const auto* eval = std::get_if<EvalCommand>(&command); eval != nullptr) {
        const absl::StatusOr<ExprPtr> expr = ParseExpr(eval->expression, engine_options_.features);
        if (!expr.ok()) {
          return absl::InvalidArgumentError(Cat("line ", eval->line, ": ", eval->expression, ": ", Message(expr.status())));
        }
      }
    }
    return script;
  }

  void NewStore() {
    HeadOptions options;
    options.retention_ms = 0;
    options.chunk_range_ms = kDay;
    options.start_timestamps = true;
    store_ = Head::OpenMemoryOnly(options, clock_);
  }

  void Evaluate(const EvalCommand& eval) {
    const absl::Status status = broken_ ? absl::FailedPreconditionError("not evaluated after a failed load") : EvaluateAll(eval);
    if (status.ok()) {
      ++result_.passed;
      return;
    }
    ++result_.failed;
    result_.failures.push_back(Cat(name_, ":", eval.line, ": ", eval.expression, ": ", Message(status)));
  }

  absl::Status EvaluateAll(const EvalCommand& eval) {
    if (eval.is_range) {
      QueryRequest request{.expression = eval.expression, .start = eval.start, .end = eval.end, .step_ms = eval.step};
      return Compare(eval, engine_->Query(*store_, request));
    }
    RETURN_IF_ERROR(EvaluateInstant(eval, eval.expression, eval.start));
    ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr(eval.expression, engine_options_.features));
    if (!FixTimes(eval.start, expr.get())) {
      return absl::OkStatus();
    }
    const std::string fixed = ToString(*expr);
    const TimestampMs t = eval.start;
    const std::vector<TimestampMs> times =
        t == 0 ? std::vector<TimestampMs>{-kSecond, 0, kSecond} : std::vector<TimestampMs>{-10 * t, 0, t / 5, t, 10 * t};
    for (const TimestampMs time : times) {
      const absl::Status status = EvaluateInstant(eval, fixed, time);
      if (!status.ok()) {
        return absl::FailedPreconditionError(Cat("as ", fixed, " at ", time, " ms: ", Message(status)));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Compare(const EvalCommand& eval, const absl::StatusOr<QueryResult>& result) const {
    RETURN_IF_ERROR(CompareError(eval, result.status()));
    if (!result.ok()) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CompareAnnotations(eval, result->annotations));
    return CompareValue(eval, result->value);
  }

  /// As an instant query, and as a range query whose middle step must give the same.
  absl::Status EvaluateInstant(const EvalCommand& eval, const std::string& expression, TimestampMs t) {
    const absl::StatusOr<QueryResult> result = engine_->Query(*store_, {.expression = expression, .start = t, .end = t});
    RETURN_IF_ERROR(Compare(eval, result));
    if (!result.ok() || eval.range_vector || eval.string.has_value() || UsesQueryRange(expression)) {
      return absl::OkStatus();
    }
    const absl::StatusOr<QueryResult> range =
        engine_->Query(*store_, {.expression = expression, .start = t - kMinute, .end = t + kMinute, .step_ms = kMinute});
    if (!range.ok()) {
      return absl::FailedPreconditionError(Cat("in range mode: ", Message(range.status())));
    }
    if (eval.ordered) {
      return absl::OkStatus();
    }
    const absl::Status status = CompareAtStep(eval, std::get<Matrix>(range->value), t, std::holds_alternative<Scalar>(result->value));
    return status.ok() ? status : absl::FailedPreconditionError(Cat("in range mode: ", Message(status)));
  }

  static bool UsesQueryRange(std::string_view expression) {
    for (const std::string_view call : {"start()", "end()", "range()", "step()"}) {
      if (expression.find(call) != std::string_view::npos) {
        return true;
      }
    }
    return false;
  }

  std::string name_;
  ManualClock clock_;
  EngineOptions engine_options_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Head> store_;
  bool broken_ = false;
  ScriptResult result_;
};

}  // namespace

ScriptResult RunScript(std::string_view name, std::string_view text, const RunOptions& options) { return Runner(name, options).Run(text); }

absl::StatusOr<ScriptResult> RunScriptFile(const std::string& path, const RunOptions& options) {
  std::ifstream file(path, std::ios::binary);
  if (!file.good()) {
    return absl::NotFoundError(Cat("cannot read ", path));
  }
  std::stringstream text;
  text << file.rdbuf();
  return RunScript(path, text.str(), options);
}

}  // namespace tocsin::promql::promqltest
