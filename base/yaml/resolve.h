#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/yaml/yaml.h"

namespace tocsin::yaml {

/// The value of a scalar as go-yaml resolves it (YAML 1.1 with Go's integer prefixes); nothing when it is of another type.
/// Quoted scalars and those tagged !!str are strings only.
std::optional<bool> ToBool(const Node& node);
std::optional<int64_t> ToInt64(const Node& node);
std::optional<uint64_t> ToUint64(const Node& node);
std::optional<double> ToDouble(const Node& node);

/// True when a plain scalar of this text would be read as something other than a string, so that a writer has to quote it.
bool NeedsQuotes(std::string_view text);

/// Decodes base64 as !!binary has it (white space allowed); nothing when it is invalid.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace tocsin::yaml
