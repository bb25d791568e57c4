#include "api/v1/name_escaping.h"

#include <cstdint>
#include <optional>

namespace tocsin::api {
namespace {

constexpr size_t kHexDigitsMax = 6;
constexpr uint32_t kRuneMax = 0x10ffff;

void AppendUtf8(uint32_t rune, std::string* out) {
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xc0 | rune >> 6));
    out->push_back(static_cast<char>(0x80 | (rune & 63)));
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | rune >> 12));
    out->push_back(static_cast<char>(0x80 | (rune >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (rune & 63)));
  } else {
    out->push_back(static_cast<char>(0xf0 | rune >> 18));
    out->push_back(static_cast<char>(0x80 | (rune >> 12 & 63)));
    out->push_back(static_cast<char>(0x80 | (rune >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (rune & 63)));
  }
}

/// "2e_" at the front of `rest`: its code point; `rest` then begins behind the underscore.
std::optional<uint32_t> TakeRune(std::string_view* rest) {
  uint32_t rune = 0;
  for (size_t i = 0; i < rest->size() && i <= kHexDigitsMax; ++i) {
    const char c = (*rest)[i];
    if (c == '_') {
      rest->remove_prefix(i + 1);
      return i > 0 && rune <= kRuneMax && (rune < 0xd800 || rune > 0xdfff) ? std::optional<uint32_t>(rune) : std::nullopt;
    }
    if (c >= '0' && c <= '9') {
      rune = rune * 16 + static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      rune = rune * 16 + static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      rune = rune * 16 + static_cast<uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string UnescapeName(std::string_view name) {
  if (!name.starts_with(kEscapedNamePrefix)) {
    return std::string(name);
  }
  std::string out;
  std::string_view rest = name.substr(kEscapedNamePrefix.size());
  while (!rest.empty()) {
    if (rest.front() != '_') {
      out.push_back(rest.front());
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(1);
    if (rest.starts_with('_')) {
      out.push_back('_');
      rest.remove_prefix(1);
      continue;
    }
    const std::optional<uint32_t> rune = TakeRune(&rest);
    if (!rune.has_value()) {
      return std::string(name);
    }
    AppendUtf8(*rune, &out);
  }
  return out;
}

}  // namespace tocsin::api
