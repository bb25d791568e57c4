#pragma once

#include <string>
#include <string_view>

namespace tocsin::api {

inline constexpr std::string_view kEscapedNamePrefix = "U__";

/// Undoes the "values" escaping of UTF-8 names (prometheus/common model.UnescapeName): U__http_2e_status is http.status, "__" is one
/// underscore. A name that is not escaped rightly comes back as it is.
std::string UnescapeName(std::string_view name);

}  // namespace tocsin::api
