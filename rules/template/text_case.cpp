#include "rules/template/text_case.h"

#include <algorithm>
#include <vector>

#include "base/text/quote.h"
#include "rules/template/format_verb.h"

namespace tocsin::gotemplate {
namespace {

struct Letter {
  char32_t rune;
  std::string_view bytes;  // as in the text, also where these are not valid UTF-8
};

std::vector<Letter> Letters(std::string_view text) {
  std::vector<Letter> letters;
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    const std::string_view bytes = text.substr(0, std::max<size_t>(length, 1));
    char32_t rune = static_cast<unsigned char>(bytes[0]);
    if (length > 1) {
      rune &= 0xFFU >> (length + 1);
      for (const char c : bytes.substr(1)) {
        rune = (rune << 6) | (static_cast<unsigned char>(c) & 0x3FU);
      }
    } else if (length == 0) {
      rune = 0xFFFD;
    }
    letters.push_back({rune, bytes});
    text.remove_prefix(bytes.size());
  }
  return letters;
}

char32_t Upper(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7)) {
    return c - 32;
  }
  if (c == 0xFF) {
    return 0x178;
  }
  if (c >= 0x100 && c <= 0x177 && c != 0x131 && c != 0x138 && c != 0x149) {
    const bool odd_is_lower = c < 0x139 || c > 0x148;
    return (c % 2 == 1) == odd_is_lower ? c - 1 : c;
  }
  if (c >= 0x3B1 && c <= 0x3C9) {
    return c == 0x3C2 ? 0x3A3 : c - 32;
  }
  if (c >= 0x430 && c <= 0x44F) {
    return c - 32;
  }
  return c >= 0x450 && c <= 0x45F ? c - 80 : c;
}

char32_t Lower(char32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) {
    return c + 32;
  }
  if (c >= 0x100 && c <= 0x177 && c != 0x130 && c != 0x138 && c != 0x149) {
    const bool even_is_upper = c < 0x139 || c > 0x148;
    return (c % 2 == 0) == even_is_upper ? c + 1 : c;
  }
  if ((c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F)) {
    return c + 32;
  }
  return c >= 0x400 && c <= 0x40F ? c + 80 : c;
}

bool IsLetter(char32_t c) {
  const bool ascii = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return ascii || (c >= 0xC0 && c != 0xFFFD && c != 0xD7 && c != 0xF7 && (c < 0x2000 || c > 0x206F));
}
bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool IsCased(char32_t c) { return IsLetter(c); }

template <typename Change>
std::string ChangeAll(std::string_view text, Change change) {
  std::string out;
  for (const Letter& letter : Letters(text)) {
    if (const char32_t changed = change(letter.rune); changed != letter.rune) {
      AppendUtf8(changed, &out);
    } else {
      out.append(letter.bytes);
    }
  }
  return out;
}

/// Whether the character at `i` goes on with the word that the one before it is in.
bool ContinuesWord(const std::vector<Letter>& letters, size_t i) {
  const char32_t c = letters[i].rune;
  if (IsLetter(c) || IsDigit(c) || c == '_') {
    return true;
  }
  const bool between = i > 0 && i + 1 < letters.size();
  if (!between) {
    return false;
  }
  const char32_t before = letters[i - 1].rune;
  const char32_t after = letters[i + 1].rune;
  const bool letters_around = IsLetter(before) && IsLetter(after);
  const bool digits_around = IsDigit(before) && IsDigit(after);
  switch (c) {
    case '\'':
    case '.':
    case 0x2019:
      return letters_around || digits_around;
    case ':':
      return letters_around;
    case ',':
    case ';':
      return digits_around;
    default:
      return false;
  }
}

}  // namespace

std::string UpperCased(std::string_view text) { return ChangeAll(text, Upper); }
std::string LowerCased(std::string_view text) { return ChangeAll(text, Lower); }

std::string TitleCased(std::string_view text) {
  const std::vector<Letter> letters = Letters(text);
  std::string out;
  bool seen_cased = false;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (!ContinuesWord(letters, i)) {
      seen_cased = false;
      out.append(letters[i].bytes);
      continue;
    }
    if (!seen_cased && IsCased(letters[i].rune)) {
      seen_cased = true;
      AppendUtf8(Upper(letters[i].rune), &out);
    } else {
      out.append(letters[i].bytes);
    }
  }
  return out;
}

}  // namespace tocsin::gotemplate
