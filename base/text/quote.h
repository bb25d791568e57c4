#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

/// The length in bytes of the valid UTF-8 sequence at the start of `text`; 0 when there is none
/// (overlong forms, surrogates and values above U+10FFFF are invalid, as in Go's unicode/utf8).
size_t Utf8SequenceLength(std::string_view text);

/// Appends `text` as Go's strconv.Quote writes it: \a \b \f \n \r \t \v \\ \", \xNN for invalid UTF-8,
/// \u and \U for what is not printable; other characters as they are.
void AppendGoQuoted(std::string_view text, std::string* out);
std::string GoQuoted(std::string_view text);

}  // namespace tocsin
