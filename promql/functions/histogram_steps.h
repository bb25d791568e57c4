#pragma once

#include <string_view>

#include "base/model/float_histogram.h"
#include "promql/exec/annotation.h"

namespace tocsin::promql {

/// *h += other with the annotations that upstream gives for it; false when the two have incompatible buckets.
bool AddAnnotated(FloatHistogram* h, const FloatHistogram& other, const Annotator& annotator, std::string_view metric_name,
                  PositionRange pos);

/// *h -= other, likewise.
bool SubAnnotated(FloatHistogram* h, const FloatHistogram& other, const Annotator& annotator, std::string_view metric_name,
                  PositionRange pos);

}  // namespace tocsin::promql
