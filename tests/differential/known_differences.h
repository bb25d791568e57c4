#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::differential {

/// Versions that this test knows all changes of, between them and the one we follow.
bool IsKnownVersion(std::string_view version);

/// The reason why a peer of this version answers the query in another way; nothing when it should not.
std::optional<std::string_view> ReasonToDiffer(std::string_view version, const std::string& query, bool is_range,
                                               const std::string& difference);

}  // namespace tocsin::differential
