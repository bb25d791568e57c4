#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_client/http_options.h"
#include "base/types.h"
#include "engine/config/discovery_config.h"
#include "engine/relabel/relabel.h"

namespace tocsin {

enum class ScrapeProtocol { kPrometheusProto, kOpenMetricsText1_0_0, kOpenMetricsText0_0_1, kPrometheusText1_0_0, kPrometheusText0_0_4 };

/// "PrometheusProto", ...
std::string_view ToString(ScrapeProtocol protocol);
/// The media type with its version, as the Accept header has it: "text/plain;version=0.0.4".
std::string_view MediaTypeOf(ScrapeProtocol protocol);

/// How names that the scraper does not want in UTF-8 are asked for (`metric_name_escaping_scheme`).
enum class EscapingScheme { kUnset, kAllowUtf8, kUnderscores, kDots, kValues };

/// "allow-utf-8", "underscores", "dots", "values"; "" for kUnset.
std::string_view ToString(EscapingScheme scheme);

/// Limits of a scrape; 0 means none.
struct ScrapeLimits {
  uint64_t body_size_bytes = 0;
  uint64_t samples = 0;
  uint64_t targets = 0;
  uint64_t labels = 0;
  uint64_t label_name_length = 0;
  uint64_t label_value_length = 0;
  uint64_t native_histogram_buckets = 0;
  double native_histogram_min_bucket_factor = 0;
  uint64_t keep_dropped_targets = 0;

  bool operator==(const ScrapeLimits&) const = default;
};

/// One entry of `scrape_configs`, with what the global block sets filled in: nothing is left unset but fallback_scrape_protocol.
struct ScrapeConfig {
  std::string job_name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  std::map<std::string, std::vector<std::string>> params;
  DurationMs scrape_interval_ms = 0;
  DurationMs scrape_timeout_ms = 0;
  std::vector<ScrapeProtocol> scrape_protocols;
  std::optional<ScrapeProtocol> fallback_scrape_protocol;
  std::optional<bool> scrape_native_histograms;
  std::optional<bool> always_scrape_classic_histograms;
  std::optional<bool> convert_classic_histograms_to_nhcb;
  std::optional<bool> extra_scrape_metrics;
  std::string scrape_failure_log_file;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  bool enable_compression = true;
  ScrapeLimits limits;
  NameScheme name_validation_scheme = NameScheme::kUnset;
  EscapingScheme name_escaping_scheme = EscapingScheme::kUnset;
  HttpClientOptions http;
  std::vector<SdConfig> discovery;
  std::vector<RelabelConfig> relabel_configs;
  std::vector<RelabelConfig> metric_relabel_configs;

  bool operator==(const ScrapeConfig&) const = default;
};

}  // namespace tocsin
