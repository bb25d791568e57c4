#include "engine/scrape/exposition/series_text.h"

#include <cmath>

#include "base/model/convert_nhcb.h"
#include "base/model/labels.h"
#include "base/model/sample.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

constexpr std::string_view kTypeLabel = "__type__";
constexpr std::string_view kUnitLabel = "__unit__";

std::string Unescape(std::string_view text, bool quotes) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == '\\' || next == 'n' || (next == '"' && quotes)) {
      out.push_back(next == 'n' ? '\n' : next);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

std::string UnescapeLabelValue(std::string_view text) {
  return text.find('\\') == std::string_view::npos ? std::string(text) : Unescape(text, true);
}

std::string UnescapeHelp(std::string_view text) {
  return text.find('\\') == std::string_view::npos ? std::string(text) : Unescape(text, false);
}

std::string NormalizeBound(MetricType type, std::string_view label, std::string value) {
  if ((type == MetricType::kSummary && label == kQuantileLabel) || (type == MetricType::kHistogram && label == kBucketLabel)) {
    const ParsedFloat number = ParseGoFloat(value);
    if (number.ok()) {
      return OpenMetricsFloat(number.value);
    }
  }
  return value;
}

void ReadSeriesLabels(std::string_view body, const SeriesParts& parts, MetricType type, const std::string* unit, LabelPairs* labels) {
  labels->clear();
  labels->emplace_back(kMetricName, UnescapeLabelValue(parts.metric.In(body)));
  const bool has_type = unit != nullptr && type != MetricType::kUnknown;
  const bool has_unit = unit != nullptr && !unit->empty();
  if (has_type) {
    labels->emplace_back(kTypeLabel, ToString(type));
  }
  if (has_unit) {
    labels->emplace_back(kUnitLabel, *unit);
  }
  for (const SeriesParts::LabelPart& part : parts.labels) {
    std::string name = UnescapeLabelValue(part.name.In(body));
    if (unit != nullptr && (name == kMetricName || (has_type && name == kTypeLabel) || (has_unit && name == kUnitLabel))) {
      continue;
    }
    std::string value = NormalizeBound(type, name, UnescapeLabelValue(part.value.In(body)));
    labels->emplace_back(std::move(name), std::move(value));
  }
}

bool ReadSampleFloat(std::string_view text, double* value, std::string* error) {
  if (text.find_first_of("pP_") != std::string_view::npos) {
    *error = "unsupported character in float";
    return false;
  }
  const ParsedFloat parsed = ParseGoFloat(text);
  if (!parsed.ok()) {
    *error = Cat("strconv.ParseFloat: parsing ", GoQuoted(text),
                 parsed.error == FloatError::kRange ? ": value out of range" : ": invalid syntax");
    return false;
  }
  *value = std::isnan(parsed.value) ? kNormalNaN : parsed.value;
  return true;
}

TimestampMs SecondsToTimestamp(double seconds) {
  const double ms = seconds * 1000;
  if (!(ms > -9.2e18)) {
    return kMinTimestamp;
  }
  return ms < 9.2e18 ? static_cast<TimestampMs>(ms) : kMaxTimestamp;
}

}  // namespace tocsin
