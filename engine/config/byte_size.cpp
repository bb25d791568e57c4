#include "engine/config/byte_size.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/strings.h"

namespace tocsin {
namespace {

constexpr std::string_view kUnitLetters = "KMGTPE";

// The factor of "B", "KiB", "KB", ...; 0 when there is no such unit.
int64_t FactorOf(std::string_view unit) {
  if (unit == "B") {
    return 1;
  }
  if (unit.size() < 2 || (unit.substr(1) != "iB" && unit.substr(1) != "B")) {
    return 0;
  }
  const size_t power = kUnitLetters.find(unit[0]);
  return power == std::string_view::npos ? 0 : int64_t{1} << (10 * (power + 1));
}

bool IsNumberByte(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

absl::StatusOr<int64_t> ParseByteSize(std::string_view text) {
  const auto invalid = [text] { return absl::InvalidArgumentError(Cat("units: invalid ", text)); };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    rest.remove_prefix(1);
  }
  if (rest == "0") {
    return 0;
  }
  if (rest.empty()) {
    return invalid();
  }
  double sum = 0;
  while (!rest.empty()) {
    size_t digits = 0;
    while (digits < rest.size() && IsNumberByte(rest[digits])) {
      ++digits;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + digits, number, std::chars_format::fixed);
    if (digits == 0 || error != std::errc() || end != rest.data() + digits) {
      return invalid();
    }
    rest.remove_prefix(digits);
    size_t letters = 0;
    while (letters < rest.size() && !IsNumberByte(rest[letters])) {
      ++letters;
    }
    const std::string_view unit = rest.substr(0, letters);
    const int64_t factor = FactorOf(unit);
    if (factor == 0) {
      return absl::InvalidArgumentError(Cat("units: unknown unit ", unit, " in ", text));
    }
    sum += number * static_cast<double>(factor);
    rest.remove_prefix(letters);
  }
  if (sum >= 0x1p63) {
    return invalid();
  }
  return static_cast<int64_t>(negative ? -sum : sum);
}

std::string FormatByteSize(int64_t bytes) {
  if (bytes == 0) {
    return "0B";
  }
  std::string out = bytes < 0 ? "-" : "";
  uint64_t rest = bytes < 0 ? 0 - static_cast<uint64_t>(bytes) : static_cast<uint64_t>(bytes);
  for (int power = 6; power >= 0; --power) {
    const uint64_t factor = uint64_t{1} << (10 * power);
    if (rest >= factor) {
      Append(&out, rest / factor, power == 0 ? "B" : Cat(kUnitLetters.substr(static_cast<size_t>(power) - 1, 1), "iB"));
      rest %= factor;
    }
  }
  return out;
}

}  // namespace tocsin
