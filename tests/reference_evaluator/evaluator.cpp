#include "tests/reference_evaluator/evaluator.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/status.h"
#include "base/strings.h"

namespace tocsin::reference {

using promql::Expr;
using promql::NodeKind;
using promql::ValueType;

namespace {

Result ScalarResult(double value) {
  Result result;
  result.type = ValueType::kScalar;
  result.scalar = value;
  return result;
}

Result VectorResult(InstantVector vector) {
  Result result;
  result.type = ValueType::kVector;
  result.vector = std::move(vector);
  return result;
}

absl::StatusOr<Result> MatrixResult(absl::StatusOr<RangeVector> range) {
  Result result;
  result.type = ValueType::kMatrix;
  ASSIGN_OR_RETURN(result.range, std::move(range));
  return result;
}

Result TextResult(const std::string& text) {
  Result result;
  result.type = ValueType::kString;
  result.text = text;
  return result;
}

template <typename T>
const T& Cast(const Expr& expr) {
  return static_cast<const T&>(expr);
}

absl::Status SameLabels() { return absl::InvalidArgumentError("vector cannot contain metrics with the same labelset"); }

const Expr& WithoutParens(const Expr& expr) {
  return expr.kind == NodeKind::kParen ? WithoutParens(*Cast<promql::ParenExpr>(expr).expr) : expr;
}

}  // namespace

absl::Status CheckUnique(const InstantVector& vector) {
  std::set<std::string> seen;
  for (const Element& element : vector) {
    if (!seen.insert(element.labels.encoded()).second) {
      return SameLabels();
    }
  }
  return absl::OkStatus();
}

absl::Status Evaluator::CheckUniqueOverTime(const Expr& node, const Labels& from, const Labels& to) const {
  const auto [known, added] = made_from_.try_emplace({&node, to.encoded()}, from.encoded());
  return added || known->second == from.encoded() ? absl::OkStatus() : SameLabels();
}

absl::StatusOr<Result> Evaluator::Evaluate(const Expr& expr, TimestampMs t) const {
  switch (expr.kind) {
    case NodeKind::kNumberLiteral:
      return ScalarResult(Cast<promql::NumberLiteral>(expr).value);
    case NodeKind::kStringLiteral:
      return TextResult(Cast<promql::StringLiteral>(expr).value);
    case NodeKind::kVectorSelector:
      return VectorResult(Select(Cast<promql::VectorSelector>(expr), t));
    case NodeKind::kMatrixSelector:
      return MatrixResult(SelectRange(Cast<promql::MatrixSelector>(expr), t));
    case NodeKind::kSubquery:
      return MatrixResult(EvaluateSubquery(Cast<promql::SubqueryExpr>(expr), t));
    case NodeKind::kBinary:
      return EvaluateBinary(Cast<promql::BinaryExpr>(expr), t);
    case NodeKind::kUnary:
      return EvaluateUnary(Cast<promql::UnaryExpr>(expr), t);
    case NodeKind::kAggregate:
      return EvaluateAggregate(Cast<promql::AggregateExpr>(expr), t);
    case NodeKind::kCall:
      return EvaluateCall(Cast<promql::Call>(expr), t);
    case NodeKind::kParen:
      return Evaluate(*Cast<promql::ParenExpr>(expr).expr, t);
    case NodeKind::kStepInvariant:
    case NodeKind::kDuration:
      break;
  }
  return absl::UnimplementedError("node");
}

template <typename Selector>
TimestampMs Evaluator::SelectorTime(const Selector& selector, TimestampMs t) const {
  if (selector.timestamp) {
    t = *selector.timestamp;
  } else if (selector.start_or_end != promql::AtPreprocessor::kNone) {
    t = selector.start_or_end == promql::AtPreprocessor::kStart ? query_.start : query_.end;
  }
  return t - selector.original_offset_ms;
}

InstantVector Evaluator::Select(const promql::VectorSelector& selector, TimestampMs t) const {
  const TimestampMs at = SelectorTime(selector, t);
  InstantVector vector;
  for (const MemorySeries& series : store_.series()) {
    if (!AllMatch(selector.matchers, series.labels)) {
      continue;
    }
    const MemorySample* newest = nullptr;
    for (const MemorySample& sample : series.samples) {
      if (sample.t > at - query_.lookback_ms && sample.t <= at) {
        newest = &sample;
      }
    }
    if (newest != nullptr && !IsStaleNaN(newest->value)) {
      vector.push_back({series.labels, newest->value, newest->t});
    }
  }
  return vector;
}

RangeVector Evaluator::SelectRange(const promql::MatrixSelector& selector, TimestampMs t) const {
  RangeVector range;
  range.end = SelectorTime(*selector.vector_selector, t);
  range.start = range.end - selector.range_ms;
  for (const MemorySeries& series : store_.series()) {
    if (!AllMatch(selector.vector_selector->matchers, series.labels)) {
      continue;
    }
    MemorySeries part{series.labels, {}};
    for (const MemorySample& sample : series.samples) {
      if (sample.t > range.start && sample.t <= range.end && !IsStaleNaN(sample.value)) {
        part.samples.push_back(sample);
      }
    }
    if (!part.samples.empty()) {
      range.series.push_back(std::move(part));
    }
  }
  return range;
}

// The inner expression at each multiple of the step within (end - range, end].
absl::StatusOr<RangeVector> Evaluator::EvaluateSubquery(const promql::SubqueryExpr& subquery, TimestampMs t) const {
  const DurationMs step = subquery.step_ms != 0 ? subquery.step_ms : query_.default_subquery_step_ms;
  RangeVector range;
  range.end = SelectorTime(subquery, t);
  range.start = range.end - subquery.range_ms;
  const auto floor_of = [step](TimestampMs time) { return time / step - (time % step < 0 ? 1 : 0); };
  std::map<Labels, std::vector<MemorySample>> by_labels;
  for (TimestampMs at = (floor_of(range.start) + 1) * step; at <= range.end; at += step) {
    ASSIGN_OR_RETURN(const InstantVector vector, EvaluateVector(*subquery.expr, at));
    for (const Element& element : vector) {
      by_labels[element.labels].push_back({at, element.value});
    }
  }
  for (auto& [labels, samples] : by_labels) {
    range.series.push_back({labels, std::move(samples)});
  }
  return range;
}

absl::StatusOr<InstantVector> Evaluator::EvaluateVector(const Expr& expr, TimestampMs t) const {
  ASSIGN_OR_RETURN(Result result, Evaluate(expr, t));
  return std::move(result.vector);
}

absl::StatusOr<RangeVector> Evaluator::EvaluateRange(const Expr& expr, TimestampMs t) const {
  ASSIGN_OR_RETURN(Result result, Evaluate(expr, t));
  return std::move(result.range);
}

absl::StatusOr<Result> Evaluator::EvaluateUnary(const promql::UnaryExpr& node, TimestampMs t) const {
  ASSIGN_OR_RETURN(Result result, Evaluate(*node.expr, t));
  if (!node.minus) {
    return result;
  }
  result.scalar = -result.scalar;
  for (Element& element : result.vector) {
    element.value = -element.value;
    Labels labels = element.labels.DropMetricName();
    RETURN_IF_ERROR(CheckUniqueOverTime(node, element.labels, labels));
    element.labels = std::move(labels);
  }
  RETURN_IF_ERROR(CheckUnique(result.vector));
  return result;
}

absl::StatusOr<Result> Evaluator::EvaluateAggregate(const promql::AggregateExpr& node, TimestampMs t) const {
  Result param;
  if (node.param != nullptr) {
    ASSIGN_OR_RETURN(param, Evaluate(*node.param, t));
  }
  ASSIGN_OR_RETURN(const InstantVector input, EvaluateVector(*node.expr, t));
  ASSIGN_OR_RETURN(InstantVector output, Aggregate(node, param, input));
  return VectorResult(std::move(output));
}

absl::StatusOr<Result> Evaluator::EvaluateBinary(const promql::BinaryExpr& node, TimestampMs t) const {
  ASSIGN_OR_RETURN(const Result lhs, Evaluate(*node.lhs, t));
  ASSIGN_OR_RETURN(const Result rhs, Evaluate(*node.rhs, t));
  return ApplyBinary(node, lhs, rhs);
}

// One element, with the labels that equality matchers tell, when there is nothing.
absl::StatusOr<Result> Evaluator::EvaluateAbsent(const promql::Call& call, TimestampMs t) const {
  const Expr& arg = WithoutParens(*call.args[0]);
  ASSIGN_OR_RETURN(const Result input, Evaluate(arg, t));
  if (!input.vector.empty() || !input.range.series.empty()) {
    return VectorResult({});
  }
  const promql::VectorSelector* selector = nullptr;
  if (arg.kind == NodeKind::kVectorSelector) {
    selector = &Cast<promql::VectorSelector>(arg);
  } else if (arg.kind == NodeKind::kMatrixSelector) {
    selector = Cast<promql::MatrixSelector>(arg).vector_selector.get();
  }
  LabelsBuilder labels;
  std::map<std::string, int> times;
  for (const Matcher& matcher : selector != nullptr ? selector->matchers : std::vector<Matcher>{}) {
    if (matcher.name() == kMetricName) {
      continue;
    }
    const bool first = ++times[matcher.name()] == 1;
    if (first && matcher.type() == MatchType::kEqual) {
      labels.Set(matcher.name(), matcher.value());
    } else {
      labels.Delete(matcher.name());
    }
  }
  return VectorResult({{labels.Build(), 1, t}});
}

absl::StatusOr<Result> Evaluator::EvaluateRangeCall(const promql::Call& call, TimestampMs t) const {
  RangeVector range;
  std::vector<double> params;
  for (const promql::ExprPtr& arg : call.args) {
    ASSIGN_OR_RETURN(Result result, Evaluate(*arg, t));
    if (result.type == ValueType::kMatrix) {
      range = std::move(result.range);
    } else {
      params.push_back(result.scalar);
    }
  }
  params.push_back(static_cast<double>(t));
  InstantVector output;
  for (MemorySeries& series : range.series) {
    const Labels from = series.labels;
    RangeVector one{range.start, range.end, {}};
    one.series.push_back(std::move(series));
    ASSIGN_OR_RETURN(const InstantVector made, ApplyRangeFunction(call.function->name, one, params));
    for (const Element& element : made) {
      RETURN_IF_ERROR(CheckUniqueOverTime(call, from, element.labels));
      output.push_back(element);
    }
  }
  RETURN_IF_ERROR(CheckUnique(output));
  return VectorResult(std::move(output));
}

absl::StatusOr<Result> Evaluator::EvaluateCall(const promql::Call& call, TimestampMs t) const {
  const std::string_view name = call.function->name;
  if (name == "time") {
    return ScalarResult(static_cast<double>(t) / 1000);
  }
  if (name == "pi") {
    return ScalarResult(M_PI);
  }
  if (name == "absent" || name == "absent_over_time") {
    return EvaluateAbsent(call, t);
  }
  const auto& types = call.function->arg_types;
  if (std::find(types.begin(), types.end(), ValueType::kMatrix) != types.end()) {
    return EvaluateRangeCall(call, t);
  }
  std::vector<Result> args;
  for (const promql::ExprPtr& arg : call.args) {
    ASSIGN_OR_RETURN(args.emplace_back(), Evaluate(*arg, t));
  }
  if (name == "scalar") {
    return ScalarResult(args[0].vector.size() == 1 ? args[0].vector[0].value : std::nan(""));
  }
  // Only a plain selector has times of samples; everything else is of the time it is evaluated at.
  if (name == "timestamp" && WithoutParens(*call.args[0]).kind != NodeKind::kVectorSelector) {
    for (Element& element : args[0].vector) {
      element.t = t;
    }
  }
  ASSIGN_OR_RETURN(InstantVector output, ApplyVectorFunction(name, args, t));
  RETURN_IF_ERROR(CheckUnique(output));
  return VectorResult(std::move(output));
}

}  // namespace tocsin::reference
