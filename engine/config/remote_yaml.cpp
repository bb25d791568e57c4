#include <array>

#include "base/status.h"
#include "base/text/quote.h"
#include "engine/config/config_yaml.h"
#include "engine/config/http_yaml.h"
#include "engine/config/reserved_headers.h"
#include "engine/config/url_check.h"

namespace tocsin {
namespace {

absl::Status CheckQueue(const QueueConfig& queue) {
  if (queue.max_shards <= 0) {
    return absl::InvalidArgumentError("remote write queue max_shards must be positive");
  }
  if (queue.min_shards <= 0) {
    return absl::InvalidArgumentError("remote write queue min_shards must be positive");
  }
  if (queue.min_shards > queue.max_shards) {
    return absl::InvalidArgumentError("remote write queue min_shards must not be greater than max_shards");
  }
  if (queue.max_samples_per_send <= 0) {
    return absl::InvalidArgumentError("remote write queue max_samples_per_send must be positive");
  }
  if (queue.capacity <= 0) {
    return absl::InvalidArgumentError("remote write queue capacity must be positive");
  }
  if (queue.max_backoff_ms < queue.min_backoff_ms) {
    return absl::InvalidArgumentError("remote write queue max_backoff must not be less than min_backoff");
  }
  return absl::OkStatus();
}

absl::Status CheckSingleAuth(const RemoteWriteConfig& config, const std::vector<std::string_view>& signings) {
  std::vector<std::string_view> configured;
  if (config.http.basic_auth != nullptr) {
    configured.push_back("basic_auth");
  }
  if (config.http.authorization != nullptr) {
    configured.push_back("authorization");
  }
  if (config.http.oauth2 != nullptr) {
    configured.push_back("oauth2");
  }
  configured.insert(configured.end(), signings.begin(), signings.end());
  if (configured.size() < 2) {
    return absl::OkStatus();
  }
  std::string names;
  for (const std::string_view name : configured) {
    Append(&names, names.empty() ? "" : " ", name);
  }
  return absl::InvalidArgumentError(
      Cat("at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. Currently configured: [",
          names, "]"));
}

// Takes `url`; false when it is missing or wrong.
bool TakeUrl(yaml::Decoder& decoder, yaml::StructReader& reader, std::string* out) {
  const yaml::Node* node = reader.Take("url");
  if (node == nullptr || node->IsNull()) {
    return false;
  }
  yaml::Read(decoder, *node, out);
  return decoder.Check(*node, ParseUrl(*out).status());
}

absl::Status SanitizeAttributes(std::vector<std::string>* attributes, std::string_view field, std::string_view adjective) {
  std::string problems;
  std::vector<std::string> seen;
  for (std::string& attribute : *attributes) {
    attribute.erase(0, attribute.find_first_not_of(" \t\n"));
    attribute.erase(attribute.find_last_not_of(" \t\n") + 1);
    const bool again = std::find(seen.begin(), seen.end(), attribute) != seen.end();
    if (attribute.empty()) {
      Append(&problems, problems.empty() ? "" : "; ", "empty ", adjective, " OTel resource attribute");
    } else if (again) {
      Append(&problems, problems.empty() ? "" : "; ", "duplicated ", adjective, " OTel resource attribute ", GoQuoted(attribute));
    }
    seen.push_back(attribute);
  }
  return problems.empty() ? absl::OkStatus() : absl::InvalidArgumentError(Cat("invalid '", field, "': ", problems));
}

constexpr std::array<std::string_view, 5> kTranslationNames = {"", "UnderscoreEscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes",
                                                               "NoUTF8EscapingWithSuffixes", "NoTranslation"};

absl::Status CheckAttributes(OtlpConfig* config) {
  if (config->promote_all_resource_attributes) {
    if (!config->promote_resource_attributes.empty()) {
      return absl::InvalidArgumentError(
          "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously");
    }
    return SanitizeAttributes(&config->ignore_resource_attributes, "ignore_resource_attributes", "ignored");
  }
  if (!config->ignore_resource_attributes.empty()) {
    return absl::InvalidArgumentError("'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true");
  }
  return SanitizeAttributes(&config->promote_resource_attributes, "promote_resource_attributes", "promoted");
}

}  // namespace

std::string_view ToString(OtlpTranslation translation) { return kTranslationNames[static_cast<size_t>(translation)]; }

std::string_view ToString(RemoteWriteMessage message) {
  return message == RemoteWriteMessage::kV1 ? "prometheus.WriteRequest" : "io.prometheus.write.v2.Request";
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, QueueConfig* out) {
  yaml::StructReader reader(decoder, node, "config.QueueConfig");
  reader.Field("capacity", &out->capacity)
      .Field("max_shards", &out->max_shards)
      .Field("min_shards", &out->min_shards)
      .Field("max_samples_per_send", &out->max_samples_per_send)
      .Field("retry_on_http_429", &out->retry_on_http_429);
  TakeDuration(decoder, reader, "batch_send_deadline", &out->batch_send_deadline_ms);
  TakeDuration(decoder, reader, "min_backoff", &out->min_backoff_ms);
  TakeDuration(decoder, reader, "max_backoff", &out->max_backoff_ms);
  TakeDuration(decoder, reader, "sample_age_limit", &out->sample_age_limit_ms);
  reader.Finish();
}

static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, MetadataConfig* out) {
  yaml::StructReader reader(decoder, node, "config.MetadataConfig");
  reader.Field("send", &out->send).Field("max_samples_per_send", &out->max_samples_per_send);
  TakeDuration(decoder, reader, "send_interval", &out->send_interval_ms);
  reader.Finish();
}

