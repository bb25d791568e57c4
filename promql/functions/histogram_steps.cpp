#include "promql/functions/histogram_steps.h"

namespace tocsin::promql {

bool AddAnnotated(FloatHistogram* h, const FloatHistogram& other, const Annotator& annotator, std::string_view metric_name,
                  PositionRange pos) {
  const absl::StatusOr<HistogramMerge> merge = AddHistogram(h, other);
  if (!merge.ok()) {
    annotator.Add(MixedExponentialCustomHistograms(metric_name, pos));
    return false;
  }
  if (merge->bounds_reconciled) {
    annotator.Add(MismatchedCustomBuckets(HistogramOperation::kAddition, pos));
  }
  return true;
}

bool SubAnnotated(FloatHistogram* h, const FloatHistogram& other, const Annotator& annotator, std::string_view metric_name,
                  PositionRange pos) {
  const absl::StatusOr<HistogramMerge> merge = SubHistogram(h, other);
  if (!merge.ok()) {
    annotator.Add(MixedExponentialCustomHistograms(metric_name, pos));
    return false;
  }
  if (merge->bounds_reconciled) {
    annotator.Add(MismatchedCustomBuckets(HistogramOperation::kSubtraction, pos));
  }
  return true;
}

}  // namespace tocsin::promql
