#pragma once

#include <string>
#include <string_view>

namespace tocsin::test {

/// Percent-encodes all but ASCII letters and digits.
std::string UrlEncode(std::string_view text);

}  // namespace tocsin::test
