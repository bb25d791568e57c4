#include "rules/unit_test/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "promql/parser.h"
#include "promql/series_description.h"

namespace tocsin::rules {
namespace {

/// Puts `indent` in front of all lines but the first.
std::string IndentLines(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : text) {
    out.push_back(c);
    if (c == '\n') {
      out.append(indent);
    }
  }
  return out;
}

std::string AlertsText(const std::vector<LabeledAlert>& alerts) {
  if (alerts.empty()) {
    return "[]";
  }
  std::string out = "[";
  for (size_t i = 0; i < alerts.size(); ++i) {
    const std::string one = Cat("\nLabels:", alerts[i].labels.ToString(), "\nAnnotations:", alerts[i].annotations.ToString());
    Append(&out, i == 0 ? "\n" : ",\n", i, ":", IndentLines(one, "  "));
  }
  return out + "\n]";
}

bool AlertLess(const LabeledAlert& a, const LabeledAlert& b) {
  const auto order = a.labels <=> b.labels;
  return order != 0 ? order < 0 : a.annotations < b.annotations;
}

/// A sample as it is compared: a histogram by its text.
struct ComparedSample {
  Labels labels;
  double value = 0;
  std::string histogram;
};

std::string SampleText(const ComparedSample& sample) {
  if (!sample.histogram.empty()) {
    return Cat(sample.labels.ToString(), " ", sample.histogram);
  }
  std::string number = GoFloat(sample.value, 'e');
  std::replace(number.begin(), number.end(), 'e', 'E');
  return Cat(sample.labels.ToString(), " ", number);
}

std::string SamplesText(const std::vector<ComparedSample>& samples) {
  if (samples.empty()) {
    return "nil";
  }
  std::string out;
  for (const ComparedSample& sample : samples) {
    Append(&out, out.empty() ? "" : ", ", SampleText(sample));
  }
  return out;
}

absl::StatusOr<ComparedSample> ParseExpected(const ExpectedSample& sample) {
  ComparedSample out;
  ASSIGN_OR_RETURN(out.labels, promql::ParseMetric(sample.labels));
  out.value = sample.value;
  if (sample.histogram.empty()) {
    return out;
  }
  ASSIGN_OR_RETURN(const promql::SeriesDescription described, promql::ParseSeriesDescription(Cat("{} ", sample.histogram)));
  if (described.values.size() != 1) {
    return absl::InvalidArgumentError(Cat("expected 1 value, got ", described.values.size()));
  }
  if (described.values[0].histogram == nullptr) {
    return absl::InvalidArgumentError(Cat("expected histogram, got ", GoFloat(described.values[0].value, 'g')));
  }
  out.histogram = HistogramTestExpression(*described.values[0].histogram);
  return out;
}

bool EqualFloats(double a, double b, bool fuzzy) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return a == b || (fuzzy && (std::nextafter(a, -kInfinity) == b || std::nextafter(a, kInfinity) == b));
}

bool EqualSamples(const std::vector<ComparedSample>& a, const std::vector<ComparedSample>& b, bool fuzzy) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [fuzzy](const ComparedSample& x, const ComparedSample& y) {
    return x.labels == y.labels && x.histogram == y.histogram && EqualFloats(x.value, y.value, fuzzy);
  });
}

}  // namespace

std::optional<std::string> CompareAlerts(std::vector<LabeledAlert> expected, std::vector<LabeledAlert> got, bool partial_annotations,
                                         bool diff) {
  std::sort(expected.begin(), expected.end(), AlertLess);
  std::sort(got.begin(), got.end(), AlertLess);
  const bool same = std::equal(expected.begin(), expected.end(), got.begin(), got.end(), [&](const LabeledAlert& a, const LabeledAlert& b) {
    if (a.labels != b.labels) {
      return false;
    }
    if (!partial_annotations) {
      return a.annotations == b.annotations;
    }
    return std::all_of(a.annotations.begin(), a.annotations.end(),
                       [&b](const Label& wanted) { return b.annotations.Get(wanted.name) == wanted.value; });
  });
  if (same) {
    return std::nullopt;
  }
  constexpr std::string_view kIndent = "            ";
  if (diff) {
    return Cat("        diff: ", IndentLines(AlertsDiff(std::move(expected), std::move(got)), kIndent));
  }
  return Cat("        exp:", IndentLines(AlertsText(expected), kIndent), ", \n        got:", IndentLines(AlertsText(got), kIndent));
}

absl::StatusOr<std::string> CompareSamples(const std::vector<ExpectedSample>& expected, const promql::Vector& got, bool fuzzy) {
  std::vector<ComparedSample> wanted;
  for (const ExpectedSample& sample : expected) {
    auto parsed = ParseExpected(sample);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(Cat("labels ", GoQuoted(sample.labels), ": ", Message(parsed.status())));
    }
    wanted.push_back(*std::move(parsed));
  }
  std::vector<ComparedSample> found;
  for (const promql::VectorSample& sample : got) {
    const bool is_histogram = sample.point.histogram != nullptr;
    found.push_back(ComparedSample{sample.labels, is_histogram ? 0 : sample.point.value,
                                   is_histogram ? HistogramTestExpression(*sample.point.histogram) : ""});
  }
  const auto by_labels = [](const ComparedSample& a, const ComparedSample& b) { return a.labels < b.labels; };
  std::stable_sort(wanted.begin(), wanted.end(), by_labels);
  std::stable_sort(found.begin(), found.end(), by_labels);
  if (EqualSamples(wanted, found, fuzzy)) {
    return std::string();
  }
  return Cat("        exp: ", SamplesText(wanted), "\n        got: ", SamplesText(found));
}

std::string MatrixText(const promql::Matrix& matrix) {
  std::string out;
  for (const promql::MatrixSeries& series : matrix) {
    Append(&out, out.empty() ? "" : "\n", series.labels.ToString(), " =>");
    for (const promql::Point& point : series.points) {
      const std::string value = point.histogram != nullptr ? HistogramToString(*point.histogram) : GoFloat(point.value, 'f');
      Append(&out, "\n", value, " @[", point.t, "]");
    }
  }
  return out;
}

}  // namespace tocsin::rules
