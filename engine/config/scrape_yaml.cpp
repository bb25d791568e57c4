#include <algorithm>
#include <optional>

#include "base/status.h"
#include "base/text/quote.h"
#include "engine/config/config_yaml.h"
#include "engine/config/http_yaml.h"

namespace tocsin {
namespace {

constexpr std::string_view kEscapingNames = "'allow-utf-8', 'underscores', 'dots', or 'values'";

std::optional<EscapingScheme> EscapingOf(std::string_view name) {
  for (const EscapingScheme scheme :
       {EscapingScheme::kUnset, EscapingScheme::kAllowUtf8, EscapingScheme::kUnderscores, EscapingScheme::kDots, EscapingScheme::kValues}) {
    if (ToString(scheme) == name) {
      return scheme;
    }
  }
  return std::nullopt;
}

void ReadEscaping(yaml::Decoder& decoder, const yaml::Node& node, std::string_view whose, std::string_view name, EscapingScheme* out) {
  if (const std::optional<EscapingScheme> scheme = EscapingOf(name)) {
    *out = *scheme;
  } else {
    decoder.Fail(node,
                 Cat("unknown ", whose, " name escaping method specified, must be one of ", kEscapingNames, ", got ", GoQuoted(name)));
  }
}

template <typename T>
void InheritIfZero(const T& from, T* to) {
  if (*to == T{}) {
    *to = from;
  }
}

void InheritLimits(const ScrapeLimits& from, ScrapeLimits* to) {
  InheritIfZero(from.body_size_bytes, &to->body_size_bytes);
  InheritIfZero(from.samples, &to->samples);
  InheritIfZero(from.targets, &to->targets);
  InheritIfZero(from.labels, &to->labels);
  InheritIfZero(from.label_name_length, &to->label_name_length);
  InheritIfZero(from.label_value_length, &to->label_value_length);
  InheritIfZero(from.keep_dropped_targets, &to->keep_dropped_targets);
}

absl::Status CompleteNameSchemes(const GlobalConfig& global, ScrapeConfig* job) {
  EscapingScheme global_escaping = global.name_escaping_scheme;
  if (global_escaping == EscapingScheme::kUnset) {
    global_escaping = global.name_validation_scheme == NameScheme::kLegacy ? EscapingScheme::kUnderscores : EscapingScheme::kAllowUtf8;
  }
  const bool own_scheme = job->name_validation_scheme != NameScheme::kUnset;
  if (!own_scheme) {
    job->name_validation_scheme = global.name_validation_scheme;
  }
  if (job->name_escaping_scheme == EscapingScheme::kUnset) {
    const EscapingScheme own =
        job->name_validation_scheme == NameScheme::kLegacy ? EscapingScheme::kUnderscores : EscapingScheme::kAllowUtf8;
    job->name_escaping_scheme = own_scheme ? own : global_escaping;
  }
  if (job->name_escaping_scheme == EscapingScheme::kAllowUtf8 && job->name_validation_scheme != NameScheme::kUtf8) {
    return absl::InvalidArgumentError("utf8 metric names requested but validation scheme is not set to UTF8");
  }
  return absl::OkStatus();
}

}  // namespace

std::string GoTypeName(const GlobalConfig*) { return "config.plain"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, GlobalConfig* out) {
  *out = GlobalConfig{};
  out->scrape_interval_ms = out->scrape_timeout_ms = out->evaluation_interval_ms = 0;
  out->name_validation_scheme = NameScheme::kUnset;
  out->name_escaping_scheme = EscapingScheme::kUnset;
  yaml::StructReader reader(decoder, node, "config.plain");
  TakeDuration(decoder, reader, "scrape_interval", &out->scrape_interval_ms);
  TakeDuration(decoder, reader, "scrape_timeout", &out->scrape_timeout_ms);
  TakeDuration(decoder, reader, "evaluation_interval", &out->evaluation_interval_ms);
  TakeDuration(decoder, reader, "rule_query_offset", &out->rule_query_offset_ms);
  std::vector<std::string> protocols;
  bool protocols_set = false;
  TakeScrapeProtocols(decoder, reader, &protocols, &protocols_set);
  TakeLimits(decoder, reader, &out->limits);
  std::string escaping;
  TakeNameSchemes(decoder, reader, &out->name_validation_scheme, &escaping);
  std::map<std::string, std::string> external_labels;
  reader.Field("query_log_file", &out->query_log_file)
      .Field("scrape_failure_log_file", &out->scrape_failure_log_file)
      .Field("external_labels", &external_labels)
      .Field("scrape_native_histograms", &out->scrape_native_histograms)
      .Field("convert_classic_histograms_to_nhcb", &out->convert_classic_histograms_to_nhcb)
      .Field("always_scrape_classic_histograms", &out->always_scrape_classic_histograms)
      .Field("extra_scrape_metrics", &out->extra_scrape_metrics);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  InheritIfZero(NameScheme::kUtf8, &out->name_validation_scheme);
  ReadEscaping(decoder, node, "global", escaping, &out->name_escaping_scheme);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : external_labels) {
    if (!IsValidLabelName(out->name_validation_scheme, name)) {
      decoder.Fail(*node.Find("external_labels"), Cat(GoQuoted(name), " is not a valid label name"));
    }
    if (!IsValidUtf8(value)) {
      decoder.Fail(*node.Find("external_labels"), Cat(GoQuoted(value), " is not a valid label value"));
    }
    pairs.emplace_back(name, value);
  }
  out->external_labels = Labels::FromPairs(std::move(pairs));
  const GlobalConfig defaults;
  InheritIfZero(defaults.scrape_interval_ms, &out->scrape_interval_ms);
  if (out->scrape_timeout_ms > out->scrape_interval_ms) {
    decoder.Fail(node, "global scrape timeout greater than scrape interval");
  }
  InheritIfZero(std::min(defaults.scrape_timeout_ms, out->scrape_interval_ms), &out->scrape_timeout_ms);
  InheritIfZero(defaults.evaluation_interval_ms, &out->evaluation_interval_ms);
  if (protocols_set) {
    absl::StatusOr<std::vector<ScrapeProtocol>> parsed = ParseScrapeProtocols(protocols);
    if (parsed.ok()) {
      out->scrape_protocols = *std::move(parsed);
    } else {
      decoder.Fail(*node.Find("scrape_protocols"), Cat(Message(parsed.status()), " for global config"));
    }
  }
}

