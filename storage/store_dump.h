#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/model/matcher.h"
#include "base/types.h"

namespace tocsin {

class Head;

/// What `tsdb dump` prints.
enum class DumpFormat {
  kSamples,      ///< {labels} value timestamp-in-ms
  kSeriesJson,   ///< the labels of each series as a JSON object
  kOpenMetrics,  ///< name{labels} value timestamp-in-s, floats only, with "# EOF" at the end
};

/// Hands each line (with its '\n') to `print`, series sorted by labels, samples by time: of the series that match any of the selectors, of
/// all when there are none.
absl::Status DumpStore(Head& head, DumpFormat format, std::span<const std::vector<Matcher>> selectors, TimestampMs min_t, TimestampMs max_t,
                       const std::function<void(std::string_view)>& print);

/// What `tsdb analyze` prints: churn, cardinality and common pairs, each table of at most `limit` lines. Of the series that match, or of
/// all.
std::string AnalyzeStore(Head& head, std::span<const Matcher> matchers, size_t limit);

}  // namespace tocsin
