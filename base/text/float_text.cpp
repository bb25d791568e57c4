#include "base/text/float_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

/// Integers up to here are exact, and their shortest digits are all their digits.
constexpr double kExactIntegers = 9007199254740992.0;

/// digits[0..count) * 10^(exponent - count + 1): the first digit stands before the point when exponent is 0.
struct ShortestDigits {
  char digits[20];
  int count = 0;
  int exponent = 0;
};

/// `value` is finite and not negative. std::to_chars gives Go's digits only in its scientific form: its others print all digits of
/// large integers.
ShortestDigits DigitsOf(double value) {
  char text[40];
  const char* end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  ShortestDigits result;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') {
      result.digits[result.count++] = *at;
    }
  }
  ++at;
  if (*at == '+') {
    ++at;
  }
  std::from_chars(at, end, result.exponent);
  return result;
}

char* WriteDigits(const char* digits, int count, char* out) {
  std::memcpy(out, digits, count);
  return out + count;
}

char* WriteScientific(const ShortestDigits& number, char* out) {
  *out++ = number.digits[0];
  if (number.count > 1) {
    *out++ = '.';
    out = WriteDigits(number.digits + 1, number.count - 1, out);
  }
  *out++ = 'e';
  *out++ = number.exponent < 0 ? '-' : '+';
  const int exponent = std::abs(number.exponent);
  if (exponent < 10) {
    *out++ = '0';
  }
  return std::to_chars(out, out + 4, exponent).ptr;
}

char* WriteFixed(const ShortestDigits& number, char* out) {
  if (number.exponent < 0) {
    *out++ = '0';
    *out++ = '.';
    const int zeros = -number.exponent - 1;
    std::memset(out, '0', zeros);
    return WriteDigits(number.digits, number.count, out + zeros);
  }
  const int whole = number.exponent + 1;
  if (number.count <= whole) {
    out = WriteDigits(number.digits, number.count, out);
    std::memset(out, '0', whole - number.count);
    return out + whole - number.count;
  }
  out = WriteDigits(number.digits, whole, out);
  *out++ = '.';
  return WriteDigits(number.digits + whole, number.count - whole, out);
}

char* WriteText(std::string_view text, char* out) { return WriteDigits(text.data(), static_cast<int>(text.size()), out); }

/// NaN and infinities; null when the value is finite.
char* WriteNonFinite(double value, char* out) {
  if (std::isfinite(value)) [[likely]] {
    return nullptr;
  }
  if (std::isnan(value)) {
    return WriteText("NaN", out);
  }
  return WriteText(value > 0 ? "+Inf" : "-Inf", out);
}

/// True for integers that both 'f' and plain integer printing write in the same way.
bool IsPlainInteger(double value, double below) {
  return std::abs(value) < below && value == static_cast<double>(static_cast<int64_t>(value)) && !(value == 0 && std::signbit(value));
}

/// The longest shortest form: 'f' of the smallest denormal, "-0." with 323 zeros before the last of its digits.
constexpr int kShortestChars = 352;

char* WriteShortest(double value, char format, char* out) {
  if (char* end = WriteNonFinite(value, out)) {
    return end;
  }
  if (format != 'e' && IsPlainInteger(value, format == 'f' ? kExactIntegers : 1e6)) {
    return std::to_chars(out, out + 24, static_cast<int64_t>(value)).ptr;
  }
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  const ShortestDigits number = DigitsOf(value);
  const bool scientific = format == 'e' || (format == 'g' && (number.exponent < -4 || number.exponent >= 6) && value != 0);
  return scientific ? WriteScientific(number, out) : WriteFixed(number, out);
}

std::chars_format FormatOf(char format) {
  switch (format) {
    case 'e':
      return std::chars_format::scientific;
    case 'f':
      return std::chars_format::fixed;
    default:
      return std::chars_format::general;
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

bool EqualsLowerCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) {
      return false;
    }
  }
  return true;
}

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Digits with at most one point and no exponent, few enough that one exact division gives the right answer (Clinger 1990).
/// False: not of this kind, correct or not.
bool ParseShortDecimal(std::string_view text, double* value) {
  if (text.empty() || text.size() > 16) {
    return false;
  }
  uint64_t mantissa = 0;
  size_t decimals = 0;
  size_t digits = 0;
  bool point = false;
  for (const char c : text) {
    if (IsDigit(c)) {
      mantissa = mantissa * 10 + (c - '0');
      ++digits;
      decimals += point;
    } else if (c == '.' && !point) {
      point = true;
    } else {
      return false;
    }
  }
  if (digits == 0 || mantissa > static_cast<uint64_t>(kExactIntegers)) {
    return false;
  }
  *value = static_cast<double>(mantissa) / kPowersOfTen[decimals];
  return true;
}

/// Go's rule: an underscore stands between two digits, or between the base prefix and a digit.
bool UnderscoresAreRight(std::string_view text) {
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      continue;
    }
    const auto is_digit = [hex](char c) { return hex ? IsHexDigit(c) : IsDigit(c); };
    const bool after_prefix = hex && i == 2;
    if (i == 0 || i + 1 == text.size() || !(after_prefix || is_digit(text[i - 1])) || !is_digit(text[i + 1])) {
      return false;
    }
  }
  return true;
}

