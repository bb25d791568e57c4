#pragma once

#include <string>
#include <string_view>

namespace tocsin::api {

enum class OpenApiVersion { k31, k32 };

/// The description of /api/v1 for programs that make clients (OpenAPI 3.1 or 3.2), as YAML. `server_url`: where the paths begin,
/// "http://host:9090/api/v1". Version 3.1 has no words for event streams: /notifications/live is left out.
std::string OpenApiYaml(OpenApiVersion version, std::string_view server_url, std::string_view program_version);

}  // namespace tocsin::api