std::string GoTypeName(const ScrapeConfig*) { return "*config.ScrapeConfig"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, ScrapeConfig* out) {
  *out = ScrapeConfig{};
  yaml::StructReader reader(decoder, node, "config.ScrapeConfig");
  reader.Field("job_name", &out->job_name)
      .Field("honor_labels", &out->honor_labels)
      .Field("honor_timestamps", &out->honor_timestamps)
      .Field("track_timestamps_staleness", &out->track_timestamps_staleness)
      .Field("params", &out->params)
      .Field("scrape_native_histograms", &out->scrape_native_histograms)
      .Field("always_scrape_classic_histograms", &out->always_scrape_classic_histograms)
      .Field("convert_classic_histograms_to_nhcb", &out->convert_classic_histograms_to_nhcb)
      .Field("extra_scrape_metrics", &out->extra_scrape_metrics)
      .Field("scrape_failure_log_file", &out->scrape_failure_log_file)
      .Field("metrics_path", &out->metrics_path)
      .Field("scheme", &out->scheme)
      .Field("enable_compression", &out->enable_compression)
      .Field("native_histogram_bucket_limit", &out->limits.native_histogram_buckets)
      .Field("native_histogram_min_bucket_factor", &out->limits.native_histogram_min_bucket_factor);
  TakeDuration(decoder, reader, "scrape_interval", &out->scrape_interval_ms);
  TakeDuration(decoder, reader, "scrape_timeout", &out->scrape_timeout_ms);
  std::vector<std::string> protocols;
  bool protocols_set = false;
  TakeScrapeProtocols(decoder, reader, &protocols, &protocols_set);
  std::string fallback;
  const yaml::Node* fallback_node = reader.Take("fallback_scrape_protocol");
  if (fallback_node != nullptr && fallback_node->kind != yaml::Kind::kScalar) {
    decoder.AddTypeProblem(*fallback_node, "config.ScrapeProtocol");
  } else if (fallback_node != nullptr) {
    yaml::Read(decoder, *fallback_node, &fallback);
  }
  TakeLimits(decoder, reader, &out->limits);
  std::string escaping;
  TakeNameSchemes(decoder, reader, &out->name_validation_scheme, &escaping);
  HttpFields http(decoder, node, reader, &out->http);
  TakeDiscovery(decoder, reader, &out->discovery);
  TakeRelabelConfigs(decoder, reader, "relabel_configs", "empty or null target relabeling rule in scrape config", &out->relabel_configs);
  TakeRelabelConfigs(decoder, reader, "metric_relabel_configs", "empty or null metric relabeling rule in scrape config",
                     &out->metric_relabel_configs);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (out->job_name.empty()) {
    decoder.Fail(node, "job_name is empty");
    return;
  }
  http.Validate();
  if (out->relabel_configs.empty()) {
    CheckStaticTargets(decoder, node, out->discovery);
  }
  ReadEscaping(decoder, node, "scrape config", escaping, &out->name_escaping_scheme);
  if (protocols_set) {
    absl::StatusOr<std::vector<ScrapeProtocol>> parsed = ParseScrapeProtocols(protocols);
    if (parsed.ok()) {
      out->scrape_protocols = *std::move(parsed);
    } else {
      decoder.Fail(*node.Find("scrape_protocols"),
                   Cat(Message(parsed.status()), " for scrape config with job name ", GoQuoted(out->job_name)));
    }
  }
  if (!fallback.empty()) {
    const absl::StatusOr<std::vector<ScrapeProtocol>> parsed = ParseScrapeProtocols({fallback});
    if (parsed.ok()) {
      out->fallback_scrape_protocol = parsed->front();
    } else {
      const std::string_view reason = Message(parsed.status());
      decoder.Fail(*fallback_node, Cat("invalid fallback_scrape_protocol for scrape config with job name ", GoQuoted(out->job_name), ": ",
                                       reason.substr(reason.find(": ") + 2)));
    }
  }
}

