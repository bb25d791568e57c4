#include "engine/relabel/letter_case.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>

#include "base/text/quote.h"

namespace tocsin {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// glibc's tables of all scripts, whatever the locale of the process is. It lives as long as the process.
locale_t Utf8Locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

char32_t DecodeUtf8(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  char32_t point = sequence.size() == 1 ? first : first & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1)) {
    point = point << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  }
  return point;
}

void AppendUtf8(char32_t point, std::string* out) {
  if (point < 0x80) {
    out->push_back(static_cast<char>(point));
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const char32_t lead = more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0;
  out->push_back(static_cast<char>(lead | point >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(0x80 | (point >> (6 * i) & 0x3f)));
  }
}

template <typename Map>
std::string MapCodePoints(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    AppendUtf8(map(length == 0 ? kReplacement : DecodeUtf8(text.substr(0, length))), &out);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string ToLowerUtf8(std::string_view text) {
  if (IsAscii(text) || Utf8Locale() == nullptr) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
  }
  return MapCodePoints(text, [](char32_t c) { return static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), Utf8Locale())); });
}

std::string ToUpperUtf8(std::string_view text) {
  if (IsAscii(text) || Utf8Locale() == nullptr) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
  }
  return MapCodePoints(text, [](char32_t c) { return static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), Utf8Locale())); });
}

}  // namespace tocsin
