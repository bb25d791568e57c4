#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/http_client/http_options.h"
#include "base/types.h"
#include "engine/relabel/relabel.h"

namespace tocsin {

/// Signing of requests for a cloud, checked field by field. This program does not sign: a warning says so when the file is loaded.
struct CloudSigning {
  std::string kind;  ///< "sigv4", "azuread", "google_iam", or "" for none.
  std::string yaml;  ///< The block, secrets masked.

  bool operator==(const CloudSigning&) const = default;
};

struct QueueConfig {
  int64_t capacity = 10000;
  int64_t max_shards = 50;
  int64_t min_shards = 1;
  int64_t max_samples_per_send = 2000;
  DurationMs batch_send_deadline_ms = 5 * kSecond;
  DurationMs min_backoff_ms = 30;
  DurationMs max_backoff_ms = 5 * kSecond;
  bool retry_on_http_429 = false;
  DurationMs sample_age_limit_ms = 0;

  bool operator==(const QueueConfig&) const = default;
};

struct MetadataConfig {
  bool send = true;
  DurationMs send_interval_ms = kMinute;
  int64_t max_samples_per_send = 2000;

  bool operator==(const MetadataConfig&) const = default;
};

enum class RemoteWriteMessage { kV1, kV2 };

/// "prometheus.WriteRequest", "io.prometheus.write.v2.Request".
std::string_view ToString(RemoteWriteMessage message);

struct RemoteWriteConfig {
  std::string url;
  DurationMs remote_timeout_ms = 30 * kSecond;
  std::map<std::string, std::string> headers;
  std::vector<RelabelConfig> write_relabel_configs;
  std::string name;
  bool send_exemplars = false;
  bool send_native_histograms = false;
  bool round_robin_dns = false;
  RemoteWriteMessage protobuf_message = RemoteWriteMessage::kV1;
  bool failed_request_logging = false;
  HttpClientOptions http;  ///< HTTP/2 is off by default here.
  QueueConfig queue;
  MetadataConfig metadata;
  CloudSigning signing;

  bool operator==(const RemoteWriteConfig&) const = default;
};

struct RemoteReadConfig {
  std::string url;
  DurationMs remote_timeout_ms = kMinute;
  uint64_t chunked_read_limit_bytes = 50'000'000;
  std::map<std::string, std::string> headers;
  bool read_recent = false;
  std::string name;
  HttpClientOptions http;
  std::map<std::string, std::string> required_matchers;
  bool filter_external_labels = true;

  bool operator==(const RemoteReadConfig&) const = default;
};

/// How names of OTLP become names of Prometheus.
enum class OtlpTranslation {
  kUnset,
  kUnderscoreEscapingWithSuffixes,
  kUnderscoreEscapingWithoutSuffixes,
  kNoUtf8EscapingWithSuffixes,
  kNoTranslation,
};

/// "UnderscoreEscapingWithSuffixes", ...; "" for kUnset.
std::string_view ToString(OtlpTranslation translation);

struct OtlpConfig {
  bool promote_all_resource_attributes = false;
  std::vector<std::string> promote_resource_attributes;
  std::vector<std::string> ignore_resource_attributes;
  OtlpTranslation translation_strategy = OtlpTranslation::kUnderscoreEscapingWithSuffixes;
  bool keep_identifying_resource_attributes = false;
  bool convert_histograms_to_nhcb = false;
  bool promote_scope_metadata = false;
  bool label_name_underscore_sanitization = true;
  bool label_name_preserve_multiple_underscores = true;

  bool operator==(const OtlpConfig&) const = default;
};

}  // namespace tocsin
