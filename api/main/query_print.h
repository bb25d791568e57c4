#pragma once

#include <string>

#include "base/json/reader.h"

namespace tocsin {

/// The answers of a query as promtool prints them, without the last line end.

/// `data` of /query or /query_range: `up{job="x"} => 1 @[1435781451.781]`, one sample or series a line.
std::string QueryValueText(const JsonValue& data);

/// up{job="x"}; label names are sorted (prometheus/common model.Metric).
std::string MetricText(const JsonValue& metric);

/// {__name__="up", job="x"}
std::string LabelSetText(const JsonValue& labels);

/// The value as JSON text again, compact.
std::string JsonText(const JsonValue& value);

}  // namespace tocsin