std::string GoTypeName(const RemoteWriteConfig*) { return "*config.RemoteWriteConfig"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RemoteWriteConfig* out) {
  *out = RemoteWriteConfig{};
  out->http.enable_http2 = false;
  yaml::StructReader reader(decoder, node, "config.plain");
  const bool has_url = TakeUrl(decoder, reader, &out->url);
  TakeDuration(decoder, reader, "remote_timeout", &out->remote_timeout_ms);
  TakeRelabelConfigs(decoder, reader, "write_relabel_configs", "empty or null relabeling rule in remote write config",
                     &out->write_relabel_configs);
  std::string message(ToString(out->protobuf_message));
  reader.Field("headers", &out->headers)
      .Field("name", &out->name)
      .Field("send_exemplars", &out->send_exemplars)
      .Field("send_native_histograms", &out->send_native_histograms)
      .Field("round_robin_dns", &out->round_robin_dns)
      .Field("protobuf_message", &message)
      .Field("failed_request_logging", &out->failed_request_logging)
      .Field("queue_config", &out->queue)
      .Field("metadata_config", &out->metadata);
  HttpFields http(decoder, node, reader, &out->http);
  std::vector<std::string_view> signings;
  for (const std::string_view kind : {"sigv4", "azuread", "google_iam"}) {
    const yaml::Node* signing = reader.Take(kind);
    if (signing != nullptr && !signing->IsNull()) {
      out->signing.kind = kind;
      DecodeYaml(decoder, *signing, &out->signing);
      signings.push_back(kind);
    }
  }
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (!has_url) {
    decoder.Fail(node, "url for remote_write is empty");
    return;
  }
  decoder.Check(node, CheckHeaders(out->headers));
  if (message == ToString(RemoteWriteMessage::kV2)) {
    out->protobuf_message = RemoteWriteMessage::kV2;
  } else if (message != ToString(RemoteWriteMessage::kV1)) {
    decoder.Fail(node, Cat("invalid protobuf_message value: unknown type for remote write protobuf message ", message,
                           ", supported: prometheus.WriteRequest, io.prometheus.write.v2.Request"));
  }
  if (http.Validate()) {
    decoder.Check(node, CheckQueue(out->queue));
    decoder.Check(node, CheckSingleAuth(*out, signings));
  }
}

std::string GoTypeName(const RemoteReadConfig*) { return "*config.RemoteReadConfig"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RemoteReadConfig* out) {
  *out = RemoteReadConfig{};
  yaml::StructReader reader(decoder, node, "config.plain");
  const bool has_url = TakeUrl(decoder, reader, &out->url);
  TakeDuration(decoder, reader, "remote_timeout", &out->remote_timeout_ms);
  TakeLabelSet(decoder, reader, "required_matchers", &out->required_matchers);
  reader.Field("chunked_read_limit", &out->chunked_read_limit_bytes)
      .Field("headers", &out->headers)
      .Field("read_recent", &out->read_recent)
      .Field("name", &out->name)
      .Field("filter_external_labels", &out->filter_external_labels);
  HttpFields http(decoder, node, reader, &out->http);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (!has_url) {
    decoder.Fail(node, "url for remote_read is empty");
    return;
  }
  decoder.Check(node, CheckHeaders(out->headers));
  http.Validate();
}

std::string GoTypeName(const OtlpConfig*) { return "config.plain"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, OtlpConfig* out) {
  *out = OtlpConfig{};
  yaml::StructReader reader(decoder, node, "config.plain");
  std::string strategy(ToString(out->translation_strategy));
  reader.Field("promote_all_resource_attributes", &out->promote_all_resource_attributes)
      .Field("promote_resource_attributes", &out->promote_resource_attributes)
      .Field("ignore_resource_attributes", &out->ignore_resource_attributes)
      .Field("translation_strategy", &strategy)
      .Field("keep_identifying_resource_attributes", &out->keep_identifying_resource_attributes)
      .Field("convert_histograms_to_nhcb", &out->convert_histograms_to_nhcb)
      .Field("promote_scope_metadata", &out->promote_scope_metadata)
      .Field("label_name_underscore_sanitization", &out->label_name_underscore_sanitization)
      .Field("label_name_preserve_multiple_underscores", &out->label_name_preserve_multiple_underscores);
  if (!reader.Finish() || !decoder.Check(node, CheckAttributes(out))) {
    return;
  }
  const auto* found = std::find(kTranslationNames.begin(), kTranslationNames.end(), strategy);
  if (found == kTranslationNames.end()) {
    decoder.Fail(node, Cat("unsupported OTLP translation strategy ", GoQuoted(strategy)));
    return;
  }
  out->translation_strategy = static_cast<OtlpTranslation>(found - kTranslationNames.begin());
}

}  // namespace tocsin
