#include "tests/differential/known_differences.h"

#include <re2/re2.h>

namespace tocsin::differential {
namespace {

struct KnownDifference {
  std::string_view minor_version;  // of the peer
  const char* query;               // a regular expression that is found in the query
  const char* difference;          // likewise, in the text of the difference
  std::string_view reason;
  bool range_only = false;
};

constexpr KnownDifference kKnownDifferences[] = {
    {"3.5", "", "peer's error: \"[0-9:]+ parse error: (unknown function with name|function .* is not enabled)",
     "functions that came after 3.5 or were experimental then (first_over_time, histogram_quantiles, start, min_of, ...)"},
    {"3.5", "(start|end|range|step|min_of|max_of)\\(", "peer's error: \"[0-9:]+ parse error: unexpected",
     "start(), end(), range(), step(), min_of() and max_of() as functions came after 3.5"},
    {"3.5", "\\b(rate|increase)\\([^()\\[]*latency_(native|custom|\\.)[^()\\[]*\\[", "^\\{",
     "3.6: the extrapolation of native counter histograms stops at zero (prometheus/prometheus#16828)"},
    {"3.5", "histogram_(quantile|fraction)", "annotations: .*bucket label \"le\" is missing",
     "3.6 and later: warnings about buckets name the metric only while it has its name"},
    {"3.5", "sort(_desc)?\\(", "annotations: .*sort is ineffective for range queries", "3.12: sorting in a range query is warned of"},
    {"3.5", "", "peer's error: \"found duplicate series for the match group",
     "later: the two series in this error are in order of their labels"},
    {"3.5", "info\\(", "^\\{", "3.7: info() on series that come and go (prometheus/prometheus#17135)", /*range_only=*/true},
};

bool Found(std::string_view text, const char* pattern) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

bool IsMinor(std::string_view version, std::string_view minor) {
  return version.size() > minor.size() && version.substr(0, minor.size()) == minor && version[minor.size()] == '.';
}

}  // namespace

bool IsKnownVersion(std::string_view version) { return IsMinor(version, "3.5"); }

std::optional<std::string_view> ReasonToDiffer(std::string_view version, const std::string& query, bool is_range,
                                               const std::string& difference) {
  for (const KnownDifference& known : kKnownDifferences) {
    if (IsMinor(version, known.minor_version) && (is_range || !known.range_only) && Found(query, known.query) &&
        Found(difference, known.difference)) {
      return known.reason;
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::differential
