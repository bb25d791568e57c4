#include <charconv>

#include "base/strings.h"
#include "engine/config/byte_size.h"
#include "engine/config/config.h"
#include "engine/config/print_blocks.h"

namespace tocsin {
namespace {

using yaml::Emitter;

void PrintFlag(std::string_view key, bool value, Emitter* out) {
  out->Key(key);
  out->Bool(value);
}

void PrintFlagIfSet(std::string_view key, bool value, Emitter* out) {
  if (value) {
    PrintFlag(key, true, out);
  }
}

void PrintCount(std::string_view key, uint64_t value, Emitter* out) {
  if (value != 0) {
    out->Key(key);
    out->Raw(std::to_string(value));
  }
}

void PrintDurationIfSet(std::string_view key, DurationMs duration_ms, Emitter* out) {
  if (duration_ms != 0) {
    PrintDuration(key, duration_ms, out);
  }
}

void PrintNumber(std::string_view key, double value, Emitter* out) {
  if (value != 0) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
    out->Key(key);
    out->Raw(std::string_view(text, static_cast<size_t>(end - text)));
  }
}

void PrintRules(std::string_view key, const std::vector<RelabelConfig>& rules, Emitter* out) {
  if (!rules.empty()) {
    out->Key(key);
    PrintRelabelConfigs(rules, out);
  }
}

void PrintProtocols(const std::vector<ScrapeProtocol>& protocols, Emitter* out) {
  if (protocols.empty()) {
    return;
  }
  out->Key("scrape_protocols");
  out->BeginList();
  for (const ScrapeProtocol protocol : protocols) {
    out->String(ToString(protocol));
  }
  out->EndList();
}

void PrintLimits(const ScrapeLimits& limits, bool job, Emitter* out) {
  if (limits.body_size_bytes != 0) {
    out->Key("body_size_limit");
    out->String(FormatByteSize(static_cast<int64_t>(limits.body_size_bytes)));
  }
  PrintCount("sample_limit", limits.samples, out);
  PrintCount("target_limit", limits.targets, out);
  PrintCount("label_limit", limits.labels, out);
  PrintCount("label_name_length_limit", limits.label_name_length, out);
  PrintCount("label_value_length_limit", limits.label_value_length, out);
  if (job) {
    PrintCount("native_histogram_bucket_limit", limits.native_histogram_buckets, out);
    PrintNumber("native_histogram_min_bucket_factor", limits.native_histogram_min_bucket_factor, out);
  }
  PrintCount("keep_dropped_targets", limits.keep_dropped_targets, out);
}

std::string_view SchemeName(NameScheme scheme) { return scheme == NameScheme::kLegacy ? "legacy" : "utf8"; }

void PrintGlobal(const GlobalConfig& global, Emitter* out) {
  out->Key("global");
  out->BeginMap();
  PrintDuration("scrape_interval", global.scrape_interval_ms, out);
  PrintDuration("scrape_timeout", global.scrape_timeout_ms, out);
  PrintProtocols(global.scrape_protocols, out);
  PrintDuration("evaluation_interval", global.evaluation_interval_ms, out);
  PrintDurationIfSet("rule_query_offset", global.rule_query_offset_ms, out);
  PrintOptional("query_log_file", global.query_log_file, out);
  PrintOptional("scrape_failure_log_file", global.scrape_failure_log_file, out);
  if (!global.external_labels.empty()) {
    out->Key("external_labels");
    out->BeginMap();
    for (const Label label : global.external_labels) {
      out->Key(label.name);
      out->String(label.value);
    }
    out->EndMap();
  }
  PrintLimits(global.limits, false, out);
  out->Key("metric_name_validation_scheme");
  out->String(SchemeName(global.name_validation_scheme));
  PrintOptional("metric_name_escaping_scheme", ToString(global.name_escaping_scheme), out);
  PrintFlag("scrape_native_histograms", global.scrape_native_histograms, out);
  PrintFlagIfSet("convert_classic_histograms_to_nhcb", global.convert_classic_histograms_to_nhcb, out);
  PrintFlagIfSet("always_scrape_classic_histograms", global.always_scrape_classic_histograms, out);
  PrintFlag("extra_scrape_metrics", global.extra_scrape_metrics, out);
  out->EndMap();
}

void PrintJob(const ScrapeConfig& job, Emitter* out) {
  out->BeginMap();
  out->Key("job_name");
  out->String(job.job_name);
  PrintFlagIfSet("honor_labels", job.honor_labels, out);
  PrintFlag("honor_timestamps", job.honor_timestamps, out);
  PrintFlag("track_timestamps_staleness", job.track_timestamps_staleness, out);
  if (!job.params.empty()) {
    out->Key("params");
    out->BeginMap();
    for (const auto& [name, values] : job.params) {
      out->Key(name);
      PrintStrings(values, out);
    }
    out->EndMap();
  }
  PrintDuration("scrape_interval", job.scrape_interval_ms, out);
  PrintDuration("scrape_timeout", job.scrape_timeout_ms, out);
  PrintProtocols(job.scrape_protocols, out);
  if (job.fallback_scrape_protocol) {
    PrintOptional("fallback_scrape_protocol", ToString(*job.fallback_scrape_protocol), out);
  }
  PrintFlag("scrape_native_histograms", job.scrape_native_histograms.value_or(false), out);
  PrintFlag("always_scrape_classic_histograms", job.always_scrape_classic_histograms.value_or(false), out);
  PrintFlag("convert_classic_histograms_to_nhcb", job.convert_classic_histograms_to_nhcb.value_or(false), out);
  PrintOptional("scrape_failure_log_file", job.scrape_failure_log_file, out);
  PrintOptional("metrics_path", job.metrics_path, out);
  PrintOptional("scheme", job.scheme, out);
  PrintFlag("enable_compression", job.enable_compression, out);
  PrintLimits(job.limits, true, out);
  PrintOptional("metric_name_validation_scheme", SchemeName(job.name_validation_scheme), out);
  PrintOptional("metric_name_escaping_scheme", ToString(job.name_escaping_scheme), out);
  PrintFlag("extra_scrape_metrics", job.extra_scrape_metrics.value_or(false), out);
  PrintHttp(job.http, out);
  PrintRules("relabel_configs", job.relabel_configs, out);
  PrintRules("metric_relabel_configs", job.metric_relabel_configs, out);
  PrintDiscovery(job.discovery, out);
  out->EndMap();
}

void PrintSigning(const CloudSigning& signing, Emitter* out) {
  if (!signing.kind.empty()) {
    out->Key(signing.kind);
    PrintYamlText(signing.yaml, out);
  }
}

void PrintAlerting(const AlertingConfig& alerting, Emitter* out) {
  if (alerting.alert_relabel_configs.empty() && alerting.alertmanagers.empty()) {
    return;
  }
  out->Key("alerting");
  out->BeginMap();
  PrintRules("alert_relabel_configs", alerting.alert_relabel_configs, out);
  if (!alerting.alertmanagers.empty()) {
    out->Key("alertmanagers");
    out->BeginList();
    for (const AlertmanagerConfig& alertmanager : alerting.alertmanagers) {
      out->BeginMap();
      PrintHttp(alertmanager.http, out);
      PrintSigning(alertmanager.signing, out);
      PrintOptional("scheme", alertmanager.scheme, out);
      PrintOptional("path_prefix", alertmanager.path_prefix, out);
      PrintDurationIfSet("timeout", alertmanager.timeout_ms, out);
      out->Key("api_version");
      out->String(alertmanager.api_version);
      PrintRules("relabel_configs", alertmanager.relabel_configs, out);
      PrintRules("alert_relabel_configs", alertmanager.alert_relabel_configs, out);
      PrintDiscovery(alertmanager.discovery, out);
      out->EndMap();
    }
    out->EndList();
  }
  out->EndMap();
}

void PrintStorage(const StorageConfig& storage, Emitter* out) {
  const StorageConfig::Tsdb& tsdb = storage.tsdb;
  const bool retention = tsdb.retention_time_ms != 0 || tsdb.retention_size_bytes != 0 || tsdb.retention_percentage != 0;
  out->Key("storage");
  out->BeginMap();
  out->Key("tsdb");
  out->BeginMap();
  if (tsdb.out_of_order_time_window_ms != 0) {
    out->Key("outofordertimewindow");
    out->Int(tsdb.out_of_order_time_window_ms);
    PrintDuration("out_of_order_time_window", tsdb.out_of_order_time_window_ms, out);
  }
  PrintNumber("stale_series_compaction_threshold", tsdb.stale_series_compaction_threshold, out);
  if (!tsdb.float_chunk_encoding.empty()) {
    out->Key("chunk_encoding");
    out->BeginMap();
    PrintOptional("floats", tsdb.float_chunk_encoding, out);
    out->EndMap();
  }
  if (retention) {
    out->Key("retention");
    out->BeginMap();
    PrintDurationIfSet("time", tsdb.retention_time_ms, out);
    if (tsdb.retention_size_bytes != 0) {
      out->Key("size");
      out->String(FormatByteSize(static_cast<int64_t>(tsdb.retention_size_bytes)));
    }
    PrintNumber("percentage", tsdb.retention_percentage, out);
    out->EndMap();
  }
  out->EndMap();
  if (storage.max_exemplars) {
    out->Key("exemplars");
    out->BeginMap();
    out->Key("max_exemplars");
    out->Int(*storage.max_exemplars);
    out->EndMap();
  }
  out->EndMap();
}

void PrintHeaders(const std::map<std::string, std::string>& headers, Emitter* out) {
  if (!headers.empty()) {
    out->Key("headers");
    PrintStringMap(headers, out);
  }
}

void PrintTracing(const TracingConfig& tracing, Emitter* out) {
  out->Key("tracing");
  out->BeginMap();
  PrintOptional("client_type", tracing.client_type, out);
  PrintOptional("endpoint", tracing.endpoint, out);
  PrintNumber("sampling_fraction", tracing.sampling_fraction, out);
  PrintFlagIfSet("insecure", tracing.insecure, out);
  if (!(tracing.tls == TlsOptions())) {
    out->Key("tls_config");
    PrintTls(tracing.tls, out);
  }
  PrintHeaders(tracing.headers, out);
  PrintOptional("compression", tracing.compression, out);
  PrintDurationIfSet("timeout", tracing.timeout_ms, out);
  out->EndMap();
}

void PrintQueue(const QueueConfig& queue, Emitter* out) {
  out->Key("queue_config");
  out->BeginMap();
  out->Key("capacity");
  out->Int(queue.capacity);
  out->Key("max_shards");
  out->Int(queue.max_shards);
  out->Key("min_shards");
  out->Int(queue.min_shards);
  out->Key("max_samples_per_send");
  out->Int(queue.max_samples_per_send);
  PrintDuration("batch_send_deadline", queue.batch_send_deadline_ms, out);
  PrintDuration("min_backoff", queue.min_backoff_ms, out);
  PrintDuration("max_backoff", queue.max_backoff_ms, out);
  PrintFlagIfSet("retry_on_http_429", queue.retry_on_http_429, out);
  PrintDurationIfSet("sample_age_limit", queue.sample_age_limit_ms, out);
  out->EndMap();
}

void PrintRemoteWrite(const RemoteWriteConfig& remote, Emitter* out) {
  out->BeginMap();
  out->Key("url");
  out->String(RedactUrl(remote.url));
  PrintDurationIfSet("remote_timeout", remote.remote_timeout_ms, out);
  PrintHeaders(remote.headers, out);
  PrintRules("write_relabel_configs", remote.write_relabel_configs, out);
  PrintOptional("name", remote.name, out);
  PrintFlagIfSet("send_exemplars", remote.send_exemplars, out);
  PrintFlagIfSet("send_native_histograms", remote.send_native_histograms, out);
  PrintFlagIfSet("round_robin_dns", remote.round_robin_dns, out);
  out->Key("protobuf_message");
  out->String(ToString(remote.protobuf_message));
  PrintFlagIfSet("failed_request_logging", remote.failed_request_logging, out);
  PrintHttp(remote.http, out);
  PrintQueue(remote.queue, out);
  out->Key("metadata_config");
  out->BeginMap();
  PrintFlag("send", remote.metadata.send, out);
  PrintDuration("send_interval", remote.metadata.send_interval_ms, out);
  out->Key("max_samples_per_send");
  out->Int(remote.metadata.max_samples_per_send);
  out->EndMap();
  PrintSigning(remote.signing, out);
  out->EndMap();
}

void PrintRemoteRead(const RemoteReadConfig& remote, Emitter* out) {
  out->BeginMap();
  out->Key("url");
  out->String(RedactUrl(remote.url));
  PrintDurationIfSet("remote_timeout", remote.remote_timeout_ms, out);
  PrintCount("chunked_read_limit", remote.chunked_read_limit_bytes, out);
  PrintHeaders(remote.headers, out);
  PrintFlagIfSet("read_recent", remote.read_recent, out);
  PrintOptional("name", remote.name, out);
  PrintHttp(remote.http, out);
  if (!remote.required_matchers.empty()) {
    out->Key("required_matchers");
    PrintStringMap(remote.required_matchers, out);
  }
  PrintFlagIfSet("filter_external_labels", remote.filter_external_labels, out);
  out->EndMap();
}

void PrintOtlp(const OtlpConfig& otlp, Emitter* out) {
  out->Key("otlp");
  out->BeginMap();
  PrintFlagIfSet("promote_all_resource_attributes", otlp.promote_all_resource_attributes, out);
  if (!otlp.promote_resource_attributes.empty()) {
    out->Key("promote_resource_attributes");
    PrintStrings(otlp.promote_resource_attributes, out);
  }
  if (!otlp.ignore_resource_attributes.empty()) {
    out->Key("ignore_resource_attributes");
    PrintStrings(otlp.ignore_resource_attributes, out);
  }
  PrintOptional("translation_strategy", ToString(otlp.translation_strategy), out);
  PrintFlagIfSet("keep_identifying_resource_attributes", otlp.keep_identifying_resource_attributes, out);
  PrintFlagIfSet("convert_histograms_to_nhcb", otlp.convert_histograms_to_nhcb, out);
  PrintFlagIfSet("promote_scope_metadata", otlp.promote_scope_metadata, out);
  PrintFlagIfSet("label_name_underscore_sanitization", otlp.label_name_underscore_sanitization, out);
  PrintFlagIfSet("label_name_preserve_multiple_underscores", otlp.label_name_preserve_multiple_underscores, out);
  out->EndMap();
}

}  // namespace

