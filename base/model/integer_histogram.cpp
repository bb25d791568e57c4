#include "base/model/integer_histogram.h"

namespace tocsin {
namespace {

/// Summed as floats, as upstream does: deltas from the network may overflow an integer.
void SumDeltas(const std::vector<int64_t>& deltas, std::vector<double>* counts) {
  counts->resize(deltas.size());
  double count = 0;
  for (size_t i = 0; i < deltas.size(); ++i) {
    count += static_cast<double>(deltas[i]);
    (*counts)[i] = count;
  }
}

}  // namespace

void ToFloatHistogram(const IntegerHistogram& h, FloatHistogram* out) {
  out->counter_reset_hint = h.counter_reset_hint;
  out->schema = h.schema;
  out->zero_threshold = h.zero_threshold;
  out->zero_count = static_cast<double>(h.zero_count);
  out->count = static_cast<double>(h.count);
  out->sum = h.sum;
  out->positive_spans = h.positive_spans;
  out->negative_spans = h.negative_spans;
  SumDeltas(h.positive_deltas, &out->positive_buckets);
  SumDeltas(h.negative_deltas, &out->negative_buckets);
  out->custom_values = h.custom_values;
}

}  // namespace tocsin
