#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/main/flag_table.h"
#include "base/log.h"
#include "base/types.h"
#include "promql/engine.h"

namespace tocsin {

/// The names of --enable-feature, as switches.
struct FeatureFlags {
  promql::LanguageFeatures language;
  bool exemplar_storage = false;
  bool concurrent_rule_eval = false;
  bool metadata_wal_records = false;
  bool created_timestamp_zero_ingestion = false;
  bool st_storage = false;
  bool extra_scrape_metrics = false;
  bool otlp_delta_to_cumulative = false;
  bool otlp_native_delta = false;
  bool search_api = false;
  bool auto_reload = false;

  std::vector<std::string> unknown;         ///< One warning each.
  std::vector<std::string> without_effect;  ///< Known to Prometheus, nothing to switch here.
};

/// What the server's flags say, checked.
struct ServerFlags {
  std::string config_file;
  bool auto_reload = false;
  DurationMs auto_reload_interval_ms = 0;
  bool strict_reload = false;

  std::vector<std::string> listen_addresses;
  std::string web_config_file;
  DurationMs read_timeout_ms = 0;
  int connections_max = 0;
  int notification_subscribers_max = 0;
  std::string external_url;  ///< As given; ExternalUrl() fills it in.
  std::string route_prefix;
  bool route_prefix_given = false;
  bool lifecycle = false;
  bool admin_api = false;
  bool remote_write_receiver = false;
  std::vector<std::string> remote_write_messages;
  bool otlp_receiver = false;
  std::string cors_origin;
  int64_t search_limit_max = 0;
  std::string grpc_listen_address;

  std::string storage_path;
  bool memory_only = false;
  DurationMs retention_ms = 0;    ///< 0: not given.
  uint64_t retention_bytes = 0;   ///< 0: not given.
  uint64_t memory_max_bytes = 0;  ///< 0: not given.
  DurationMs flush_deadline_ms = 0;
  int64_t read_sample_limit = 0;
  int64_t read_concurrent_limit = 0;
  int64_t read_frame_bytes_max = 0;

  DurationMs outage_tolerance_ms = 0;
  DurationMs grace_period_ms = 0;
  DurationMs resend_delay_ms = 0;
  int max_concurrent_evals = 0;
  int64_t notification_queue_capacity = 0;
  int64_t notification_batch_size = 0;
  bool drain_notifications = true;

  promql::EngineOptions engine;
  DurationMs discovery_interval_ms = 0;
  FeatureFlags features;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;

  /// Names of flags that were given and mean nothing here.
  std::vector<std::string> without_meaning;
  /// All flags with their values, for /api/v1/status/flags.
  std::map<std::string, std::string> shown;
};

/// Errors name the flag: invalid value "x" for --query.timeout: ...
absl::StatusOr<ServerFlags> ReadServerFlags(const FlagValues& values);

/// "512MB", "10GiB", "1048576B": powers of two either way, as upstream reads sizes; a unit is required.
absl::StatusOr<uint64_t> ParseBytes(std::string_view text);

/// http://<first address>/ when none was given; without a slash at the end, as upstream derives it.
absl::StatusOr<std::string> ExternalUrl(const ServerFlags& flags, const std::string& bound_address, const std::string& host_name);

/// "" or "/prefix": the given one, else the path of the external URL.
std::string RoutePrefix(const ServerFlags& flags, const std::string& external_url);

}  // namespace tocsin
