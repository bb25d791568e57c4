#include "api/main/server_flags.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "base/check.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

absl::Status InvalidFlag(std::string_view name, std::string_view value, std::string_view reason) {
  return absl::InvalidArgumentError(Cat("invalid value ", GoQuoted(value), " for --", name, ": ", reason));
}

/// Reads flags by name; the first error stays.
class FlagReader {
 public:
  explicit FlagReader(const FlagValues& values) : values_(values) {}

  const absl::Status& status() const { return status_; }
  bool given(std::string_view name) const { return values_.contains(name); }

  std::string Text(std::string_view name) const {
    const auto it = values_.find(name);
    return it == values_.end() || it->second.empty() ? std::string(Spec(name).default_value) : it->second.back();
  }

  /// All values, each cut at commas when `split`.
  std::vector<std::string> Texts(std::string_view name, bool split) const {
    const auto it = values_.find(name);
    const std::vector<std::string> given =
        it == values_.end() ? std::vector<std::string>{std::string(Spec(name).default_value)} : it->second;
    std::vector<std::string> out;
    for (const std::string& value : given) {
      std::string_view rest = value;
      while (split && rest.find(',') != std::string_view::npos) {
        out.emplace_back(rest.substr(0, rest.find(',')));
        rest.remove_prefix(rest.find(',') + 1);
      }
      out.emplace_back(rest);
    }
    std::erase(out, "");
    return out;
  }

  bool Bool(std::string_view name) {
    const std::string text = Text(name);
    if (text != "true" && text != "false") {
      Fail(name, text, "not true or false");
    }
    return text == "true";
  }

  DurationMs Duration(std::string_view name) {
    const std::string text = Text(name);
    if (text.empty()) {
      return 0;
    }
    const absl::StatusOr<DurationMs> duration = ParseDuration(text);
    if (!duration.ok()) {
      Fail(name, text, Message(duration.status()));
      return 0;
    }
    return *duration;
  }

  int64_t Integer(std::string_view name, int64_t least, int64_t most = std::numeric_limits<int64_t>::max()) {
    const std::string text = Text(name);
    const ParsedFloat parsed = ParseGoFloat(text);
    if (!parsed.ok() || parsed.value != std::floor(parsed.value) || std::abs(parsed.value) > 9e15) {
      Fail(name, text, "not a whole number");
      return least;
    }
    const auto value = static_cast<int64_t>(parsed.value);
    if (value < least || value > most) {
      Fail(name, text, Cat("must be at least ", least, " and at most ", most));
    }
    return value;
  }

  uint64_t Bytes(std::string_view name) {
    const std::string text = Text(name);
    if (text.empty()) {
      return 0;
    }
    const absl::StatusOr<uint64_t> bytes = ParseBytes(text);
    if (!bytes.ok()) {
      Fail(name, text, Message(bytes.status()));
      return 0;
    }
    return *bytes;
  }

  template <typename T>
  T OneOf(std::string_view name, std::initializer_list<std::pair<std::string_view, T>> choices) {
    const std::string text = Text(name);
    std::string names;
    for (const auto& [choice, value] : choices) {
      if (choice == text) {
        return value;
      }
      Append(&names, names.empty() ? "" : ", ", choice);
    }
    Fail(name, text, Cat("must be one of ", names));
    return choices.begin()->second;
  }

  void Fail(std::string_view name, std::string_view value, std::string_view reason) {
    if (status_.ok()) {
      status_ = InvalidFlag(name, value, reason);
    }
  }

 private:
  static const FlagSpec& Spec(std::string_view name) {
    const std::span<const FlagSpec> table = ServerFlagTable();
    const auto it = std::find_if(table.begin(), table.end(), [name](const FlagSpec& spec) { return spec.name == name; });
    TOCSIN_CHECK(it != table.end());
    return *it;
  }

  const FlagValues& values_;
  absl::Status status_;
};

