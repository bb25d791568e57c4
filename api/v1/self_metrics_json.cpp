// /status/self_metrics: the program's own metrics, each family as protobuf's JSON mapping writes io.prometheus.client.MetricFamily
// (client_model's metrics.proto): 64-bit integers as strings, "NaN", "Infinity".

#include <prometheus/metric_family.h>

#include <algorithm>
#include <cmath>

#include "api/v1/api.h"
#include "base/json/writer.h"
#include "base/strings.h"

namespace tocsin::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "COUNTER";
    case MetricType::Gauge:
      return "GAUGE";
    case MetricType::Summary:
      return "SUMMARY";
    case MetricType::Histogram:
      return "HISTOGRAM";
    case MetricType::Untyped:
      break;
  }
  return "UNTYPED";
}

void WriteDouble(std::string_view key, double value, JsonWriter* json) {
  json->Key(key);
  if (std::isfinite(value)) {
    json->Float(value);
  } else {
    json->String(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }
}

void WriteCount(std::string_view key, uint64_t value, JsonWriter* json) { json->Field(key, std::to_string(value)); }

void WriteHistogramJson(const ClientMetric::Histogram& histogram, JsonWriter* json) {
  WriteCount("sampleCount", histogram.sample_count, json);
  WriteDouble("sampleSum", histogram.sample_sum, json);
  json->Key("bucket");
  json->BeginArray();
  for (const ClientMetric::Bucket& bucket : histogram.bucket) {
    if (std::isinf(bucket.upper_bound)) {
      continue;  // said by sampleCount
    }
    json->BeginObject();
    WriteCount("cumulativeCount", bucket.cumulative_count, json);
    WriteDouble("upperBound", bucket.upper_bound, json);
    json->EndObject();
  }
  json->EndArray();
}

void WriteSummaryJson(const ClientMetric::Summary& summary, JsonWriter* json) {
  WriteCount("sampleCount", summary.sample_count, json);
  WriteDouble("sampleSum", summary.sample_sum, json);
  json->Key("quantile");
  json->BeginArray();
  for (const ClientMetric::Quantile& quantile : summary.quantile) {
    json->BeginObject();
    WriteDouble("quantile", quantile.quantile, json);
    WriteDouble("value", quantile.value, json);
    json->EndObject();
  }
  json->EndArray();
}

void WriteValue(MetricType type, const ClientMetric& metric, JsonWriter* json) {
  switch (type) {
    case MetricType::Counter:
      json->Key("counter");
      json->BeginObject();
      WriteDouble("value", metric.counter.value, json);
      break;
    case MetricType::Gauge:
      json->Key("gauge");
      json->BeginObject();
      WriteDouble("value", metric.gauge.value, json);
      break;
    case MetricType::Summary:
      json->Key("summary");
      json->BeginObject();
      WriteSummaryJson(metric.summary, json);
      break;
    case MetricType::Histogram:
      json->Key("histogram");
      json->BeginObject();
      WriteHistogramJson(metric.histogram, json);
      break;
    case MetricType::Untyped:
      json->Key("untyped");
      json->BeginObject();
      WriteDouble("value", metric.untyped.value, json);
      break;
  }
  json->EndObject();
}

void WriteFamilyJson(const MetricFamily& family, JsonWriter* json) {
  json->BeginObject();
  json->Field("name", family.name);
  json->Field("help", family.help);
  json->Field("type", TypeName(family.type));
  json->Key("metric");
  json->BeginArray();
  for (const ClientMetric& metric : family.metric) {
    json->BeginObject();
    if (!metric.label.empty()) {
      json->Key("label");
      json->BeginArray();
      for (const ClientMetric::Label& label : metric.label) {
        json->BeginObject();
        json->Field("name", label.name);
        json->Field("value", label.value);
        json->EndObject();
      }
      json->EndArray();
    }
    WriteValue(family.type, metric, json);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

Result SelfMetricsOf(const Sources& sources, const http::Request& request) {
  const std::string_view pattern = request.form.Get("metric_name_pattern");
  const auto filter = AnchoredRegex::Create(pattern.empty() ? ".*" : pattern);
  if (!filter.ok()) {
    return BadData(Cat("invalid metric_name_pattern: ", Message(filter.status())));
  }
  std::vector<MetricFamily> families = sources.self_metrics();
  std::sort(families.begin(), families.end(), [](const MetricFamily& a, const MetricFamily& b) { return a.name < b.name; });
  Result result;
  JsonWriter json(&result.data);
  json.BeginArray();
  for (const MetricFamily& family : families) {
    if (!family.metric.empty() && (*filter)->Matches(family.name)) {
      WriteFamilyJson(family, &json);
    }
  }
  json.EndArray();
  return result;
}

}  // namespace

void RegisterSelfMetrics(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET", "/status/self_metrics", [&sources](const http::Request& request) { return SelfMetricsOf(sources, request); });
}

}  // namespace tocsin::api
