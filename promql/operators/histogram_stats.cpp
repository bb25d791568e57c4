#include "promql/operators/histogram_stats.h"

#include "base/model/float_histogram.h"

namespace tocsin::promql {

void KeepHistogramStats(SampleColumns* samples) {
  HistogramPtr previous;
  for (HistogramPtr& histogram : samples->histograms) {
    if (histogram == nullptr) {
      continue;
    }
    auto stats = std::make_shared<FloatHistogram>();
    stats->counter_reset_hint = histogram->counter_reset_hint;
    stats->schema = histogram->schema;
    stats->count = histogram->count;
    stats->sum = histogram->sum;
    if (!IsStaleNaN(histogram->sum)) {
      if (stats->counter_reset_hint == CounterResetHint::kUnknown && previous != nullptr) {
        stats->counter_reset_hint = DetectHistogramReset(*histogram, *previous) ? CounterResetHint::kReset : CounterResetHint::kNotReset;
      }
      previous = histogram;
    }
    histogram = std::move(stats);
  }
}

}  // namespace tocsin::promql
