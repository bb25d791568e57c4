#include "promql/exec/annotation.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin::promql {

namespace {

Annotation Make(Annotation::Level level, std::string text, PositionRange pos) {
  Annotation annotation;
  annotation.level = level;
  annotation.text = Cat(level == Annotation::Level::kWarning ? "PromQL warning: " : "PromQL info: ", text);
  annotation.pos = pos;
  return annotation;
}

Annotation Warning(std::string text, PositionRange pos) { return Make(Annotation::Level::kWarning, std::move(text), pos); }
Annotation Info(std::string text, PositionRange pos) { return Make(Annotation::Level::kInfo, std::move(text), pos); }

std::string WithMetricName(std::string text, std::string_view metric_name) {
  if (!metric_name.empty()) {
    Append(&text, " for metric name ", GoQuoted(metric_name));
  }
  return text;
}

std::string_view OperationText(HistogramOperation operation) {
  switch (operation) {
    case HistogramOperation::kAddition:
      return "addition";
    case HistogramOperation::kSubtraction:
      return "subtraction";
    case HistogramOperation::kAggregation:
      break;
  }
  return "aggregation";
}

std::string G(double value) { return GoFloat(value, 'g'); }

}  // namespace

Annotation InvalidQuantile(double q, PositionRange pos) {
  return Warning(Cat("quantile value should be between 0 and 1, got ", G(q)), pos);
}

Annotation InvalidRatio(double ratio, double capped_to, PositionRange pos) {
  return Warning(Cat("ratio value should be between -1 and 1, got ", G(ratio), ", capping to ", G(capped_to)), pos);
}

Annotation BadBucketLabel(std::string_view metric_name, std::string_view label_value, PositionRange pos) {
  return Warning(WithMetricName(Cat("bucket label \"le\" is missing or has a malformed value of ", GoQuoted(label_value)), metric_name),
                 pos);
}

Annotation MixedFloatsHistograms(std::string_view metric_name, PositionRange pos) {
  return Warning(Cat("encountered a mix of histograms and floats for metric name ", GoQuoted(metric_name)), pos);
}

Annotation MixedFloatsHistogramsInAggregation(PositionRange pos) {
  return Warning("encountered a mix of histograms and floats for aggregation", pos);
}

Annotation MixedClassicNativeHistograms(std::string_view metric_name, PositionRange pos) {
  return Warning(WithMetricName("vector contains a mix of classic and native histograms", metric_name), pos);
}

Annotation NativeHistogramNotCounter(std::string_view metric_name, PositionRange pos) {
  return Warning(Cat("this native histogram metric is not a counter: ", GoQuoted(metric_name)), pos);
}

Annotation NativeHistogramNotGauge(std::string_view metric_name, PositionRange pos) {
  return Warning(Cat("this native histogram metric is not a gauge: ", GoQuoted(metric_name)), pos);
}

Annotation MixedExponentialCustomHistograms(std::string_view metric_name, PositionRange pos) {
  return Warning(
      Cat("vector contains a mix of histograms with exponential and custom buckets schemas for metric name ", GoQuoted(metric_name)), pos);
}

Annotation IncompatibleBucketLayoutInBinaryOperator(std::string_view op, PositionRange pos) {
  return Warning(Cat("incompatible bucket layout encountered for binary operator ", op), pos);
}

Annotation SortInRangeQuery(PositionRange pos) {
  return Warning("sort is ineffective for range queries since results are always ordered by labels", pos);
}

Annotation HistogramCounterResetCollision(HistogramOperation operation, PositionRange pos) {
  return Warning(Cat("conflicting counter resets during histogram ", OperationText(operation)), pos);
}

Annotation StartTimeOverlap(std::string_view metric_name, PositionRange pos) {
  Annotation annotation =
      Warning(Cat("sample has start time that overlaps with previous sample timestamp for metric ", GoQuoted(metric_name)), pos);
  annotation.merge = Annotation::Merge::kStartTimeOverlap;
  return annotation;
}

Annotation PossibleNonCounter(std::string_view metric_name, PositionRange pos) {
  return Info(Cat("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ", GoQuoted(metric_name)), pos);
}

Annotation PossibleNonCounterLabel(std::string_view metric_name, std::string_view type_label, PositionRange pos) {
  return Info(Cat("metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got ", GoQuoted(type_label),
                  ": ", GoQuoted(metric_name)),
              pos);
}

Annotation ForcedMonotonicity(std::string_view metric_name, TimestampMs t, double min_bucket, double max_bucket, double max_difference,
                              PositionRange pos) {
  Annotation annotation = Info(WithMetricName("input to histogram_quantile needed to be fixed for monotonicity (see "
                                              "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
                                              metric_name),
                               pos);
  annotation.merge = Annotation::Merge::kForcedMonotonicity;
  annotation.min_t = annotation.max_t = t;
  annotation.min_bucket = min_bucket;
  annotation.max_bucket = max_bucket;
  annotation.max_difference = max_difference;
  return annotation;
}

Annotation IncompatibleTypesInBinaryOperator(std::string_view left, std::string_view op, std::string_view right, PositionRange pos) {
  return Info(Cat("incompatible sample types encountered for binary operator ", GoQuoted(op), ": ", left, " ", op, " ", right), pos);
}

Annotation HistogramIgnoredInAggregation(std::string_view aggregation, PositionRange pos) {
  return Info(Cat("ignored histogram in ", aggregation, " aggregation"), pos);
}

Annotation HistogramIgnoredInMixedRange(std::string_view metric_name, PositionRange pos) {
  return Info(Cat("ignored histograms in a range containing both floats and histograms for metric name ", GoQuoted(metric_name)), pos);
}

Annotation QuantileNaNResult(std::string_view metric_name, PositionRange pos) {
  return Info(WithMetricName("input to histogram_quantile has NaN observations, result is NaN", metric_name), pos);
}

Annotation QuantileNaNSkew(std::string_view metric_name, PositionRange pos) {
  return Info(WithMetricName("input to histogram_quantile has NaN observations, result is skewed higher", metric_name), pos);
}

Annotation FractionNaNs(std::string_view metric_name, PositionRange pos) {
  return Info(WithMetricName("input to histogram_fraction has NaN observations, which are excluded from all fractions", metric_name), pos);
}

Annotation MismatchedCustomBuckets(HistogramOperation operation, PositionRange pos) {
  return Info(Cat("mismatched custom buckets were reconciled during ", OperationText(operation)), pos);
}

}  // namespace tocsin::promql
