#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

/// Numbers as Go writes and reads them (packages strconv and fmt), since every text of Prometheus was made by these.
/// Threads: all functions are pure.

/// strconv.FormatFloat(value, format, precision, 64). Formats: 'e' (1.5e+06), 'f' (1500000), 'g' ('e' for exponents < -4 or >= the
/// precision, which counts as 6 for the shortest form). A precision of -1 is the shortest text that reads back as
/// `value`. Infinities are "+Inf" and "-Inf", every NaN is "NaN". fmt's %v and %g are 'g' with -1, its %e is 'e' with 6.
std::string GoFloat(double value, char format, int precision = -1);
void AppendGoFloat(double value, char format, int precision, std::string* out);

/// The text of a sample's value in the JSON of the HTTP API, without the quotes: 'f', but 'e' below 1e-6 and from 1e21 on. Also the text
/// of histogram bucket bounds and counts there.
void AppendSampleValue(double value, std::string* out);

/// The same into a buffer of at least kSampleValueChars; returns the end.
inline constexpr int kSampleValueChars = 32;
char* WriteSampleValue(double value, char* out);

enum class FloatError { kNone, kSyntax, kRange };

/// What strconv.ParseFloat(text, 64) returns: with kRange an infinity of the right sign, with kSyntax 0. Numbers that are too small for
/// a double are 0 and no error.
struct ParsedFloat {
  double value = 0;
  FloatError error = FloatError::kNone;

  bool ok() const { return error == FloatError::kNone; }
};

/// Go's syntax: decimal, hexadecimal with a p exponent, single underscores between digits, inf, infinity and nan in any case.
ParsedFloat ParseGoFloat(std::string_view text);

/// As expositions have them: ParseGoFloat without hexadecimal numbers and underscores (Prometheus's textparse).
ParsedFloat ParseSampleFloat(std::string_view text);

/// ParseGoFloat with Go's error: `strconv.ParseFloat: parsing "1x": invalid syntax`.
absl::StatusOr<double> ParseGoFloatOrError(std::string_view text);

}  // namespace tocsin
