#include "promql/promqltest/compare.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "promql/promqltest/script_lines.h"

namespace tocsin::promql::promqltest {

namespace {

constexpr double kEpsilon = 1e-6;

absl::Status Mismatch(std::string_view text) { return absl::FailedPreconditionError(av(text)); }

std::string PointText(double value, const HistogramPtr& histogram) {
  return histogram != nullptr ? HistogramTestExpression(*histogram) : GoFloat(value, 'g');
}

absl::Status ComparePoint(const Labels& labels, const SequenceValue& expected, double value, const HistogramPtr& histogram) {
  bool equal = (expected.histogram == nullptr) == (histogram == nullptr);
  if (equal && histogram != nullptr) {
    equal = AlmostEqualHistograms(*expected.histogram, *histogram, kEpsilon) &&
            (!expected.counter_reset_hint_set || expected.histogram->counter_reset_hint == histogram->counter_reset_hint);
  } else if (equal) {
    equal = AlmostEqual(expected.value, value, kEpsilon);
  }
  if (equal) {
    return absl::OkStatus();
  }
  return Mismatch(Cat("expected ", PointText(expected.value, expected.histogram), " for ", labels.ToString(), " but got ",
                      PointText(value, histogram)));
}

absl::StatusOr<bool> Meets(const TextExpectation& expectation, std::string_view text) {
  if (expectation.any) {
    return true;
  }
  return expectation.is_regex ? FoundIn(text, expectation.text) : absl::StatusOr<bool>(text == expectation.text);
}

absl::Status CompareKind(std::string_view kind, bool none, const std::vector<TextExpectation>& expected,
                         const std::vector<std::string>& found) {
  if (none && !found.empty()) {
    return Mismatch(Cat("unexpected ", kind, " annotation: ", found[0]));
  }
  if (expected.empty()) {
    return absl::OkStatus();
  }
  if (found.empty()) {
    return Mismatch(Cat("expected ", kind, " annotations but none were found"));
  }
  std::vector<bool> used(found.size());
  for (const TextExpectation& expectation : expected) {
    bool met = false;
    for (size_t i = 0; i < found.size(); ++i) {
      ASSIGN_OR_RETURN(const bool meets, Meets(expectation, found[i]));
      met |= meets;
      used[i] = used[i] || meets;
    }
    if (!met) {
      return Mismatch(Cat("expected ", kind, " annotation ", GoQuoted(expectation.text), " but found ", GoQuoted(found[0])));
    }
  }
  for (size_t i = 0; i < found.size(); ++i) {
    if (!used[i]) {
      return Mismatch(Cat("unexpected ", kind, " annotation: ", found[i]));
    }
  }
  return absl::OkStatus();
}

absl::Status CompareVector(const EvalCommand& eval, const Vector& vector) {
  absl::flat_hash_map<std::string, size_t> expected;
  for (size_t i = 0; i < eval.series.size(); ++i) {
    expected[eval.series[i].labels.encoded()] = i;
  }
  absl::flat_hash_set<size_t> seen;
  for (size_t i = 0; i < vector.size(); ++i) {
    const Labels& labels = vector[i].labels;
    const auto it = expected.find(labels.encoded());
    if (it == expected.end()) {
      return Mismatch(Cat("unexpected metric ", labels.ToString(), " in result, has value ",
                          PointText(vector[i].point.value, vector[i].point.histogram)));
    }
    if (!seen.insert(it->second).second) {
      return Mismatch(Cat("metric ", labels.ToString(), " stands in the result twice"));
    }
    if (eval.ordered && it->second != i) {
      return Mismatch(Cat("expected metric ", labels.ToString(), " at position ", it->second + 1, " but was at ", i + 1));
    }
    const SeriesDescription& series = eval.series[it->second];
    if (series.values.empty()) {
      return Mismatch(Cat("no value is expected of ", labels.ToString()));
    }
    RETURN_IF_ERROR(ComparePoint(labels, series.values[0], vector[i].point.value, vector[i].point.histogram));
  }
  for (const auto& [labels, i] : expected) {
    if (!seen.contains(i)) {
      return Mismatch(Cat("expected metric ", eval.series[i].labels.ToString(), " not found"));
    }
  }
  return absl::OkStatus();
}

absl::Status CompareSeries(const SeriesDescription& expected, const MatrixSeries& series, TimestampMs start, TimestampMs end,
                           DurationMs step) {
  size_t next = 0;
  for (size_t i = 0; i < expected.values.size(); ++i) {
    if (expected.values[i].omitted) {
      continue;
    }
    const TimestampMs t = start + static_cast<TimestampMs>(i) * step;
    if (t > end) {
      return Mismatch(Cat("more values than steps are expected for ", series.labels.ToString()));
    }
    if (next >= series.points.size() || series.points[next].t != t) {
      return Mismatch(Cat("expected a point at t=", t, " for ", series.labels.ToString(), " but got ",
                          next < series.points.size() ? Cat("one at t=", series.points[next].t) : std::string("none")));
    }
    RETURN_IF_ERROR(ComparePoint(series.labels, expected.values[i], series.points[next].value, series.points[next].histogram));
    ++next;
  }
  if (next != series.points.size()) {
    return Mismatch(Cat("expected ", next, " points for ", series.labels.ToString(), " but got ", series.points.size(),
                        ", the next at t=", series.points[next].t));
  }
  return absl::OkStatus();
}

absl::Status CompareMatrix(const EvalCommand& eval, const Matrix& matrix) {
  if (eval.ordered) {
    return Mismatch("expected ordered result, but query returned a matrix");
  }
  const TimestampMs start = eval.range_vector ? eval.range_start : eval.start;
  const TimestampMs end = eval.range_vector ? eval.range_end : eval.end;
  const DurationMs step = eval.range_vector ? eval.range_step : eval.step;
  absl::flat_hash_map<std::string, size_t> expected;
  for (size_t i = 0; i < eval.series.size(); ++i) {
    expected[eval.series[i].labels.encoded()] = i;
  }
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (i > 0 && !(matrix[i - 1].labels < matrix[i].labels)) {
      return Mismatch("matrix is not sorted by labels");
    }
    const auto it = expected.find(matrix[i].labels.encoded());
    if (it == expected.end()) {
      return Mismatch(Cat("unexpected metric ", matrix[i].labels.ToString(), " in result, has ", matrix[i].points.size(),
                          " points, the first ", PointText(matrix[i].points[0].value, matrix[i].points[0].histogram)));
    }
    RETURN_IF_ERROR(CompareSeries(eval.series[it->second], matrix[i], start, end, step));
    expected.erase(it);
  }
  for (const auto& [labels, i] : expected) {
    return Mismatch(Cat("expected metric ", eval.series[i].labels.ToString(), " not found"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CompareError(const EvalCommand& eval, const absl::Status& status) {
  if (!eval.fail) {
    return status.ok() ? absl::OkStatus() : Mismatch(Cat("unexpected error: ", Message(status)));
  }
  if (status.ok()) {
    return Mismatch("expected an error but got none");
  }
  for (const TextExpectation& expectation : eval.fail_texts) {
    ASSIGN_OR_RETURN(const bool meets, Meets(expectation, Message(status)));
    if (!meets) {
      return Mismatch(Cat("expected error ", GoQuoted(expectation.text), " but got: ", Message(status)));
    }
  }
  return absl::OkStatus();
}

absl::Status CompareAnnotations(const EvalCommand& eval, const Annotations& annotations) {
  RETURN_IF_ERROR(CompareKind("warn", eval.no_warn, eval.warn, annotations.warnings));
  return CompareKind("info", eval.no_info, eval.info, annotations.infos);
}

absl::Status CompareValue(const EvalCommand& eval, const Value& value) {
  if (eval.string.has_value()) {
    const auto* text = std::get_if<StringResult>(&value);
    if (text == nullptr || text->text != *eval.string) {
      return Mismatch(Cat("expected string ", GoQuoted(*eval.string), " but got ",
                          text == nullptr ? std::string(ValueTypeName(value)) : GoQuoted(text->text)));
    }
    return absl::OkStatus();
  }
  if (const auto* scalar = std::get_if<Scalar>(&value); scalar != nullptr) {
    if (!eval.scalar.has_value()) {
      return Mismatch(Cat("expected vector or matrix result, but got scalar: ", GoFloat(scalar->value, 'g')));
    }
    if (!AlmostEqual(*eval.scalar, scalar->value, kEpsilon)) {
      return Mismatch(Cat("expected scalar ", GoFloat(*eval.scalar, 'g'), " but got ", GoFloat(scalar->value, 'g')));
    }
    return absl::OkStatus();
  }
  if (eval.scalar.has_value()) {
    return Mismatch(Cat("expected scalar result, but got ", ValueTypeName(value)));
  }
  if (const auto* vector = std::get_if<Vector>(&value); vector != nullptr) {
    return eval.range_vector ? Mismatch("expected range vector, but got vector") : CompareVector(eval, *vector);
  }
  if (const auto* matrix = std::get_if<Matrix>(&value); matrix != nullptr) {
    return !eval.is_range && !eval.range_vector ? Mismatch("expected instant result, but got matrix") : CompareMatrix(eval, *matrix);
  }
  return Mismatch(Cat("expected vector or matrix result, but got ", ValueTypeName(value)));
}

absl::Status CompareAtStep(const EvalCommand& eval, const Matrix& matrix, TimestampMs t, bool is_scalar) {
  Vector vector;
  for (const MatrixSeries& series : matrix) {
    for (const Point& point : series.points) {
      if (point.t == t) {
        vector.push_back({series.labels, point, false});
      }
    }
  }
  if (!is_scalar) {
    return CompareValue(eval, Value(std::move(vector)));
  }
  if (vector.size() != 1) {
    return Mismatch("expected one scalar at each step");
  }
  return CompareValue(eval, Value(Scalar{t, vector[0].point.value}));
}

}  // namespace tocsin::promql::promqltest
