#include "engine/scrape/fast_number.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

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

constexpr uint64_t kIntegerPowers[] = {1,
                                       10,
                                       100,
                                       1'000,
                                       10'000,
                                       100'000,
                                       1'000'000,
                                       10'000'000,
                                       100'000'000,
                                       1'000'000'000,
                                       10'000'000'000,
                                       100'000'000'000,
                                       1'000'000'000'000,
                                       10'000'000'000'000,
                                       100'000'000'000'000,
                                       1'000'000'000'000'000};

/// ReadShortNumber looks at so many bytes at most: a sign, twice two words of digits, a point, what follows.
constexpr ptrdiff_t kShortNumberBytes = 40;
/// Any number of so many digits is below kExactMantissaMax.
constexpr int kShortDigitsMax = 15;

struct Digits {
  uint64_t value = 0;
  int count = 0;
};

uint64_t LoadWord(const char* text) {
  uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

/// How many digits the word begins with; `word` has '0' taken from each byte by xor.
int CountDigits(uint64_t word) {
  const uint64_t others = ((word + 0x7676767676767676) | word) & 0x8080808080808080;
  return others == 0 ? 8 : std::countr_zero(others) / 8;
}

/// The number of eight digits, one a byte, the first lowest (D. Lemire, "Quickly parsing eight digits", 2018).
uint64_t EightDigits(uint64_t word) {
  word = word * 10 + (word >> 8);
  return ((word & 0x000000ff000000ff) * 0x000f424000000064 + ((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32;
}

/// The next digits, sixteen at most.
Digits TakeDigits(const char* text) {
  constexpr uint64_t kZeros = 0x3030303030303030;
  const uint64_t first = LoadWord(text) ^ kZeros;
  const int count = CountDigits(first);
  if (count < 8) {
    return {EightDigits(first << 8 << (56 - 8 * count)), count};
  }
  const uint64_t second = LoadWord(text + 8) ^ kZeros;
  const int more = CountDigits(second);
  const uint64_t low = more == 8 ? second : second << 8 << (56 - 8 * more);
  return {EightDigits(first) * kIntegerPowers[more] + EightDigits(low), 8 + more};
}

/// What most samples are: few digits, perhaps with a point, read a word at a time. Null: something else.
const char* ReadShortNumber(const char* text, double* value) {
  const bool negative = *text == '-';
  text += negative ? 1 : 0;
  Digits number = TakeDigits(text);
  text += number.count;
  if (number.count == 0 || number.count > kShortDigitsMax) {
    return nullptr;
  }
  double scale = 1;
  if (*text == '.') {
    const Digits fraction = TakeDigits(text + 1);
    text += 1 + fraction.count;
    if (number.count + fraction.count > kShortDigitsMax) {
      return nullptr;
    }
    number.value = number.value * kIntegerPowers[fraction.count] + fraction.value;
    scale = kExactPowers[fraction.count];
  }
  const double result = static_cast<double>(number.value) / scale;
  *value = negative ? -result : result;
  return text;
}

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
  const char* plain = end - text >= kShortNumberBytes ? ReadShortNumber(text, value) : nullptr;
  if (plain != nullptr && (*plain == '\n' || *plain == ' ')) [[likely]] {
    return plain;
  }
  plain = ReadPlainNumber(text, value);
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
