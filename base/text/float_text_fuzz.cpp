#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "base/text/float_text.h"

/// Whatever ParseGoFloat takes, strtod reads as the same number (without underscores), and every text made of it reads back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const tocsin::ParsedFloat parsed = tocsin::ParseGoFloat(text);
  if (parsed.error == tocsin::FloatError::kSyntax) {
    return 0;
  }
  std::string plain;
  for (const char c : text) {
    if (c != '_') {
      plain.push_back(c);
    }
  }
  char* end = nullptr;
  const double expected = std::strtod(plain.c_str(), &end);
  TOCSIN_CHECK(*end == '\0');
  TOCSIN_CHECK(parsed.value == expected || (std::isnan(parsed.value) && std::isnan(expected)));
  if (std::isfinite(parsed.value)) {
    for (const char format : {'e', 'f', 'g'}) {
      TOCSIN_CHECK(tocsin::ParseGoFloat(tocsin::GoFloat(parsed.value, format)).value == parsed.value);
      tocsin::GoFloat(parsed.value, format, static_cast<int>(size % 40));
    }
    std::string sample;
    tocsin::AppendSampleValue(parsed.value, &sample);
    TOCSIN_CHECK(tocsin::ParseGoFloat(sample).value == parsed.value);
  }
  return 0;
}