std::vector<ScrapeProtocol> DefaultProtocols(bool proto_first) {
  using enum ScrapeProtocol;
  std::vector<ScrapeProtocol> protocols = {kOpenMetricsText1_0_0, kOpenMetricsText0_0_1, kPrometheusText1_0_0, kPrometheusText0_0_4};
  if (proto_first) {
    protocols.insert(protocols.begin(), kPrometheusProto);
  }
  return protocols;
}

absl::Status CompleteScrapeConfig(const GlobalConfig& global, ScrapeConfig* job) {
  InheritIfZero(global.scrape_interval_ms, &job->scrape_interval_ms);
  if (job->scrape_timeout_ms > job->scrape_interval_ms) {
    return absl::InvalidArgumentError(
        Cat("scrape timeout greater than scrape interval for scrape config with job name ", GoQuoted(job->job_name)));
  }
  InheritIfZero(std::min(global.scrape_timeout_ms, job->scrape_interval_ms), &job->scrape_timeout_ms);
  InheritLimits(global.limits, &job->limits);
  InheritIfZero(global.scrape_failure_log_file, &job->scrape_failure_log_file);
  job->scrape_native_histograms = job->scrape_native_histograms.value_or(global.scrape_native_histograms);
  job->extra_scrape_metrics = job->extra_scrape_metrics.value_or(global.extra_scrape_metrics);
  job->convert_classic_histograms_to_nhcb = job->convert_classic_histograms_to_nhcb.value_or(global.convert_classic_histograms_to_nhcb);
  job->always_scrape_classic_histograms = job->always_scrape_classic_histograms.value_or(global.always_scrape_classic_histograms);
  if (job->scrape_protocols.empty()) {
    job->scrape_protocols = global.scrape_protocols.empty() ? DefaultProtocols(*job->scrape_native_histograms) : global.scrape_protocols;
  }
  RETURN_IF_ERROR(CompleteNameSchemes(global, job));
  for (RelabelConfig& rule : job->relabel_configs) {
    RETURN_IF_ERROR(ValidateRelabel(job->name_validation_scheme, &rule));
  }
  for (RelabelConfig& rule : job->metric_relabel_configs) {
    RETURN_IF_ERROR(ValidateRelabel(job->name_validation_scheme, &rule));
  }
  return absl::OkStatus();
}

}  // namespace tocsin
