#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

/// A size such as "15MiB", "1GB" or "1GiB512MiB"; every unit is a power of 1024. Errors have the texts of the library that upstream
/// uses: "units: unknown unit  in 100".
absl::StatusOr<int64_t> ParseByteSize(std::string_view text);

/// "15MiB", "1GiB512MiB", "0B".
std::string FormatByteSize(int64_t bytes);

}  // namespace tocsin
