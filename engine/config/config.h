#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "base/types.h"
#include "engine/config/discovery_config.h"
#include "engine/config/remote_config.h"
#include "engine/config/scrape_config.h"
#include "engine/relabel/relabel.h"

namespace tocsin {

struct GlobalConfig {
  DurationMs scrape_interval_ms = kMinute;
  DurationMs scrape_timeout_ms = 10 * kSecond;
  std::vector<ScrapeProtocol> scrape_protocols;  ///< Empty: not set.
  DurationMs evaluation_interval_ms = kMinute;
  DurationMs rule_query_offset_ms = 0;
  std::string query_log_file;
  std::string scrape_failure_log_file;
  Labels external_labels;
  ScrapeLimits limits;
  NameScheme name_validation_scheme = NameScheme::kUtf8;
  EscapingScheme name_escaping_scheme = EscapingScheme::kAllowUtf8;
  bool scrape_native_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  bool always_scrape_classic_histograms = false;
  bool extra_scrape_metrics = false;

  bool operator==(const GlobalConfig&) const = default;
};

/// One entry of `alerting.alertmanagers`.
struct AlertmanagerConfig {
  std::vector<SdConfig> discovery;
  HttpClientOptions http;
  CloudSigning signing;
  std::string scheme = "http";
  std::string path_prefix;
  DurationMs timeout_ms = 10 * kSecond;
  std::string api_version = "v2";
  std::vector<RelabelConfig> relabel_configs;
  std::vector<RelabelConfig> alert_relabel_configs;

  bool operator==(const AlertmanagerConfig&) const = default;
};

struct AlertingConfig {
  std::vector<RelabelConfig> alert_relabel_configs;
  std::vector<AlertmanagerConfig> alertmanagers;

  bool operator==(const AlertingConfig&) const = default;
};

struct StorageConfig {
  struct Tsdb {
    DurationMs out_of_order_time_window_ms = 0;
    double stale_series_compaction_threshold = 0;
    std::string float_chunk_encoding;   ///< "xor", "xor2" or "".
    DurationMs retention_time_ms = 0;   ///< 0: as the flag says.
    uint64_t retention_size_bytes = 0;  ///< 0: as the flag says.
    double retention_percentage = 0;

    bool operator==(const Tsdb&) const = default;
  };

  Tsdb tsdb;
  std::optional<int64_t> max_exemplars;  ///< Unset: no `exemplars` block; the default is 100000.

  bool operator==(const StorageConfig&) const = default;
};

struct TracingConfig {
  std::string client_type = "grpc";
  std::string endpoint;
  double sampling_fraction = 0;
  bool insecure = false;
  TlsOptions tls;
  std::map<std::string, std::string> headers;
  std::string compression;
  DurationMs timeout_ms = 0;

  bool operator==(const TracingConfig&) const = default;
};

/// A whole `prometheus.yml`, validated, with defaults and globals filled in and paths made relative to the file's folder.
/// Immutable once loaded: the parts of the program share it as std::shared_ptr<const Config>.
struct Config {
  std::string file;
  GlobalConfig global;
  int64_t gogc = 75;  ///< Accepted; it has no meaning here.
  AlertingConfig alerting;
  std::vector<std::string> rule_files;           ///< Patterns; ExpandGlobs() gives the files.
  std::vector<std::string> scrape_config_files;  ///< Patterns; their jobs stand in `scrape_configs` behind those of the main file.
  std::vector<ScrapeConfig> scrape_configs;
  size_t main_file_scrape_configs = 0;  ///< So many of scrape_configs stand in the main file itself.
  StorageConfig storage;
  std::optional<TracingConfig> tracing;
  std::vector<RemoteWriteConfig> remote_write;
  std::vector<RemoteReadConfig> remote_read;
  OtlpConfig otlp;

  /// What works otherwise than the file may hope: a mechanism of discovery that this program leaves to http_sd, a signing it does not do.
  std::vector<std::string> warnings;

  bool operator==(const Config&) const = default;
};

struct LoadOptions {
  /// Agent mode refuses alerting, rule_files and remote_read.
  bool agent_mode = false;
  /// Reads an environment variable for external_labels; unset: none is set.
  std::function<std::string(const std::string& name)> environment;
  /// What scrape_protocols is where the file does not say: protobuf first. It alone tells all start timestamps.
  bool prefer_protobuf = false;
  /// What extra_scrape_metrics is where the file does not say.
  bool extra_scrape_metrics = false;
};

/// Reads and validates a file. Errors are one line "FILE:LINE:COLUMN: reason" with upstream's reason.
absl::StatusOr<Config> LoadConfigFile(const std::string& path, const LoadOptions& options);

/// The same from memory; `path` is for error texts and relative paths.
absl::StatusOr<Config> LoadConfig(std::string_view text, const std::string& path, const LoadOptions& options);

/// The environment of this process, for LoadOptions.
std::string ReadEnvironment(const std::string& name);

/// The configuration as YAML with defaults filled in and secrets as `<secret>`: what /api/v1/status/config answers.
std::string PrintConfig(const Config& config);

/// One job in the same form: what /api/v1/scrape_pools/config answers.
std::string PrintScrapeConfig(const ScrapeConfig& config);

/// The files that match the patterns, sorted within each pattern, each once. Only a malformed pattern is an error.
absl::StatusOr<std::vector<std::string>> ExpandGlobs(const std::vector<std::string>& patterns);

}  // namespace tocsin
