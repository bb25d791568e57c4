#include <array>

#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "engine/config/byte_size.h"
#include "engine/config/config_yaml.h"

namespace tocsin {
namespace {

struct ProtocolName {
  ScrapeProtocol protocol;
  std::string_view name;
  std::string_view media_type;
};

constexpr std::array kProtocols = {
    ProtocolName{ScrapeProtocol::kPrometheusProto, "PrometheusProto",
                 "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
    ProtocolName{ScrapeProtocol::kOpenMetricsText1_0_0, "OpenMetricsText1.0.0", "application/openmetrics-text;version=1.0.0"},
    ProtocolName{ScrapeProtocol::kOpenMetricsText0_0_1, "OpenMetricsText0.0.1", "application/openmetrics-text;version=0.0.1"},
    ProtocolName{ScrapeProtocol::kPrometheusText1_0_0, "PrometheusText1.0.0", "text/plain;version=1.0.0"},
    ProtocolName{ScrapeProtocol::kPrometheusText0_0_4, "PrometheusText0.0.4", "text/plain;version=0.0.4"},
};

constexpr std::string_view kProtocolNames =
    "[OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0]";

bool EqualFold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return tolower(static_cast<unsigned char>(x)) == tolower(static_cast<unsigned char>(y)); });
}

}  // namespace

std::string_view ToString(ScrapeProtocol protocol) { return kProtocols[static_cast<size_t>(protocol)].name; }
std::string_view MediaTypeOf(ScrapeProtocol protocol) { return kProtocols[static_cast<size_t>(protocol)].media_type; }

std::string_view ToString(EscapingScheme scheme) {
  constexpr std::array<std::string_view, 5> kNames = {"", "allow-utf-8", "underscores", "dots", "values"};
  return kNames[static_cast<size_t>(scheme)];
}

absl::StatusOr<std::vector<ScrapeProtocol>> ParseScrapeProtocols(const std::vector<std::string>& names) {
  if (names.empty()) {
    return absl::InvalidArgumentError("scrape_protocols cannot be empty");
  }
  std::vector<ScrapeProtocol> protocols;
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (EqualFold(names[i], names[k])) {
        std::string all;
        for (const std::string& name : names) {
          Append(&all, all.empty() ? "" : " ", name);
        }
        return absl::InvalidArgumentError(Cat("duplicated protocol in scrape_protocols, got [", all, "]"));
      }
    }
    const auto* found = std::find_if(kProtocols.begin(), kProtocols.end(), [&](const ProtocolName& p) { return p.name == names[i]; });
    if (found == kProtocols.end()) {
      return absl::InvalidArgumentError(Cat("scrape_protocols: unknown scrape protocol ", names[i], ", supported: ", kProtocolNames));
    }
    protocols.push_back(found->protocol);
  }
  return protocols;
}

void TakeDuration(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, DurationMs* out) {
  const yaml::Node* node = reader.Take(field);
  if (node == nullptr) {
    return;
  }
  if (node->IsNull()) {
    *out = 0;
    return;
  }
  std::string text;
  const size_t before = decoder.count();
  yaml::Read(decoder, *node, &text);
  if (decoder.count() != before || decoder.failed()) {
    return;
  }
  const absl::StatusOr<DurationMs> duration = ParseDuration(text);
  if (decoder.Check(*node, duration.status())) {
    *out = *duration;
  }
}

void TakeByteSize(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, int64_t* out) {
  const yaml::Node* node = reader.Take(field);
  if (node == nullptr || decoder.failed()) {
    return;
  }
  if (node->IsNull()) {
    *out = 0;
    return;
  }
  if (node->kind != yaml::Kind::kScalar) {
    decoder.AddTypeProblem(*node, "units.Base2Bytes");
    return;
  }
  const absl::StatusOr<int64_t> size = ParseByteSize(node->text);
  if (decoder.Check(*node, size.status())) {
    *out = *size;
  }
}

void TakeLimits(yaml::Decoder& decoder, yaml::StructReader& reader, ScrapeLimits* out) {
  int64_t body_size = 0;
  TakeByteSize(decoder, reader, "body_size_limit", &body_size);
  out->body_size_bytes = body_size > 0 ? static_cast<uint64_t>(body_size) : 0;
  reader.Field("sample_limit", &out->samples)
      .Field("target_limit", &out->targets)
      .Field("label_limit", &out->labels)
      .Field("label_name_length_limit", &out->label_name_length)
      .Field("label_value_length_limit", &out->label_value_length)
      .Field("keep_dropped_targets", &out->keep_dropped_targets);
}

void TakeScrapeProtocols(yaml::Decoder& decoder, yaml::StructReader& reader, std::vector<std::string>* out, bool* set) {
  const yaml::Node* node = reader.Take("scrape_protocols");
  *set = node != nullptr && !node->IsNull();
  if (!*set) {
    return;
  }
  if (node->kind != yaml::Kind::kSequence) {
    decoder.AddTypeProblem(*node, "[]config.ScrapeProtocol");
    return;
  }
  yaml::Read(decoder, *node, out);
}

void TakeNameSchemes(yaml::Decoder& decoder, yaml::StructReader& reader, NameScheme* validation, std::string* escaping) {
  reader.Field("metric_name_escaping_scheme", escaping);
  const yaml::Node* node = reader.Take("metric_name_validation_scheme");
  if (node == nullptr || node->IsNull()) {
    return;
  }
  std::string name;
  yaml::Read(decoder, *node, &name);
  if (name == "utf8" || name == "legacy" || name.empty()) {
    *validation = name.empty() ? NameScheme::kUnset : name == "utf8" ? NameScheme::kUtf8 : NameScheme::kLegacy;
  } else {
    decoder.Fail(*node, Cat("unrecognized ValidationScheme: ", GoQuoted(name)));
  }
}

void TakeLabelSet(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, std::map<std::string, std::string>* out) {
  const yaml::Node* node = reader.Take(field);
  if (node == nullptr || node->IsNull()) {
    return;
  }
  if (node->kind != yaml::Kind::kMapping) {
    decoder.AddTypeProblem(*node, "model.LabelSet");
    return;
  }
  yaml::Read(decoder, *node, out);
  for (const auto& [name, value] : *out) {
    if (!IsValidLabelName(NameScheme::kUtf8, name)) {
      decoder.Fail(*node, Cat(GoQuoted(name), " is not a valid label name"));
    }
  }
}

void TakeRelabelConfigs(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, std::string_view null_text,
                        std::vector<RelabelConfig>* out) {
  const yaml::Node* node = reader.Take(field);
  if (node == nullptr) {
    return;
  }
  yaml::Read(decoder, *node, out);
  for (const yaml::Node* item : node->items) {
    if (item->IsNull()) {
      decoder.Fail(*item, null_text);
    }
  }
}

}  // namespace tocsin
