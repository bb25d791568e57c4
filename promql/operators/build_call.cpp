#include <algorithm>
#include <numbers>

#include "base/status.h"
#include "base/strings.h"
#include "promql/operators/absent.h"
#include "promql/operators/builder.h"
#include "promql/operators/histogram_estimate.h"
#include "promql/operators/info.h"
#include "promql/operators/label_functions.h"
#include "promql/operators/range_function.h"
#include "promql/operators/row_functions.h"
#include "promql/operators/scalars.h"
#include "promql/operators/sort.h"
#include "promql/operators/vector_selector.h"
#include "promql/plan/plan.h"

namespace tocsin::promql {

namespace {

const std::string& StringArg(const Call& call, size_t i) { return static_cast<const StringLiteral&>(Unwrapped(*call.args[i])).value; }

std::vector<std::string> StringArgs(const Call& call, size_t first) {
  std::vector<std::string> texts;
  for (size_t i = first; i < call.args.size(); ++i) {
    texts.push_back(StringArg(call, i));
  }
  return texts;
}

bool IsRange(const Expr& expr) { return expr.kind == NodeKind::kMatrixSelector || expr.kind == NodeKind::kSubquery; }

/// `anchored` and `smoothed` give functions samples from outside the range, which not all of them can deal with.
absl::Status CheckModifier(const VectorSelector& selector, std::string_view function) {
  const bool rates = function == "rate" || function == "increase" || function == "delta";
  if (selector.anchored && !rates && function != "resets" && function != "changes") {
    return ExecutionError(Cat("anchored modifier can only be used with: changes, delta, increase, rate, resets - not with ", function));
  }
  if (selector.smoothed && !rates) {
    return ExecutionError(Cat("smoothed modifier can only be used with: delta, increase, rate - not with ", function));
  }
  return absl::OkStatus();
}

/// Annotations about a subquery stand at the query's beginning, as upstream has them.
PositionRange ArgumentPos(const Expr& arg) { return arg.kind == NodeKind::kSubquery ? PositionRange{} : arg.pos; }

}  // namespace

absl::StatusOr<std::vector<OperatorPtr>> OperatorBuilder::BuildArgs(const Call& call, size_t first, const Scope& scope) {
  std::vector<OperatorPtr> args;
  for (size_t i = first; i < call.args.size(); ++i) {
    ASSIGN_OR_RETURN(OperatorPtr arg, BuildNode(*call.args[i], scope));
    args.push_back(std::move(arg));
  }
  return args;
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildCall(const Call& call, const Scope& scope) {
  const std::string_view name = call.function->name;
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (IsRange(*call.args[i])) {
      return BuildRangeCall(call, i, scope);
    }
  }
  if (const FloatFunction function = FindMathFunction(name); function != nullptr) {
    ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], scope));
    return std::make_unique<FloatFunctionOperator>(context_, scope.steps, Site(call), std::string(name), function, std::move(child));
  }
  if (const FloatFunction function = FindCalendarFunction(name); function != nullptr) {
    if (call.args.empty()) {
      return std::make_unique<TimeOperator>(context_, scope.steps, Site(call), function);
    }
    ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], scope));
    return std::make_unique<FloatFunctionOperator>(context_, scope.steps, Site(call), std::string(name), function, std::move(child));
  }
  if (name.starts_with("histogram_")) {
    return BuildHistogramCall(call, scope);
  }
  if (name.starts_with("label_")) {
    return BuildLabelCall(call, scope);
  }
  if (name.starts_with("sort")) {
    return BuildSortCall(call, scope);
  }
  if (name == "timestamp" || name == "start_timestamp") {
    return BuildTimestampCall(call, scope);
  }
  if (name == "info") {
    return BuildInfoCall(call, scope);
  }
  if (name.starts_with("clamp") || name == "round") {
    return BuildClampCall(call, scope);
  }
  if (name == "absent") {
    ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], scope));
    return std::make_unique<AbsentOperator>(context_, scope.steps, Site(call), AbsentLabels(*call.args[0]), std::move(child));
  }
  return BuildScalarCall(call, scope);
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildScalarCall(const Call& call, const Scope& scope) {
  const std::string_view name = call.function->name;
  if (name == "time") {
    return std::make_unique<TimeOperator>(context_, scope.steps, Site(call), nullptr);
  }
  if (name == "pi") {
    return std::make_unique<ConstantOperator>(context_, scope.steps, Site(call), std::numbers::pi);
  }
  if (name == "vector") {
    return BuildNode(*call.args[0], scope);
  }
  if (name == "scalar") {
    Scope inner = scope;
    inner.labels = LabelDemand::None();
    ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], inner));
    return std::make_unique<ScalarOfVectorOperator>(context_, scope.steps, Site(call), std::move(child));
  }
  if (name == "min_of" || name == "max_of") {
    ASSIGN_OR_RETURN(std::vector<OperatorPtr> args, BuildArgs(call, 0, scope));
    return std::make_unique<ScalarExtremeOperator>(context_, scope.steps, Site(call), name == "max_of", std::move(args[0]),
                                                   std::move(args[1]));
  }
  return ExecutionError(Cat("function ", name, " cannot be evaluated"));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildRangeCall(const Call& call, size_t range_arg, const Scope& scope) {
  const std::string_view name = call.function->name;
  const Expr& range = *call.args[range_arg];
  const VectorSelector* selector =
      range.kind == NodeKind::kMatrixSelector ? static_cast<const MatrixSelector&>(range).vector_selector.get() : nullptr;
  if (selector != nullptr) {
    RETURN_IF_ERROR(CheckModifier(*selector, name));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<RangeSource> source, BuildRangeNode(range, scope));
  if (name == "absent_over_time") {
    return std::make_unique<AbsentOverTimeOperator>(context_, scope.steps, Site(call), AbsentLabels(range), std::move(source),
                                                    scope.counting);
  }
  std::vector<OperatorPtr> scalars;
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (i != range_arg) {
      ASSIGN_OR_RETURN(OperatorPtr scalar, BuildNode(*call.args[i], scope));
      scalars.push_back(std::move(scalar));
    }
  }
  const RangeFunction* function = FindRangeFunction(name);
  if (function == nullptr) {
    return ExecutionError(Cat("function ", name, " cannot be evaluated"));
  }
  RangeFunctionOperator::Options options;
  options.name = name;
  options.first_arg_pos = ArgumentPos(*call.args.front());
  options.range_arg_pos = options.first_arg_pos;
  options.all_args_pos = {ArgumentPos(*call.args.front()).start, ArgumentPos(*call.args.back()).end};
  options.anchored = selector != nullptr && selector->anchored;
  options.smoothed = selector != nullptr && selector->smoothed;
  options.labels = context_.features.type_and_unit_labels ? LabelDemand() : scope.labels;
  options.counting = scope.counting;
  return std::make_unique<RangeFunctionOperator>(context_, scope.steps, Site(call), *function, std::move(options), std::move(source),
                                                 std::move(scalars));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildLabelCall(const Call& call, const Scope& scope) {
  Scope inner = scope;
  inner.labels = LabelDemand();
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], inner));
  LabelFunctionOperator::NewValue new_value;
  if (call.function->name == "label_replace") {
    ASSIGN_OR_RETURN(new_value, MakeLabelReplace(StringArg(call, 1), StringArg(call, 2), StringArg(call, 3), StringArg(call, 4)));
  } else {
    ASSIGN_OR_RETURN(new_value, MakeLabelJoin(StringArg(call, 1), StringArg(call, 2), StringArgs(call, 3)));
  }
  return std::make_unique<LabelFunctionOperator>(context_, scope.steps, Site(call), std::string(call.function->name), StringArg(call, 1),
                                                 std::move(new_value), std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildTimestampCall(const Call& call, const Scope& scope) {
  const bool start_times = call.function->name == "start_timestamp";
  const Expr& arg = *call.args[0];
  if (arg.kind == NodeKind::kVectorSelector && (!start_times || context_.features.use_start_timestamps)) {
    const auto& selector = static_cast<const VectorSelector&>(arg);
    const ReferenceTime reference{selector.original_offset_ms, selector.timestamp};
    Reads(reference.At(scope.steps.start) - context_.lookback_ms + 1, reference.At(scope.steps.last()));
    OperatorPtr times = std::make_unique<VectorSelectorOperator>(
        context_, scope.steps, Site(call), selector,
        VectorSelectorOperator::Options{
            .output = start_times ? VectorSelectorOperator::Output::kStartTimestamp : VectorSelectorOperator::Output::kTimestamp,
            .labels = scope.labels,
            .counting = scope.counting});
    const bool one_name = std::any_of(selector.matchers.begin(), selector.matchers.end(), [](const Matcher& matcher) {
      return matcher.name() == kMetricName && matcher.type() == MatchType::kEqual;
    });
    if (one_name) {
      return times;
    }
    // Series of several names may become equal: a function that changes nothing finds out.
    return std::make_unique<FloatFunctionOperator>(
        context_, scope.steps, Site(call), std::string(call.function->name), [](double t) { return t; }, std::move(times));
  }
  if (start_times) {
    return std::make_unique<EmptyOperator>(context_, scope.steps, Site(call));  // only samples have one
  }
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(arg, scope));
  return std::make_unique<StepTimeOperator>(context_, scope.steps, Site(call), std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildHistogramCall(const Call& call, const Scope& scope) {
  const std::string_view name = call.function->name;
  if (const HistogramStatOperator::Stat stat = FindHistogramStat(name); stat != nullptr) {
    Scope inner = scope;
    inner.histogram_stats = scope.histogram_stats || !name.starts_with("histogram_std");
    ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], inner));
    return std::make_unique<HistogramStatOperator>(context_, scope.steps, Site(call), std::string(name), stat, std::move(child));
  }
  using Estimate = HistogramEstimateOperator;
  Estimate::Arguments arguments;
  size_t vector_arg = 0;
  size_t first_scalar = 0;
  size_t scalar_count = 0;
  if (name == "histogram_quantile") {
    arguments.kind = Estimate::Kind::kQuantile;
    vector_arg = 1;
    scalar_count = 1;
  } else if (name == "histogram_fraction") {
    arguments.kind = Estimate::Kind::kFraction;
    vector_arg = 2;
    scalar_count = 2;
  } else {
    arguments.kind = Estimate::Kind::kQuantiles;
    arguments.quantile_label = StringArg(call, 1);
    first_scalar = 2;
    scalar_count = call.args.size() - 2;
  }
  for (size_t i = first_scalar; i < first_scalar + scalar_count; ++i) {
    ASSIGN_OR_RETURN(OperatorPtr scalar, BuildNode(*call.args[i], scope));
    arguments.scalars.push_back(std::move(scalar));
    arguments.scalar_pos.push_back(call.args[i]->pos);
  }
  arguments.vector_pos = call.args[vector_arg]->pos;
  Scope inner = scope;
  inner.labels = LabelDemand();
  inner.histogram_buckets = true;
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[vector_arg], inner));
  return std::make_unique<Estimate>(context_, scope.steps, Site(call), std::move(arguments), std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildSortCall(const Call& call, const Scope& scope) {
  const std::string_view name = call.function->name;
  Scope inner = scope;
  inner.labels = LabelDemand();
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], inner));
  const bool by_label = name.starts_with("sort_by_label");
  return std::make_unique<SortOperator>(context_, scope.steps, Site(call), by_label, name.ends_with("_desc"),
                                        by_label ? StringArgs(call, 1) : std::vector<std::string>(), std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildInfoCall(const Call& call, const Scope& scope) {
  Scope inner = scope;
  inner.labels = LabelDemand();
  const ReferenceTime reference = InfoReference(*call.args[0]);
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], inner));
  std::vector<Matcher> matchers;
  if (call.args.size() > 1) {
    matchers = static_cast<const VectorSelector&>(Unwrapped(*call.args[1])).matchers;
  }
  Reads(reference.At(scope.steps.start) - context_.lookback_ms + 1, reference.At(scope.steps.last()));
  return std::make_unique<InfoOperator>(context_, scope.steps, Site(call), std::move(matchers), reference, std::move(child));
}

absl::StatusOr<OperatorPtr> OperatorBuilder::BuildClampCall(const Call& call, const Scope& scope) {
  const std::string_view name = call.function->name;
  ASSIGN_OR_RETURN(OperatorPtr child, BuildNode(*call.args[0], scope));
  ASSIGN_OR_RETURN(std::vector<OperatorPtr> arguments, BuildArgs(call, 1, scope));
  using Kind = ClampOperator::Kind;
  const Kind kind = name == "round"       ? Kind::kRound
                    : name == "clamp_min" ? Kind::kClampMin
                    : name == "clamp_max" ? Kind::kClampMax
                                          : Kind::kClamp;
  return std::make_unique<ClampOperator>(context_, scope.steps, Site(call), std::string(name), kind, std::move(child),
                                         std::move(arguments));
}

}  // namespace tocsin::promql
