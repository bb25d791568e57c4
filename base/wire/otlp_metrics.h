#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin::wire {

/// OTLP metrics, whole in memory, from protobuf (base/wire/proto/otlp_metrics.proto) or its JSON form
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).

/// Attributes with their values as text, as OpenTelemetry's pcommon.Value.AsString makes it: lists and maps as JSON, bytes as base64.
using OtlpAttributes = std::vector<std::pair<std::string, std::string>>;

/// Values within values; more is damage.
inline constexpr int kOtlpValueDepthMax = 32;

/// Data points, exemplars, attributes, metrics, scopes and resources of one request; an empty one takes two bytes of a body and hundreds in
/// memory. In JSON: objects.
inline constexpr size_t kOtlpElementsMax = 500'000;

struct OtlpExemplar {
  uint64_t time_ns = 0;
  double value = 0;
  std::string trace_id;  // lower-case hexadecimal, "" when not set
  std::string span_id;
  OtlpAttributes attributes;
};

struct OtlpBuckets {
  int32_t offset = 0;
  std::vector<uint64_t> counts;
};

/// A data point of any kind; each kind uses its part.
struct OtlpPoint {
  OtlpAttributes attributes;
  uint64_t start_ns = 0;
  uint64_t time_ns = 0;
  bool no_recorded_value = false;  // a stale marker
  std::vector<OtlpExemplar> exemplars;

  double value = 0;                     // gauge, sum
  uint64_t count = 0;                   // histograms, summary
  std::optional<double> sum;            // histograms, summary
  std::vector<uint64_t> bucket_counts;  // histogram: one more than bounds
  std::vector<double> bounds;           // histogram
  int32_t scale = 0;                    // exponential histogram, and below
  uint64_t zero_count = 0;
  OtlpBuckets positive;
  OtlpBuckets negative;
  std::vector<std::pair<double, double>> quantiles;  // summary: quantile, value
};

enum class OtlpKind { kNone, kGauge, kSum, kHistogram, kExponentialHistogram, kSummary };
enum class OtlpTemporality { kUnspecified = 0, kDelta = 1, kCumulative = 2 };

struct OtlpMetric {
  std::string name;
  std::string description;
  std::string unit;
  OtlpKind kind = OtlpKind::kNone;
  OtlpTemporality temporality = OtlpTemporality::kUnspecified;
  bool monotonic = false;
  std::vector<OtlpPoint> points;
};

struct OtlpScope {
  std::string name;
  std::string version;
  std::string schema_url;
  OtlpAttributes attributes;
  std::vector<OtlpMetric> metrics;
};

struct OtlpResource {
  OtlpAttributes attributes;
  std::vector<OtlpScope> scopes;
};

/// INVALID_ARGUMENT: damaged. RESOURCE_EXHAUSTED: more elements than kOtlpElementsMax.
absl::StatusOr<std::vector<OtlpResource>> DecodeOtlpProtobuf(std::string_view body);
absl::StatusOr<std::vector<OtlpResource>> DecodeOtlpJson(std::string_view body);

absl::Status TooManyOtlpElements();

}  // namespace tocsin::wire
