#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/types.h"

namespace tocsin {

enum class FamilyType { kCounter, kGauge, kSummary, kUntyped, kHistogram, kGaugeHistogram };

/// One metric of a family: one line, or all lines of a summary or histogram with the same labels.
struct TextMetric {
  std::vector<std::pair<std::string, std::string>> labels;  // without `le` of histograms and `quantile` of summaries
  std::optional<TimestampMs> timestamp;
  double value = 0;

  std::vector<std::pair<double, double>> parts;  // bound and cumulative count of buckets, or quantile and value
  double sum = 0;
  double count = 0;
};

struct TextFamily {
  std::string name;
  std::optional<std::string> help;
  std::optional<FamilyType> type;  // set for all that have metrics
  std::vector<TextMetric> metrics;
};

/// An exposition in the text format as families, by name, for the tools that look at whole families. As strict as prometheus/common's
/// expfmt.TextParser, with its error texts: `text format parsing error in line 3: expected float as value, got "x"`. Families without
/// a sample are left out.
absl::StatusOr<std::map<std::string, TextFamily>> ReadTextFamilies(std::string_view text);

/// "counter", "gauge_histogram", ...
std::string_view ToString(FamilyType type);

}  // namespace tocsin
