#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/remote_config.h"

namespace tocsin {

/// How names of OpenTelemetry become names of Prometheus (prometheus/otlptranslator;
/// https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).
struct OtlpNaming {
  bool utf8 = false;                  ///< names stay as they are, but for suffixes
  bool suffixes = true;               ///< _total, _ratio and the unit
  bool key_before_underscore = true;  ///< "_a" becomes "key_a"
  bool keep_multiple_underscores = true;

  static OtlpNaming Of(const OtlpConfig& config);
};

enum class OtlpNameKind { kGauge, kMonotonicSum, kOther };

/// "http.server.duration" with unit "s": http_server_duration_seconds.
absl::StatusOr<std::string> OtlpMetricName(std::string_view name, std::string_view unit, OtlpNameKind kind, const OtlpNaming& naming);

/// "http.method": http_method.
absl::StatusOr<std::string> OtlpLabelName(std::string_view name, const OtlpNaming& naming);

/// "By/s": bytes_per_second.
std::string OtlpUnitName(std::string_view unit);

}  // namespace tocsin
