#include "rules/template/histogram_value.h"

#include "base/model/float_histogram.h"

namespace tocsin::gotemplate {

std::string HistogramText(const FloatHistogram& histogram) { return HistogramToString(histogram); }

std::optional<Value> HistogramField(const FloatHistogram& histogram, std::string_view field) {
  if (field == "Count") {
    return Value(histogram.count);
  }
  if (field == "Sum") {
    return Value(histogram.sum);
  }
  if (field == "Schema") {
    return Value(int64_t{histogram.schema});
  }
  if (field == "ZeroThreshold") {
    return Value(histogram.zero_threshold);
  }
  if (field == "ZeroCount") {
    return Value(histogram.zero_count);
  }
  return std::nullopt;
}

}  // namespace tocsin::gotemplate
