#include "base/text/quote.h"

#include <cstdint>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

uint32_t DecodeRune(std::string_view s) {
  const auto b = [s](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(s[i])); };
  switch (s.size()) {
    case 1:
      return b(0);
    case 2:
      return (b(0) & 0x1f) << 6 | (b(1) & 0x3f);
    case 3:
      return (b(0) & 0x0f) << 12 | (b(1) & 0x3f) << 6 | (b(2) & 0x3f);
    default:
      return (b(0) & 0x07) << 18 | (b(1) & 0x3f) << 12 | (b(2) & 0x3f) << 6 | (b(3) & 0x3f);
  }
}

// What Go's strconv.IsPrint refuses in common use: controls, spaces other than U+0020, format and private characters.
bool IsPrintable(uint32_t rune) {
  if (rune < 0x20 || (rune >= 0x7f && rune <= 0xa0) || rune == 0xad) {
    return false;
  }
  if (rune == 0x1680 || rune == 0x180e || (rune >= 0x2000 && rune <= 0x200f) || (rune >= 0x2028 && rune <= 0x202f) ||
      (rune >= 0x205f && rune <= 0x206f) || rune == 0x3000 || rune == 0xfeff || (rune >= 0xfff0 && rune <= 0xfffb)) {
    return false;
  }
  return !(rune >= 0xe000 && rune <= 0xf8ff) && (rune & 0xfffe) != 0xfffe && !(rune >= 0xfdd0 && rune <= 0xfdef) && rune < 0xe0000;
}

void AppendRune(uint32_t rune, std::string* out) {
  if (IsPrintable(rune)) {
    AppendUtf8(rune, out);
    return;
  }
  static constexpr std::string_view kEscapes = "\aa\bb\ff\nn\rr\tt\vv";
  for (size_t i = 0; i < kEscapes.size(); i += 2) {
    if (rune == static_cast<unsigned char>(kEscapes[i])) {
      out->push_back('\\');
      out->push_back(kEscapes[i + 1]);
      return;
    }
  }
  if (rune < 0x20 || rune == 0x7f) {
    absl::StrAppendFormat(out, "\\x%02x", rune);
  } else if (rune < 0x10000) {
    absl::StrAppendFormat(out, "\\u%04x", rune);
  } else {
    absl::StrAppendFormat(out, "\\U%08x", rune);
  }
}

}  // namespace

size_t Utf8SequenceLength(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto at = [text](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&at](size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned first = at(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return follows(1) ? 2 : 0;
  }
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && at(1) < 0x90;
    const bool too_large = first == 0xf4 && at(1) > 0x8f;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

Utf8Rune DecodeUtf8(std::string_view text) {
  const size_t length = Utf8SequenceLength(text);
  return length == 0 ? Utf8Rune{} : Utf8Rune{DecodeRune(text.substr(0, length)), length};
}

void AppendUtf8(uint32_t rune, std::string* out) {
  const auto tail = [rune](int shift) { return static_cast<char>(0x80 | ((rune >> shift) & 0x3f)); };
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->append({static_cast<char>(0xc0 | (rune >> 6)), tail(0)});
  } else if (rune < 0x10000) {
    out->append({static_cast<char>(0xe0 | (rune >> 12)), tail(6), tail(0)});
  } else {
    out->append({static_cast<char>(0xf0 | (rune >> 18)), tail(12), tail(6), tail(0)});
  }
}

std::string GoQuotedRune(uint32_t rune) {
  std::string out = "'";
  if (rune == '\'' || rune == '\\') {
    out.push_back('\\');
    out.push_back(static_cast<char>(rune));
  } else {
    AppendRune(rune, &out);
  }
  out.push_back('\'');
  return out;
}

std::string GoUnicodeRune(uint32_t rune) {
  std::string out = absl::StrFormat("U+%04X", rune);
  if (IsPrintable(rune)) {
    out.append(" '");
    AppendUtf8(rune, &out);
    out.push_back('\'');
  }
  return out;
}

void AppendGoQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
      ++i;
      continue;
    }
    const size_t length = Utf8SequenceLength(text.substr(i));
    if (length == 0) {
      absl::StrAppendFormat(out, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      ++i;
      continue;
    }
    AppendRune(DecodeRune(text.substr(i, length)), out);
    i += length;
  }
  out->push_back('"');
}

std::string GoQuoted(std::string_view text) {
  std::string out;
  AppendGoQuoted(text, &out);
  return out;
}

}  // namespace tocsin