FeatureFlags ReadFeatures(const std::vector<std::string>& names) {
  FeatureFlags features;
  const std::map<std::string_view, bool*> switches = {
      {"promql-experimental-functions", &features.language.experimental_functions},
      {"promql-extended-range-selectors", &features.language.extended_range_selectors},
      {"promql-binop-fill-modifiers", &features.language.fill_modifiers},
      {"promql-delayed-name-removal", &features.language.delayed_name_removal},
      {"type-and-unit-labels", &features.language.type_and_unit_labels},
      {"use-start-timestamps", &features.language.use_start_timestamps},
      {"promql-per-step-stats", &features.language.per_step_stats},
      {"exemplar-storage", &features.exemplar_storage},
      {"concurrent-rule-eval", &features.concurrent_rule_eval},
      {"metadata-wal-records", &features.metadata_wal_records},
      {"created-timestamp-zero-ingestion", &features.created_timestamp_zero_ingestion},
      {"st-storage", &features.st_storage},
      {"extra-scrape-metrics", &features.extra_scrape_metrics},
      {"otlp-deltatocumulative", &features.otlp_delta_to_cumulative},
      {"otlp-native-delta-ingestion", &features.otlp_native_delta},
      {"search-api", &features.search_api},
      {"auto-reload-config", &features.auto_reload},
  };
  for (const std::string& name : names) {
    if (const auto it = switches.find(name); it != switches.end()) {
      *it->second = true;
      continue;
    }
    constexpr std::string_view kWithoutEffect[] = {
        "promql-duration-expr", "native-histograms", "ooo-native-histograms", "memory-snapshot-on-shutdown", "delayed-compaction", "old-ui",
        "use-uncached-io",      "fast-startup",      "xor2-encoding",         "histograms-st-encoding",      "st-synthesis"};
    const bool known = std::find(std::begin(kWithoutEffect), std::end(kWithoutEffect), name) != std::end(kWithoutEffect);
    (known ? features.without_effect : features.unknown).push_back(name);
  }
  return features;
}

