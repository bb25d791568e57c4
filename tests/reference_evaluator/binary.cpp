#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/status.h"
#include "base/strings.h"
#include "tests/reference_evaluator/evaluator.h"

namespace tocsin::reference {

using promql::BinaryOp;
using promql::MatchCardinality;
using promql::ValueType;
using promql::VectorMatching;

namespace {

double Arithmetic(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSub:
      return a - b;
    case BinaryOp::kMul:
      return a * b;
    case BinaryOp::kDiv:
      return a / b;
    case BinaryOp::kMod:
      return std::fmod(a, b);
    case BinaryOp::kPow:
      return std::pow(a, b);
    default:
      return std::atan2(a, b);
  }
}

bool Holds(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kEqual:
      return a == b;
    case BinaryOp::kNotEqual:
      return a != b;
    case BinaryOp::kGreater:
      return a > b;
    case BinaryOp::kLess:
      return a < b;
    case BinaryOp::kGreaterOrEqual:
      return a >= b;
    default:
      return a <= b;
  }
}

// The value of a pair; nothing when a comparison filters it out. `kept` is the value that a comparison lets through.
std::optional<double> PairValue(const promql::BinaryExpr& node, double a, double b, double kept) {
  if (!IsComparison(node.op)) {
    return Arithmetic(node.op, a, b);
  }
  const bool holds = Holds(node.op, a, b);
  if (node.return_bool) {
    return holds ? 1 : 0;
  }
  return holds ? std::optional(kept) : std::nullopt;
}

bool DropsName(const promql::BinaryExpr& node) { return !IsComparison(node.op) || node.return_bool; }

InstantVector WithScalar(const promql::BinaryExpr& node, const InstantVector& vector, double scalar, bool scalar_is_left) {
  InstantVector output;
  for (const Element& element : vector) {
    const double a = scalar_is_left ? scalar : element.value;
    const double b = scalar_is_left ? element.value : scalar;
    if (const std::optional<double> value = PairValue(node, a, b, element.value)) {
      output.push_back({DropsName(node) ? element.labels.DropMetricName() : element.labels, *value, 0});
    }
  }
  return output;
}

Labels MatchKey(const VectorMatching& matching, const Labels& labels) {
  std::vector<std::string> names = matching.matching_labels;
  if (!matching.on) {
    names.emplace_back(kMetricName);
  }
  std::sort(names.begin(), names.end());
  return matching.on ? labels.Keep(names) : labels.Drop(names);
}

Labels PairLabels(const promql::BinaryExpr& node, const Labels& many, const Labels& one) {
  const VectorMatching& matching = *node.vector_matching;
  Labels base = DropsName(node) ? many.DropMetricName() : many;
  std::vector<std::string> names = matching.matching_labels;
  std::sort(names.begin(), names.end());
  if (matching.card == MatchCardinality::kOneToOne) {
    base = matching.on ? base.Keep(names) : base.Drop(names);
  }
  LabelsBuilder labels(base);
  for (const std::string& name : matching.include) {
    labels.Set(name, one.Get(name));
  }
  return labels.Build();
}

InstantVector SetOperation(const promql::BinaryExpr& node, const InstantVector& lhs, const InstantVector& rhs) {
  std::set<Labels> left;
  std::set<Labels> right;
  for (const Element& element : lhs) {
    left.insert(MatchKey(*node.vector_matching, element.labels));
  }
  for (const Element& element : rhs) {
    right.insert(MatchKey(*node.vector_matching, element.labels));
  }
  InstantVector output;
  for (const Element& element : lhs) {
    const bool in_right = right.contains(MatchKey(*node.vector_matching, element.labels));
    if (node.op == BinaryOp::kOr || in_right == (node.op == BinaryOp::kAnd)) {
      output.push_back(element);
    }
  }
  for (const Element& element : rhs) {
    if (node.op == BinaryOp::kOr && !left.contains(MatchKey(*node.vector_matching, element.labels))) {
      output.push_back(element);
    }
  }
  return output;
}

absl::StatusOr<InstantVector> Match(const promql::BinaryExpr& node, const InstantVector& lhs, const InstantVector& rhs) {
  const VectorMatching& matching = *node.vector_matching;
  if (lhs.empty() || rhs.empty()) {
    return InstantVector{};
  }
  const bool right_is_many = matching.card == MatchCardinality::kOneToMany;
  const InstantVector& many = right_is_many ? rhs : lhs;
  const InstantVector& one = right_is_many ? lhs : rhs;
  std::map<Labels, const Element*> partners;
  for (const Element& element : one) {
    if (!partners.emplace(MatchKey(matching, element.labels), &element).second) {
      return absl::InvalidArgumentError("found duplicate series for the match group");
    }
  }
  std::set<Labels> matched;
  InstantVector output;
  for (const Element& element : many) {
    const Labels key = MatchKey(matching, element.labels);
    const auto it = partners.find(key);
    if (it == partners.end()) {
      continue;
    }
    const Element& left = right_is_many ? *it->second : element;
    const Element& right = right_is_many ? element : *it->second;
    const std::optional<double> value = PairValue(node, left.value, right.value, left.value);
    if (!value) {
      continue;
    }
    const Labels labels = PairLabels(node, element.labels, it->second->labels);
    if (!matched.insert(matching.card == MatchCardinality::kOneToOne ? key : labels).second) {
      return absl::InvalidArgumentError("multiple matches for labels");
    }
    output.push_back({labels, *value, 0});
  }
  return output;
}

}  // namespace

absl::StatusOr<Result> ApplyBinary(const promql::BinaryExpr& node, const Result& lhs, const Result& rhs) {
  Result result;
  if (lhs.type == ValueType::kScalar && rhs.type == ValueType::kScalar) {
    result.type = ValueType::kScalar;
    result.scalar = *PairValue(node, lhs.scalar, rhs.scalar, lhs.scalar);
    return result;
  }
  result.type = ValueType::kVector;
  if (lhs.type == ValueType::kScalar) {
    result.vector = WithScalar(node, rhs.vector, lhs.scalar, true);
  } else if (rhs.type == ValueType::kScalar) {
    result.vector = WithScalar(node, lhs.vector, rhs.scalar, false);
  } else if (IsSetOperator(node.op)) {
    result.vector = SetOperation(node, lhs.vector, rhs.vector);
  } else {
    ASSIGN_OR_RETURN(result.vector, Match(node, lhs.vector, rhs.vector));
  }
  RETURN_IF_ERROR(CheckUnique(result.vector));
  return result;
}

}  // namespace tocsin::reference
