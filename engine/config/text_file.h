#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tocsin {

/// Configuration, rule and target files above this are refused.
inline constexpr size_t kTextFileBytesMax = 64 << 20;

/// The whole file. Errors read as Go's: "open prometheus.yml: no such file or directory".
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace tocsin
