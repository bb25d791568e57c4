#include "promql/string_literal.h"

#include <cstdint>

#include "base/check.h"
#include "base/text/quote.h"

namespace tocsin::promql {
namespace {

uint32_t EscapeDigit(char c) {
  if (c <= '9') {
    return static_cast<uint32_t>(c - '0');
  }
  return static_cast<uint32_t>((c | 0x20) - 'a' + 10);
}

uint32_t TakeDigits(std::string_view* rest, size_t count, uint32_t base) {
  TOCSIN_CHECK_OP(rest->size(), >=, count);
  uint32_t value = 0;
  for (const char c : rest->substr(0, count)) {
    value = value * base + EscapeDigit(c);
  }
  rest->remove_prefix(count);
  return value;
}

// One escape, the backslash taken already.
void TakeEscape(std::string_view* rest, std::string* out) {
  TOCSIN_CHECK(!rest->empty());
  const char c = rest->front();
  if (c >= '0' && c <= '7') {
    out->push_back(static_cast<char>(TakeDigits(rest, 3, 8)));
    return;
  }
  rest->remove_prefix(1);
  switch (c) {
    case 'x':
      out->push_back(static_cast<char>(TakeDigits(rest, 2, 16)));
      return;
    case 'u':
      AppendUtf8(TakeDigits(rest, 4, 16), out);
      return;
    case 'U':
      AppendUtf8(TakeDigits(rest, 8, 16), out);
      return;
    default:
      break;
  }
  static constexpr std::string_view kNames = "abfnrtv";
  static constexpr std::string_view kCharacters = "\a\b\f\n\r\t\v";
  const size_t name = kNames.find(c);
  out->push_back(name == std::string_view::npos ? c : kCharacters[name]);
}

}  // namespace

std::string UnquoteString(std::string_view text) {
  TOCSIN_CHECK_OP(text.size(), >=, 2u);
  std::string_view rest = text.substr(1, text.size() - 2);
  if (text.front() == '`') {
    return std::string(rest);
  }
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const size_t plain = rest.find('\\');
    out.append(rest.substr(0, plain));
    rest.remove_prefix(plain == std::string_view::npos ? rest.size() : plain + 1);
    if (plain != std::string_view::npos) {
      TakeEscape(&rest, &out);
    }
  }
  return out;
}

}  // namespace tocsin::promql
