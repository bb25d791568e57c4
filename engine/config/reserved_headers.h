#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tocsin {

/// Headers that the program sets itself on every request; `name` in lower case.
bool IsReservedHeader(std::string_view name);

/// Refuses headers that remote write and read set themselves, with upstream's texts.
absl::Status CheckHeaders(const std::map<std::string, std::string>& headers);

/// The same for `tracing`, which words the refusal of Authorization differently.
absl::Status CheckTracingHeaders(const std::map<std::string, std::string>& headers);

}  // namespace tocsin
