#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/scrape_config.h"

namespace tocsin {

enum class ExpositionFormat { kPrometheusText, kOpenMetricsText, kProtobuf };

/// Which format a Content-Type tells, or the fallback's where it tells none of ours; `*warning` then says so. Texts are upstream's.
absl::StatusOr<ExpositionFormat> FormatOf(std::string_view content_type, std::optional<ScrapeProtocol> fallback, std::string* warning);

/// "text/plain" of `text/plain; version=0.0.4`, lower case; parameters are only checked. Errors as Go's mime.ParseMediaType gives them.
absl::StatusOr<std::string> MediaType(std::string_view content_type);

/// The Accept header for these protocols, the most wanted first.
std::string AcceptHeader(const std::vector<ScrapeProtocol>& protocols, EscapingScheme escaping);

}  // namespace tocsin
