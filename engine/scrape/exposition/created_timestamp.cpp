#include <functional>

#include "base/model/labels.h"
#include "engine/scrape/exposition/open_metrics_parser.h"

namespace tocsin {
namespace {

constexpr std::string_view kCreatedSuffix = "_created";

bool HasCreated(MetricType type) { return type == MetricType::kCounter || type == MetricType::kSummary || type == MetricType::kHistogram; }

}  // namespace

bool OpenMetricsParser::IsCreated() const { return HasCreated(type_) && parts_.metric.In(lexer_.body()).ends_with(kCreatedSuffix); }

/// Of the labels without `le` and `quantile`, and the family's name.
uint64_t OpenMetricsParser::SeriesHash(std::string_view family) const {
  std::string key;
  for (const SeriesParts::LabelPart& part : parts_.labels) {
    const std::string_view name = part.name.In(lexer_.body());
    if ((type_ == MetricType::kSummary && name == kQuantileLabel) || (type_ == MetricType::kHistogram && name == kBucketLabel)) {
      continue;
    }
    key += name;
    key += '\0';
    key += part.value.In(lexer_.body());
    key += '\0';
  }
  key += family;
  const uint64_t hash = std::hash<std::string>()(key);
  return hash == 0 ? 1 : hash;
}

TimestampMs OpenMetricsParser::StartTimestamp() {
  if (!HasCreated(type_)) {
    created_hash_ = 0;
    return 0;
  }
  const std::string_view name = parts_.metric.In(lexer_.body());
  const uint64_t hash = SeriesHash(name.substr(0, family_length_));
  if (hash == created_hash_ && created_ > 0) {
    return created_;
  }
  // What follows is read ahead, then all is put back.
  const OpenMetricsLexer lexer = lexer_;
  const size_t start = start_;
  const MetricType type = type_;
  const SeriesParts parts = parts_;
  const ExpositionEntry entry = entry_;
  looking_ahead_ = true;
  skip_created_ = false;
  const TimestampMs found = FindCreated(hash);
  looking_ahead_ = false;
  skip_created_ = true;
  created_hash_ = found == 0 ? 0 : hash;
  created_ = found;
  lexer_ = lexer;
  start_ = start;
  type_ = type;
  parts_ = parts;
  entry_ = entry;
  return found;
}

TimestampMs OpenMetricsParser::FindCreated(uint64_t series_hash) {
  while (Next() == EntryKind::kSeries) {
    const std::string_view name = parts_.metric.In(lexer_.body());
    if (name.ends_with(kCreatedSuffix)) {
      // The first created line tells: of another series, and ours has none.
      return SeriesHash(name.substr(0, name.size() - kCreatedSuffix.size())) == series_hash ? SecondsToTimestamp(entry_.value) : 0;
    }
  }
  return 0;
}

}  // namespace tocsin
