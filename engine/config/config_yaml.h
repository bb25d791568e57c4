#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/yaml/decode.h"
#include "engine/config/config.h"
#include "engine/relabel/relabel_yaml.h"

namespace tocsin {

/// Readers of the blocks of prometheus.yml, each in the file named for it. What depends on the global block is filled in and checked by
/// the functions below the readers.

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, GlobalConfig* out);
std::string GoTypeName(const GlobalConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, ScrapeConfig* out);
std::string GoTypeName(const ScrapeConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, AlertingConfig* out);
std::string GoTypeName(const AlertingConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, AlertmanagerConfig* out);
std::string GoTypeName(const AlertmanagerConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, StorageConfig* out);
std::string GoTypeName(const StorageConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TracingConfig* out);
std::string GoTypeName(const TracingConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RemoteWriteConfig* out);
std::string GoTypeName(const RemoteWriteConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RemoteReadConfig* out);
std::string GoTypeName(const RemoteReadConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, OtlpConfig* out);
std::string GoTypeName(const OtlpConfig*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, CloudSigning* out);

/// Takes the blocks of discovery (`static_configs`, `*_sd_configs`) from the reader of a job or of Alertmanagers.
void TakeDiscovery(yaml::Decoder& decoder, yaml::StructReader& reader, std::vector<SdConfig>* out);

/// Fails at static targets that look like a URL, unless relabelling rules could mend them.
void CheckStaticTargets(yaml::Decoder& decoder, const yaml::Node& node, const std::vector<SdConfig>& discovery);

/// Takes a list of rules; null entries fail with `null_text`.
void TakeRelabelConfigs(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, std::string_view null_text,
                        std::vector<RelabelConfig>* out);

/// Takes a duration ("1m30s") or a size ("10MB").
void TakeDuration(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, DurationMs* out);
void TakeByteSize(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, int64_t* out);

/// Takes what jobs and the global block have alike.
void TakeLimits(yaml::Decoder& decoder, yaml::StructReader& reader, ScrapeLimits* out);
void TakeScrapeProtocols(yaml::Decoder& decoder, yaml::StructReader& reader, std::vector<std::string>* out, bool* set);
void TakeNameSchemes(yaml::Decoder& decoder, yaml::StructReader& reader, NameScheme* validation, std::string* escaping);
absl::StatusOr<std::vector<ScrapeProtocol>> ParseScrapeProtocols(const std::vector<std::string>& names);

/// Takes a map of label names to values; names must be valid.
void TakeLabelSet(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view field, std::map<std::string, std::string>* out);

/// Fills a job's unset fields from the global block and checks the result. Errors have upstream's texts.
std::vector<ScrapeProtocol> DefaultProtocols(bool proto_first);
absl::Status CompleteScrapeConfig(const GlobalConfig& global, ScrapeConfig* job);

/// Makes relative paths relative to `folder`.
void SetFolder(std::string_view folder, ScrapeConfig* job);
void SetFolder(std::string_view folder, Config* config);

}  // namespace tocsin