void ReadWeb(FlagReader* reader, ServerFlags* flags) {
  flags->listen_addresses = reader->Texts("web.listen-address", false);
  flags->web_config_file = reader->Text("web.config.file");
  flags->read_timeout_ms = reader->Duration("web.read-timeout");
  flags->connections_max = static_cast<int>(reader->Integer("web.max-connections", 1, 1'000'000));
  flags->notification_subscribers_max = static_cast<int>(reader->Integer("web.max-notifications-subscribers", 0, 1'000));
  flags->external_url = reader->Text("web.external-url");
  flags->route_prefix = reader->Text("web.route-prefix");
  flags->route_prefix_given = reader->given("web.route-prefix");
  flags->lifecycle = reader->Bool("web.enable-lifecycle");
  flags->admin_api = reader->Bool("web.enable-admin-api");
  flags->remote_write_receiver = reader->Bool("web.enable-remote-write-receiver");
  flags->remote_write_messages = reader->Texts("web.remote-write-receiver.accepted-protobuf-messages", true);
  flags->otlp_receiver = reader->Bool("web.enable-otlp-receiver");
  flags->cors_origin = reader->Text("web.cors.origin");
  flags->search_limit_max = reader->Integer("web.search.max-limit", 0);
  flags->grpc_listen_address = reader->Text("grpc.listen-address");
}

void ReadStorage(FlagReader* reader, ServerFlags* flags) {
  flags->storage_path = reader->Text("storage.tsdb.path");
  flags->memory_only = reader->Bool("storage.memory-only");
  flags->retention_ms = reader->Duration("storage.tsdb.retention.time");
  flags->retention_bytes = reader->Bytes("storage.tsdb.retention.size");
  flags->memory_max_bytes = reader->Bytes("memory.max");
  flags->flush_deadline_ms = reader->Duration("storage.remote.flush-deadline");
  flags->read_sample_limit = reader->Integer("storage.remote.read-sample-limit", 0);
  flags->read_concurrent_limit = reader->Integer("storage.remote.read-concurrent-limit", 0);
  flags->read_frame_bytes_max = reader->Integer("storage.remote.read-max-bytes-in-frame", 1);
}

void ReadRulesAndQueries(FlagReader* reader, ServerFlags* flags) {
  flags->outage_tolerance_ms = reader->Duration("rules.alert.for-outage-tolerance");
  flags->grace_period_ms = reader->Duration("rules.alert.for-grace-period");
  flags->resend_delay_ms = reader->Duration("rules.alert.resend-delay");
  flags->max_concurrent_evals = static_cast<int>(reader->Integer("rules.max-concurrent-evals", 1, 1'000));
  flags->notification_queue_capacity = reader->Integer("alertmanager.notification-queue-capacity", 1);
  flags->notification_batch_size = reader->Integer("alertmanager.notification-batch-size", 1);
  flags->drain_notifications = reader->Bool("alertmanager.drain-notification-queue-on-shutdown");
  flags->engine.lookback_delta_ms = reader->Duration("query.lookback-delta");
  flags->engine.timeout_ms = reader->Duration("query.timeout");
  flags->engine.max_concurrency = static_cast<int>(reader->Integer("query.max-concurrency", 1, 10'000));
  flags->engine.max_samples = reader->Integer("query.max-samples", 1);
  flags->engine.features = flags->features.language;
  flags->discovery_interval_ms = reader->Duration("scrape.discovery-reload-interval");
}

/// Every flag with its value, defaults filled in.
std::map<std::string, std::string> ShownFlags(const FlagReader& reader, std::vector<std::string>* without_meaning) {
  std::map<std::string, std::string> shown;
  for (const FlagSpec& spec : ServerFlagTable()) {
    std::string text;
    for (const std::string& value : reader.Texts(spec.name, false)) {
      Append(&text, text.empty() ? "" : ",", value);
    }
    shown.emplace(spec.name, std::move(text));
    if (spec.without_meaning && reader.given(spec.name)) {
      without_meaning->emplace_back(spec.name);
    }
  }
  return shown;
}

}  // namespace

absl::StatusOr<uint64_t> ParseBytes(std::string_view text) {
  const size_t unit_at = std::min(text.find_first_not_of("0123456789."), text.size());
  const ParsedFloat number = ParseGoFloat(text.substr(0, unit_at));
  std::string_view unit = text.substr(unit_at);
  if (!number.ok() || unit.empty() || unit_at == 0) {
    return absl::InvalidArgumentError(Cat("units: invalid ", text, unit.empty() ? ": a unit is required (B, KB, MB, GB, TB, PB, EB)" : ""));
  }
  constexpr std::string_view kPrefixes = "KMGTPE";
  double factor = 1;
  if (const size_t power = kPrefixes.find(absl::ascii_toupper(static_cast<unsigned char>(unit.front()))); power != std::string_view::npos) {
    factor = static_cast<double>(uint64_t{1} << (10 * (power + 1)));
    unit.remove_prefix(1);
    if (unit.starts_with('i')) {
      unit.remove_prefix(1);
    }
  }
  const double bytes = number.value * factor;
  if ((unit != "B" && unit != "b") || bytes >= 9.2e18) {
    return absl::InvalidArgumentError(Cat("units: unknown unit in ", text));
  }
  return static_cast<uint64_t>(bytes);
}

absl::StatusOr<ServerFlags> ReadServerFlags(const FlagValues& values) {
  FlagReader reader(values);
  ServerFlags flags;
  flags.features = ReadFeatures(reader.Texts("enable-feature", true));
  flags.config_file = reader.Text("config.file");
  flags.auto_reload = reader.Bool("config.auto-reload") || flags.features.auto_reload;
  flags.auto_reload_interval_ms = std::max(reader.Duration("config.auto-reload-interval"), kSecond);
  flags.strict_reload = reader.Bool("reload.strict");
  ReadWeb(&reader, &flags);
  ReadStorage(&reader, &flags);
  ReadRulesAndQueries(&reader, &flags);
  flags.log_level = reader.OneOf<LogLevel>(
      "log.level", {{"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo}, {"warn", LogLevel::kWarn}, {"error", LogLevel::kError}});
  flags.log_format = reader.OneOf<LogFormat>("log.format", {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}});
  flags.shown = ShownFlags(reader, &flags.without_meaning);
  RETURN_IF_ERROR(reader.status());
  return flags;
}

absl::StatusOr<std::string> ExternalUrl(const ServerFlags& flags, const std::string& bound_address, const std::string& host_name) {
  std::string url = flags.external_url;
  if (url.empty()) {
    const size_t colon = bound_address.starts_with("unix:") ? std::string::npos : bound_address.rfind(':');
    url = Cat("http://", host_name, colon == std::string::npos ? "" : std::string_view(bound_address).substr(colon), "/");
  }
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return InvalidFlag("web.external-url", flags.external_url, "must begin with http:// or https://");
  }
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

std::string RoutePrefix(const ServerFlags& flags, const std::string& external_url) {
  std::string prefix = flags.route_prefix;
  if (!flags.route_prefix_given) {
    const size_t scheme = external_url.find("://");
    const size_t path = scheme == std::string::npos ? scheme : external_url.find('/', scheme + 3);
    prefix = path == std::string::npos ? "" : external_url.substr(path);
  }
  while (prefix.ends_with('/')) {
    prefix.pop_back();
  }
  return prefix.empty() || prefix.starts_with('/') ? prefix : Cat("/", prefix);
}

}  // namespace tocsin
