#pragma once

#include <string>
#include <string_view>

namespace tocsin::promql {

/// What a string token of the lexer stands for: `text` has its quotes, and its escapes are known to be right.
std::string UnquoteString(std::string_view text);

}  // namespace tocsin::promql
