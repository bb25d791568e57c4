#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/http_client/http_options.h"

namespace tocsin {

/// A file that holds one `http_config`, as promtool's --http.config.file takes it; paths in it are made relative to its folder.
absl::StatusOr<HttpClientOptions> LoadHttpConfigFile(const std::string& path);

}  // namespace tocsin
