#include "engine/scrape/fast_number.h"

#include <cmath>
#include <cstdint>

#include "base/model/sample.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

/// Powers of ten that a double holds exactly (W. D. Clinger, "How to read floating point numbers accurately", 1990): a mantissa below 2^53
/// times or over one of these is rounded once, so it is the nearest double.
constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kExactPowerMax = 22;
constexpr uint64_t kExactMantissaMax = uint64_t{1} << 53;
constexpr int kDigitsMax = 18;

bool IsDigitChar(char c) { return c >= '0' && c <= '9'; }

/// The exponent behind 'e'; null: not as we like it.
const char* ReadExponent(const char* text, int* exponent) {
  const bool negative = *text == '-';
  text += *text == '-' || *text == '+' ? 1 : 0;
  if (!IsDigitChar(*text)) {
    return nullptr;
  }
  int value = 0;
  for (; IsDigitChar(*text); ++text) {
    value = value * 10 + (*text - '0');
    if (value > 400) {
      return nullptr;
    }
  }
  *exponent = negative ? -value : value;
  return text;
}

}  // namespace

const char* ReadPlainNumber(const char* text, double* value) {
  const bool negative = *text == '-';
  text += negative ? 1 : 0;
  uint64_t mantissa = 0;
  const char* const digits = text;
  for (; IsDigitChar(*text); ++text) {
    mantissa = mantissa * 10 + static_cast<uint64_t>(*text - '0');
  }
  auto count = text - digits;
  int exponent = 0;
  if (*text == '.' && count > 0) {
    const char* const fraction = ++text;
    for (; IsDigitChar(*text); ++text) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*text - '0');
    }
    exponent = -static_cast<int>(text - fraction);
    count += text - fraction;
  }
  if (count == 0 || count > kDigitsMax || mantissa > kExactMantissaMax) {
    return nullptr;
  }
  if (*text == 'e' || *text == 'E') {
    int written = 0;
    text = ReadExponent(text + 1, &written);
    if (text == nullptr) {
      return nullptr;
    }
    exponent += written;
  }
  auto result = static_cast<double>(mantissa);
  if (exponent < 0) {
    if (exponent < -kExactPowerMax) {
      return nullptr;
    }
    result /= kExactPowers[-exponent];
  } else if (exponent > 0) {
    if (exponent > kExactPowerMax) {
      return nullptr;
    }
    result *= kExactPowers[exponent];
  }
  *value = negative ? -result : result;
  return text;
}

const char* ReadNumber(const char* text, const char* end, double* value) {
  const char* const plain = ReadPlainNumber(text, value);
  if (plain != nullptr && (*plain == '\n' || *plain == ' ')) {
    return plain;
  }
  const char* stop = text;
  while (stop < end && *stop != ' ' && *stop != '\n') {
    ++stop;
  }
  const ParsedFloat parsed = ParseSampleFloat(std::string_view(text, static_cast<size_t>(stop - text)));
  if (!parsed.ok()) {
    return nullptr;
  }
  *value = std::isnan(parsed.value) ? kNormalNaN : parsed.value;
  return stop;
}

const char* ReadMilliseconds(const char* text, TimestampMs* value) {
  int64_t result = 0;
  const char* const digits = text;
  for (; IsDigitChar(*text); ++text) {
    if (text - digits >= kDigitsMax) {
      return nullptr;
    }
    result = result * 10 + (*text - '0');
  }
  *value = result;
  return text == digits ? nullptr : text;
}

}  // namespace tocsin
