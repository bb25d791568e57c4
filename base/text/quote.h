#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

/// The length in bytes of the valid UTF-8 sequence at the start of `text`; 0 when there is none
/// (overlong forms, surrogates and values above U+10FFFF are invalid, as in Go's unicode/utf8).
size_t Utf8SequenceLength(std::string_view text);

inline constexpr uint32_t kRuneError = 0xfffd;

/// The character at the start of `text` and its length in bytes; kRuneError and 1 where the bytes are not valid UTF-8.
struct Utf8Rune {
  uint32_t rune = kRuneError;
  size_t length = 1;
};
Utf8Rune DecodeUtf8(std::string_view text);

void AppendUtf8(uint32_t rune, std::string* out);

/// 'x' as Go's %q writes a rune, and "U+0063 'c'" as its %#U does.
std::string GoQuotedRune(uint32_t rune);
std::string GoUnicodeRune(uint32_t rune);

/// Appends `text` as Go's strconv.Quote writes it: \a \b \f \n \r \t \v \\ \", \xNN for invalid UTF-8,
/// \u and \U for what is not printable; other characters as they are.
void AppendGoQuoted(std::string_view text, std::string* out);
std::string GoQuoted(std::string_view text);

}  // namespace tocsin
