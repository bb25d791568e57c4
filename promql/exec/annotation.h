#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/types.h"
#include "promql/ast.h"
#include "promql/engine.h"

namespace tocsin::promql {

/// What is worth telling the user beside the result. Kinds, texts and rules for merging are those of upstream's util/annotations:
/// two of the same text count as one, of which the later evaluated one gives the position.
struct Annotation {
  enum class Level { kWarning, kInfo };
  enum class Merge { kNone, kForcedMonotonicity, kStartTimeOverlap };

  Level level = Level::kWarning;
  std::string text;
  PositionRange pos;

  Merge merge = Merge::kNone;
  int64_t occurrences = 1;
  TimestampMs min_t = 0;
  TimestampMs max_t = 0;
  double min_bucket = 0;
  double max_bucket = 0;
  double max_difference = 0;
};

enum class HistogramOperation { kAddition, kSubtraction, kAggregation };

Annotation InvalidQuantile(double q, PositionRange pos);
Annotation InvalidRatio(double ratio, double capped_to, PositionRange pos);
Annotation BadBucketLabel(std::string_view metric_name, std::string_view label_value, PositionRange pos);
Annotation MixedFloatsHistograms(std::string_view metric_name, PositionRange pos);
Annotation MixedFloatsHistogramsInAggregation(PositionRange pos);
Annotation MixedClassicNativeHistograms(std::string_view metric_name, PositionRange pos);
Annotation NativeHistogramNotCounter(std::string_view metric_name, PositionRange pos);
Annotation NativeHistogramNotGauge(std::string_view metric_name, PositionRange pos);
Annotation MixedExponentialCustomHistograms(std::string_view metric_name, PositionRange pos);
Annotation IncompatibleBucketLayoutInBinaryOperator(std::string_view op, PositionRange pos);
Annotation SortInRangeQuery(PositionRange pos);
Annotation HistogramCounterResetCollision(HistogramOperation operation, PositionRange pos);
Annotation StartTimeOverlap(std::string_view metric_name, PositionRange pos);

Annotation PossibleNonCounter(std::string_view metric_name, PositionRange pos);
Annotation PossibleNonCounterLabel(std::string_view metric_name, std::string_view type_label, PositionRange pos);
Annotation ForcedMonotonicity(std::string_view metric_name, TimestampMs t, double min_bucket, double max_bucket, double max_difference,
                              PositionRange pos);
Annotation IncompatibleTypesInBinaryOperator(std::string_view left, std::string_view op, std::string_view right, PositionRange pos);
Annotation HistogramIgnoredInAggregation(std::string_view aggregation, PositionRange pos);
Annotation HistogramIgnoredInMixedRange(std::string_view metric_name, PositionRange pos);
Annotation QuantileNaNResult(std::string_view metric_name, PositionRange pos);
Annotation QuantileNaNSkew(std::string_view metric_name, PositionRange pos);
Annotation FractionNaNs(std::string_view metric_name, PositionRange pos);
Annotation MismatchedCustomBuckets(HistogramOperation operation, PositionRange pos);

/// The annotations of one query.
/// Threads: safe; the outcome does not depend on the order of the calls, only on `evaluation_order`.
class AnnotationCollector {
 public:
  /// `evaluation_order`: the number of the tree's node that adds it, in the order of evaluation.
  void Add(int evaluation_order, Annotation annotation);

  /// As clients see them, with positions in `query`; those whose place comes first come first.
  Annotations Render(std::string_view query) const;

 private:
  struct Entry {
    Annotation annotation;
    int evaluation_order = 0;
  };
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, Entry> entries_ GUARDED_BY(mu_);
};

/// Where an operator puts its annotations.
struct Annotator {
  AnnotationCollector* collector = nullptr;
  int evaluation_order = 0;

  void Add(Annotation annotation) const { collector->Add(evaluation_order, std::move(annotation)); }
};

}  // namespace tocsin::promql
