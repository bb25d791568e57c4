#include <algorithm>
#include <cmath>
#include <map>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "tests/reference_evaluator/evaluator.h"

namespace tocsin::reference {

using promql::AggregateOp;

namespace {

std::vector<std::string> SortedNames(std::vector<std::string> names, bool with_metric_name) {
  if (with_metric_name) {
    names.emplace_back(kMetricName);
  }
  std::sort(names.begin(), names.end());
  return names;
}

double SumOf(const std::vector<double>& values) {
  long double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return static_cast<double>(sum);
}

double MeanOf(const std::vector<double>& values) { return SumOf(values) / static_cast<double>(values.size()); }

double Reduce(AggregateOp op, double param, const std::vector<double>& values) {
  const auto extreme = [&values](bool smallest) {
    double best = values[0];
    for (const double value : values) {
      if (std::isnan(best) || (smallest ? value < best : value > best)) {
        best = value;
      }
    }
    return best;
  };
  switch (op) {
    case AggregateOp::kSum:
      return SumOf(values);
    case AggregateOp::kAvg:
      return MeanOf(values);
    case AggregateOp::kMin:
      return extreme(true);
    case AggregateOp::kMax:
      return extreme(false);
    case AggregateOp::kGroup:
      return 1;
    case AggregateOp::kQuantile:
      return Quantile(param, values);
    case AggregateOp::kStdvar:
      return Variance(values);
    case AggregateOp::kStddev:
      return std::sqrt(Variance(values));
    default:
      return static_cast<double>(values.size());
  }
}

// The k largest or smallest elements; NaN comes last.
InstantVector Best(InstantVector group, double k, bool largest) {
  std::stable_sort(group.begin(), group.end(), [largest](const Element& a, const Element& b) {
    if (std::isnan(a.value) || std::isnan(b.value)) {
      return !std::isnan(a.value);
    }
    return largest ? a.value > b.value : a.value < b.value;
  });
  if (k < static_cast<double>(group.size())) {
    group.resize(k < 1 ? 0 : static_cast<size_t>(k));
  }
  return group;
}

}  // namespace

double Variance(const std::vector<double>& values) {
  double mean = 0;
  double squares = 0;
  double count = 0;
  for (const double value : values) {
    const double delta = value - mean;
    mean += delta / ++count;
    squares += delta * (value - mean);
  }
  return squares / count;
}

absl::StatusOr<InstantVector> Aggregate(const promql::AggregateExpr& node, const Result& param, const InstantVector& input) {
  const std::vector<std::string> names = SortedNames(node.grouping, node.without);
  std::map<Labels, InstantVector> groups;
  for (const Element& element : input) {
    Labels key = node.without ? element.labels.Drop(names) : element.labels.Keep(names);
    if (node.op == AggregateOp::kCountValues) {
      LabelsBuilder with_value(key);
      with_value.Set(param.text, GoFloat(element.value, 'f'));
      key = with_value.Build();
    }
    groups[key].push_back(element);
  }
  InstantVector output;
  for (auto& [labels, group] : groups) {
    if (node.op == AggregateOp::kTopk || node.op == AggregateOp::kBottomk) {
      for (Element& element : Best(std::move(group), param.scalar, node.op == AggregateOp::kTopk)) {
        output.push_back(std::move(element));
      }
      continue;
    }
    std::vector<double> values;
    for (const Element& element : group) {
      values.push_back(element.value);
    }
    output.push_back({labels, Reduce(node.op, param.scalar, values), 0});
  }
  return output;
}

}  // namespace tocsin::reference
