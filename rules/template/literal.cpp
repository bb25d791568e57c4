#include "rules/template/literal.h"

#include <cctype>
#include <charconv>
#include <cmath>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "rules/template/format_verb.h"

namespace tocsin::gotemplate {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Reads `digits` hexadecimal digits; false when there are fewer.
bool TakeHex(std::string_view* rest, size_t digits, uint32_t* value) {
  if (rest->size() < digits) {
    return false;
  }
  *value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int digit = HexDigit((*rest)[i]);
    if (digit < 0) {
      return false;
    }
    *value = *value * 16 + static_cast<uint32_t>(digit);
  }
  rest->remove_prefix(digits);
  return true;
}

/// What stands behind a backslash. `quote` is the quote that may be escaped.
bool TakeEscape(std::string_view* rest, char quote, std::string* out) {
  if (rest->empty()) {
    return false;
  }
  const char c = rest->front();
  rest->remove_prefix(1);
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\";
  if (const size_t at = kNames.find(c); at != std::string_view::npos) {
    out->push_back(kValues[at]);
    return true;
  }
  uint32_t code = 0;
  switch (c) {
    case 'x':
      if (!TakeHex(rest, 2, &code)) {
        return false;
      }
      out->push_back(static_cast<char>(code));
      return true;
    case 'u':
    case 'U':
      if (!TakeHex(rest, c == 'u' ? 4 : 8, &code) || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return false;
      }
      AppendUtf8(code, out);
      return true;
    default:
      break;
  }
  if (c >= '0' && c <= '7') {
    if (rest->size() < 2) {
      return false;
    }
    code = static_cast<uint32_t>(c - '0');
    for (int i = 0; i < 2; ++i) {
      const char digit = rest->front();
      if (digit < '0' || digit > '7') {
        return false;
      }
      code = code * 8 + static_cast<uint32_t>(digit - '0');
      rest->remove_prefix(1);
    }
    if (code > 255) {
      return false;
    }
    out->push_back(static_cast<char>(code));
    return true;
  }
  if (c == quote) {
    out->push_back(c);
    return true;
  }
  return false;
}

bool UnescapeAll(std::string_view inside, char quote, std::string* value) {
  value->clear();
  while (!inside.empty()) {
    const char c = inside.front();
    inside.remove_prefix(1);
    if (c == quote || c == '\n') {
      return false;
    }
    if (c != '\\') {
      value->push_back(c);
    } else if (!TakeEscape(&inside, quote, value)) {
      return false;
    }
  }
  return true;
}

absl::Status ReadCharConstant(std::string_view literal, NumberForms* forms) {
  std::string value;
  const bool good = literal.size() >= 3 && UnescapeAll(literal.substr(1, literal.size() - 2), '\'', &value) && !value.empty();
  const size_t length = good ? Utf8SequenceLength(value) : 0;
  if (!good || (length != value.size() && value.size() != 1)) {
    return absl::InvalidArgumentError(Cat("malformed character constant: ", literal));
  }
  auto rune = static_cast<uint32_t>(static_cast<unsigned char>(value[0]));
  if (length > 1) {
    rune &= 0xFFU >> (length + 1);
    for (const char c : std::string_view(value).substr(1)) {
      rune = (rune << 6) | (static_cast<unsigned char>(c) & 0x3FU);
    }
  }
  forms->integer = rune;
  forms->unsigned_integer = rune;
  forms->floating = rune;
  return absl::OkStatus();
}

/// Underscores only between digits or behind the base's prefix (Go: "underscores must separate successive digits").
bool UnderscoresAreGood(std::string_view digits, bool prefixed) {
  char before = prefixed ? '0' : '_';
  for (const char c : digits) {
    if (c == '_' && before == '_') {
      return false;
    }
    before = c;
  }
  return before != '_' || digits.empty();
}

/// strconv.ParseUint(text, 0, 64) without its sign.
bool ParseUnsigned(std::string_view text, uint64_t* value) {
  int base = 10;
  bool prefixed = false;
  if (text.size() >= 2 && text[0] == '0') {
    const char mark = static_cast<char>(std::tolower(static_cast<unsigned char>(text[1])));
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    prefixed = true;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  if (text.empty() || !UnderscoresAreGood(text, prefixed)) {
    return false;
  }
  std::string digits;
  for (const char c : text) {
    if (c != '_') {
      digits.push_back(c);
    }
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *value, base);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

bool UnquoteGo(std::string_view literal, std::string* value) {
  if (literal.size() < 2 || literal.front() != literal.back()) {
    return false;
  }
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  if (literal.front() == '`') {
    value->clear();
    for (const char c : inside) {
      if (c != '\r') {
        value->push_back(c);
      }
    }
    return inside.find('`') == std::string_view::npos;
  }
  return literal.front() == '"' && UnescapeAll(inside, '"', value);
}

absl::Status ReadNumber(std::string_view literal, NumberForms* forms) {
  if (literal.starts_with('\'')) {
    return ReadCharConstant(literal, forms);
  }
  const bool negative = literal.starts_with('-');
  const bool has_sign = negative || literal.starts_with('+');
  uint64_t magnitude = 0;
  if (ParseUnsigned(literal.substr(has_sign ? 1 : 0), &magnitude)) {
    constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;
    if (!has_sign) {
      forms->unsigned_integer = magnitude;
    }
    if (magnitude < kMinMagnitude || (negative && magnitude == kMinMagnitude)) {
      forms->integer = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
      forms->floating = static_cast<double>(*forms->integer);
    } else if (!has_sign) {
      forms->floating = static_cast<double>(magnitude);
    }
  }
  if (!forms->floating) {
    const ParsedFloat parsed = ParseGoFloat(literal);
    if (parsed.ok()) {
      if (literal.find_first_of(".eEpP") == std::string_view::npos) {
        return absl::InvalidArgumentError(Cat("integer overflow: ", GoQuoted(literal)));
      }
      forms->floating = parsed.value;
      if (std::abs(parsed.value) < 9.2e18 && std::trunc(parsed.value) == parsed.value) {
        forms->integer = static_cast<int64_t>(parsed.value);
        if (parsed.value >= 0) {
          forms->unsigned_integer = static_cast<uint64_t>(parsed.value);
        }
      }
    }
  }
  if (!forms->integer && !forms->unsigned_integer && !forms->floating) {
    return absl::InvalidArgumentError(Cat("illegal number syntax: ", GoQuoted(literal)));
  }
  return absl::OkStatus();
}

}  // namespace tocsin::gotemplate
