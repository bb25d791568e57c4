#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/http_client/http_options.h"
#include "base/yaml/emit.h"
#include "engine/config/discovery_config.h"
#include "engine/relabel/relabel.h"

namespace tocsin {

/// Blocks of the printed configuration that several others hold. Fields stand in upstream's order, secrets are masked.

void PrintStrings(const std::vector<std::string>& list, yaml::Emitter* out, bool flow = false);
void PrintStringMap(const std::map<std::string, std::string>& map, yaml::Emitter* out);

/// The fields of an inlined http_config, into a map that is open.
void PrintHttp(const HttpClientOptions& http, yaml::Emitter* out);
void PrintTls(const TlsOptions& tls, yaml::Emitter* out);

void PrintRelabelConfigs(const std::vector<RelabelConfig>& rules, yaml::Emitter* out);

/// The blocks of discovery, into a map that is open.
void PrintDiscovery(const std::vector<SdConfig>& discovery, yaml::Emitter* out);

/// A block that is held as YAML text.
void PrintYamlText(const std::string& text, yaml::Emitter* out);

/// "key: text" unless the text is empty.
void PrintOptional(std::string_view key, std::string_view text, yaml::Emitter* out);

/// "key: 1m30s".
void PrintDuration(std::string_view key, DurationMs duration_ms, yaml::Emitter* out);

}  // namespace tocsin
