#pragma once

#include <string>
#include <string_view>

namespace tocsin {

/// Letters of any script in lower or upper case, one code point for one, as Go's strings.ToLower and ToUpper do; bytes that are no UTF-8
/// become U+FFFD.
std::string ToLowerUtf8(std::string_view text);
std::string ToUpperUtf8(std::string_view text);

}  // namespace tocsin