/// `text` is a well-formed number without sign and underscores. strtod reads hexadecimal numbers too and tells overflow from underflow.
ParsedFloat ParseBySystem(std::string_view text, bool negative) {
  const std::string terminated(text);
  char* end = nullptr;
  const double value = std::strtod(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size()) {
    return {0, FloatError::kSyntax};
  }
  return {negative ? -value : value, std::isinf(value) ? FloatError::kRange : FloatError::kNone};
}

bool IsWellFormedHex(std::string_view text) {
  size_t at = 2;
  size_t digits = 0;
  bool point = false;
  for (; at < text.size() && (IsHexDigit(text[at]) || (text[at] == '.' && !point)); ++at) {
    point |= text[at] == '.';
    digits += text[at] != '.';
  }
  if (digits == 0 || at == text.size() || (text[at] | 0x20) != 'p') {
    return false;
  }
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    ++at;
  }
  const size_t exponent = at;
  while (at < text.size() && IsDigit(text[at])) {
    ++at;
  }
  return at == text.size() && at > exponent;
}

/// Neither sign nor underscores.
ParsedFloat ParseUnsigned(std::string_view text, bool negative) {
  if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
    return IsWellFormedHex(text) ? ParseBySystem(text, negative) : ParsedFloat{0, FloatError::kSyntax};
  }
  if (text.empty() || !(IsDigit(text[0]) || text[0] == '.')) {
    return {0, FloatError::kSyntax};
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) {
    return {0, FloatError::kSyntax};
  }
  if (error == std::errc::result_out_of_range) {
    return ParseBySystem(text, negative);
  }
  return {negative ? -value : value, FloatError::kNone};
}

ParsedFloat ParseSpecialOrSlow(std::string_view text, std::string_view magnitude, bool is_signed, bool negative) {
  if (EqualsLowerCase(magnitude, "inf") || EqualsLowerCase(magnitude, "infinity")) {
    return {negative ? -HUGE_VAL : HUGE_VAL, FloatError::kNone};
  }
  if (!is_signed && EqualsLowerCase(text, "nan")) {
    return {std::nan(""), FloatError::kNone};
  }
  if (magnitude.find('_') == std::string_view::npos) {
    return ParseUnsigned(magnitude, negative);
  }
  if (!UnderscoresAreRight(magnitude)) {
    return {0, FloatError::kSyntax};
  }
  std::string plain;
  for (const char c : magnitude) {
    if (c != '_') {
      plain.push_back(c);
    }
  }
  return ParseUnsigned(plain, negative);
}

}  // namespace

void AppendGoFloat(double value, char format, int precision, std::string* out) {
  const size_t old_size = out->size();
  const size_t room = kShortestChars + (precision > 0 ? precision : 0);
  out->resize(old_size + room);
  char* begin = out->data() + old_size;
  char* end = nullptr;
  if (precision < 0) {
    end = WriteShortest(value, format, begin);
  } else if (end = WriteNonFinite(value, begin); end == nullptr) {
    end = std::to_chars(begin, begin + room, value, FormatOf(format), precision).ptr;
  }
  out->resize(end - out->data());
}

std::string GoFloat(double value, char format, int precision) {
  std::string text;
  AppendGoFloat(value, format, precision, &text);
  return text;
}

char* WriteSampleValue(double value, char* out) {
  const double magnitude = std::abs(value);
  const bool scientific = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  return WriteShortest(value, scientific ? 'e' : 'f', out);
}

void AppendSampleValue(double value, std::string* out) {
  char text[kSampleValueChars];
  out->append(text, WriteSampleValue(value, text) - text);
}

ParsedFloat ParseGoFloat(std::string_view text) {
  std::string_view magnitude = text;
  const bool is_signed = !text.empty() && (text[0] == '+' || text[0] == '-');
  const bool negative = is_signed && text[0] == '-';
  if (is_signed) {
    magnitude.remove_prefix(1);
  }
  double value = 0;
  if (ParseShortDecimal(magnitude, &value)) {
    return {negative ? -value : value, FloatError::kNone};
  }
  return ParseSpecialOrSlow(text, magnitude, is_signed, negative);
}

ParsedFloat ParseSampleFloat(std::string_view text) {
  const ParsedFloat parsed = ParseGoFloat(text);
  if (parsed.error != FloatError::kSyntax && text.find_first_of("pP_") != std::string_view::npos) {
    return {0, FloatError::kSyntax};
  }
  return parsed;
}

absl::StatusOr<double> ParseGoFloatOrError(std::string_view text) {
  const ParsedFloat parsed = ParseGoFloat(text);
  if (parsed.ok()) {
    return parsed.value;
  }
  const std::string_view reason = parsed.error == FloatError::kRange ? "value out of range" : "invalid syntax";
  return absl::InvalidArgumentError(Cat("strconv.ParseFloat: parsing ", GoQuoted(text), ": ", reason));
}

}  // namespace tocsin
