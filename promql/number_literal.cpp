#include "promql/number_literal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin::promql {
namespace {

// Go's strconv.ParseInt(text, 0, 64).
std::optional<int64_t> ParseGoInteger(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(text[2] == '_' ? 3 : 2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  if (text.empty() || text.back() == '_') {
    return std::nullopt;
  }
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const std::from_chars_result result = std::from_chars(digits.data(), end, value, base);
  return result.ec == std::errc() && result.ptr == end ? std::optional(value) : std::nullopt;
}

}  // namespace

int64_t GoInt64(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  return value >= -kLimit && value < kLimit ? static_cast<int64_t>(value) : std::numeric_limits<int64_t>::min();
}

DurationMs SecondsToMs(double seconds) { return GoInt64(std::round(seconds * 1e9)) / 1'000'000; }

double MsToSeconds(DurationMs duration_ms) {
  return static_cast<double>(duration_ms / kSecond) + static_cast<double>(duration_ms % kSecond * 1'000'000) / 1e9;
}

absl::StatusOr<double> ParseNumberToken(const Token& token) {
  if (token.kind == TokenKind::kDuration) {
    ASSIGN_OR_RETURN(const DurationMs duration, ParseDuration(token.text));
    return MsToSeconds(duration);
  }
  if (const std::optional<int64_t> integer = ParseGoInteger(token.text)) {
    return static_cast<double>(*integer);
  }
  const absl::StatusOr<double> number = ParseGoFloatOrError(token.text);
  if (!number.ok()) {
    return absl::InvalidArgumentError(Cat("error parsing number: ", Message(number.status())));
  }
  return *number;
}

absl::StatusOr<uint64_t> ParseGoUint(std::string_view text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  if (result.ptr == end && result.ec == std::errc()) {
    return value;
  }
  const bool range = result.ptr == end && result.ec == std::errc::result_out_of_range;
  return absl::InvalidArgumentError(
      Cat("strconv.ParseUint: parsing ", GoQuoted(text), ": ", range ? "value out of range" : "invalid syntax"));
}

}  // namespace tocsin::promql
