#include <algorithm>
#include <charconv>
#include <limits>

#include "base/json/reader.h"
#include "base/json/writer.h"
#include "base/status.h"
#include "base/text/float_text.h"
#include "base/wire/otlp_metrics.h"
#include "base/wire/otlp_value.h"

namespace tocsin::wire {
namespace {

/// 64-bit integers come as strings, or as numbers all the same.
template <typename Integer>
Integer IntegerOf(const JsonValue& value) {
  if (const std::optional<int64_t> integer = value.integer()) {
    return static_cast<Integer>(*integer);
  }
  const std::string_view text = value.text();
  Integer result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

double NumberOf(const JsonValue& value) {
  if (const std::optional<double> number = value.number()) {
    return *number;
  }
  const std::string_view text = value.text();
  if (text == "Infinity" || text == "-Infinity") {
    return text[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  return ParseGoFloat(text).value;
}

void AppendJsonAny(const JsonValue& value, int depth, bool nested, std::string* out) {
  const auto quoted = [&](std::string_view text) { nested ? JsonWriter(out).String(text) : static_cast<void>(out->append(text)); };
  if (depth > kOtlpValueDepthMax) {
    return;
  }
  if (!value["stringValue"].is_null()) {
    quoted(value["stringValue"].text());
  } else if (!value["boolValue"].is_null()) {
    *out += value["boolValue"].boolean().value_or(false) ? "true" : "false";
  } else if (!value["intValue"].is_null()) {
    Append(out, IntegerOf<int64_t>(value["intValue"]));
  } else if (!value["doubleValue"].is_null()) {
    AppendJsonNumber(NumberOf(value["doubleValue"]), out);
  } else if (!value["bytesValue"].is_null()) {
    quoted(value["bytesValue"].text());
  } else if (!value["arrayValue"].is_null()) {
    *out += '[';
    bool first = true;
    for (const JsonValue& item : value["arrayValue"]["values"].items()) {
      *out += first ? "" : ",";
      first = false;
      AppendJsonAny(item, depth + 1, true, out);
    }
    *out += ']';
  } else if (!value["kvlistValue"].is_null()) {
    *out += '{';
    bool first = true;
    for (const JsonValue& item : value["kvlistValue"]["values"].items()) {
      *out += first ? "" : ",";
      first = false;
      JsonWriter(out).String(item["key"].text());
      *out += ':';
      AppendJsonAny(item["value"], depth + 1, true, out);
    }
    *out += '}';
  } else if (nested) {
    *out += "null";
  }
}

OtlpAttributes AttributesOf(const JsonValue& list) {
  OtlpAttributes attributes;
  for (const JsonValue& item : list.items()) {
    auto& [key, text] = attributes.emplace_back();
    key = item["key"].text();
    AppendJsonAny(item["value"], 0, false, &text);
  }
  return attributes;
}

/// asDouble or asInt.
double PointValue(const JsonValue& json) {
  return json["asInt"].is_null() ? NumberOf(json["asDouble"]) : static_cast<double>(IntegerOf<int64_t>(json["asInt"]));
}

std::vector<OtlpExemplar> ExemplarsOf(const JsonValue& list) {
  std::vector<OtlpExemplar> exemplars;
  for (const JsonValue& json : list.items()) {
    OtlpExemplar& exemplar = exemplars.emplace_back();
    exemplar.time_ns = IntegerOf<uint64_t>(json["timeUnixNano"]);
    exemplar.value = PointValue(json);
    exemplar.trace_id = json["traceId"].text();
    exemplar.span_id = json["spanId"].text();
    exemplar.attributes = AttributesOf(json["filteredAttributes"]);
  }
  return exemplars;
}

OtlpBuckets BucketsOf(const JsonValue& json) {
  OtlpBuckets buckets;
  buckets.offset = IntegerOf<int32_t>(json["offset"]);
  for (const JsonValue& count : json["bucketCounts"].items()) {
    buckets.counts.push_back(IntegerOf<uint64_t>(count));
  }
  return buckets;
}

OtlpPoint PointOf(const JsonValue& json, OtlpKind kind) {
  OtlpPoint point;
  point.attributes = AttributesOf(json["attributes"]);
  point.start_ns = IntegerOf<uint64_t>(json["startTimeUnixNano"]);
  point.time_ns = IntegerOf<uint64_t>(json["timeUnixNano"]);
  point.no_recorded_value = (IntegerOf<uint32_t>(json["flags"]) & 1) != 0;
  point.exemplars = ExemplarsOf(json["exemplars"]);
  point.value = PointValue(json);
  point.count = IntegerOf<uint64_t>(json["count"]);
  if (!json["sum"].is_null() || kind == OtlpKind::kSummary) {
    point.sum = NumberOf(json["sum"]);
  }
  for (const JsonValue& count : json["bucketCounts"].items()) {
    point.bucket_counts.push_back(IntegerOf<uint64_t>(count));
  }
  for (const JsonValue& bound : json["explicitBounds"].items()) {
    point.bounds.push_back(NumberOf(bound));
  }
  point.scale = IntegerOf<int32_t>(json["scale"]);
  point.zero_count = IntegerOf<uint64_t>(json["zeroCount"]);
  point.positive = BucketsOf(json["positive"]);
  point.negative = BucketsOf(json["negative"]);
  for (const JsonValue& quantile : json["quantileValues"].items()) {
    point.quantiles.emplace_back(NumberOf(quantile["quantile"]), NumberOf(quantile["value"]));
  }
  return point;
}

OtlpTemporality TemporalityOf(const JsonValue& json) {
  const std::string_view name = json.text();
  if (name == "AGGREGATION_TEMPORALITY_DELTA") {
    return OtlpTemporality::kDelta;
  }
  if (name == "AGGREGATION_TEMPORALITY_CUMULATIVE") {
    return OtlpTemporality::kCumulative;
  }
  const int64_t number = json.integer().value_or(0);
  return number == 1 || number == 2 ? static_cast<OtlpTemporality>(number) : OtlpTemporality::kUnspecified;
}

OtlpMetric MetricOf(const JsonValue& json) {
  constexpr std::pair<std::string_view, OtlpKind> kKinds[] = {{"gauge", OtlpKind::kGauge},
                                                              {"sum", OtlpKind::kSum},
                                                              {"histogram", OtlpKind::kHistogram},
                                                              {"exponentialHistogram", OtlpKind::kExponentialHistogram},
                                                              {"summary", OtlpKind::kSummary}};
  OtlpMetric metric;
  metric.name = json["name"].text();
  metric.description = json["description"].text();
  metric.unit = json["unit"].text();
  for (const auto& [key, kind] : kKinds) {
    const JsonValue data = json[key];
    if (data.is_null()) {
      continue;
    }
    metric.kind = kind;
    metric.temporality = TemporalityOf(data["aggregationTemporality"]);
    metric.monotonic = data["isMonotonic"].boolean().value_or(false);
    metric.points.clear();
    for (const JsonValue& point : data["dataPoints"].items()) {
      metric.points.push_back(PointOf(point, kind));
    }
  }
  return metric;
}

}  // namespace

absl::StatusOr<std::vector<OtlpResource>> DecodeOtlpJson(std::string_view body) {
  if (static_cast<size_t>(std::count(body.begin(), body.end(), '{')) > kOtlpElementsMax) {
    return TooManyOtlpElements();
  }
  JsonDocument document;
  ASSIGN_OR_RETURN(const JsonValue root, document.Parse(body));
  if (root.kind() != JsonKind::kObject) {
    return absl::InvalidArgumentError("an OTLP request in JSON is an object");
  }
  std::vector<OtlpResource> resources;
  for (const JsonValue& json : root["resourceMetrics"].items()) {
    OtlpResource& resource = resources.emplace_back();
    resource.attributes = AttributesOf(json["resource"]["attributes"]);
    for (const JsonValue& scope_json : json["scopeMetrics"].items()) {
      OtlpScope& scope = resource.scopes.emplace_back();
      scope.name = scope_json["scope"]["name"].text();
      scope.version = scope_json["scope"]["version"].text();
      scope.attributes = AttributesOf(scope_json["scope"]["attributes"]);
      scope.schema_url = scope_json["schemaUrl"].text();
      for (const JsonValue& metric : scope_json["metrics"].items()) {
        scope.metrics.push_back(MetricOf(metric));
      }
    }
  }
  return resources;
}

}  // namespace tocsin::wire
