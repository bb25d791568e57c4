#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/model/histogram.h"
#include "rules/template/value.h"

namespace tocsin::gotemplate {

/// "{count:3, sum:10}"
std::string HistogramText(const FloatHistogram& histogram);

/// Fields that upstream's type has: Count, Sum, Schema, ZeroThreshold, ZeroCount.
std::optional<Value> HistogramField(const FloatHistogram& histogram, std::string_view field);

}  // namespace tocsin::gotemplate