std::string PrintScrapeConfig(const ScrapeConfig& config) {
  Emitter out;
  PrintJob(config, &out);
  return out.Finish();
}

std::string PrintConfig(const Config& config) {
  Emitter out;
  out.BeginMap();
  PrintGlobal(config.global, &out);
  out.Key("runtime");
  out.BeginMap();
  out.Key("gogc");
  out.Int(config.gogc);
  out.EndMap();
  PrintAlerting(config.alerting, &out);
  if (!config.rule_files.empty()) {
    out.Key("rule_files");
    PrintStrings(config.rule_files, &out);
  }
  if (!config.scrape_config_files.empty()) {
    out.Key("scrape_config_files");
    PrintStrings(config.scrape_config_files, &out);
  }
  if (config.main_file_scrape_configs != 0) {
    out.Key("scrape_configs");
    out.BeginList();
    for (size_t i = 0; i < config.main_file_scrape_configs; ++i) {
      PrintJob(config.scrape_configs[i], &out);
    }
    out.EndList();
  }
  PrintStorage(config.storage, &out);
  if (config.tracing) {
    PrintTracing(*config.tracing, &out);
  }
  if (!config.remote_write.empty()) {
    out.Key("remote_write");
    out.BeginList();
    for (const RemoteWriteConfig& remote : config.remote_write) {
      PrintRemoteWrite(remote, &out);
    }
    out.EndList();
  }
  if (!config.remote_read.empty()) {
    out.Key("remote_read");
    out.BeginList();
    for (const RemoteReadConfig& remote : config.remote_read) {
      PrintRemoteRead(remote, &out);
    }
    out.EndList();
  }
  PrintOtlp(config.otlp, &out);
  out.EndMap();
  return out.Finish();
}

}  // namespace tocsin
