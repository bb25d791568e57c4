#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "engine/scrape/exposition/parser.h"

namespace tocsin {

/// Where in the body the parts of a series' name stand; npos in `name`: not found yet. Both text formats fill it in.
struct SeriesParts {
  struct Part {
    size_t begin = std::string_view::npos;
    size_t end = std::string_view::npos;
    bool set() const { return begin != std::string_view::npos; }
    std::string_view In(std::string_view body) const { return body.substr(begin, end - begin); }
  };
  struct LabelPart {
    Part name;
    Part value;
  };

  Part metric;
  std::vector<LabelPart> labels;

  void Clear() {
    metric = Part();
    labels.clear();
  }
};

/// Undoes \" \\ and \n; other backslashes stay.
std::string UnescapeLabelValue(std::string_view text);
/// Undoes \\ and \n, as HELP lines of the Prometheus format have them.
std::string UnescapeHelp(std::string_view text);

/// `value`, or the form that OpenMetrics gives a number ("1" -> "1.0") where it is the `le` of a histogram or the `quantile` of a summary.
std::string NormalizeBound(MetricType type, std::string_view label, std::string value);

/// ReadLabels of both text formats. With `unit` set (type-and-unit-labels) __type__ and __unit__ are added and replace those of the text.
void ReadSeriesLabels(std::string_view body, const SeriesParts& parts, MetricType type, const std::string* unit, LabelPairs* labels);

/// A sample's value; every NaN becomes the normal one. False: `*error` says why, as Go's strconv does.
bool ReadSampleFloat(std::string_view text, double* value, std::string* error);

/// Seconds as OpenMetrics has them; what is out of range for milliseconds becomes the nearest end.
TimestampMs SecondsToTimestamp(double seconds);

}  // namespace tocsin
