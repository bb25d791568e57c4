#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"

namespace tocsin {

/// Refuses headers that remote write and read set themselves, with upstream's texts.
absl::Status CheckHeaders(const std::map<std::string, std::string>& headers);

/// The same for `tracing`, which words the refusal of Authorization differently.
absl::Status CheckTracingHeaders(const std::map<std::string, std::string>& headers);

}  // namespace tocsin
