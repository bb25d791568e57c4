#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/types.h"
#include "promql/token.h"

namespace tocsin::promql {

/// The value of a number or duration token (in seconds): Go's syntax, with octal numbers behind a 0, hexadecimal ones behind 0x and
/// underscores between digits. Errors have upstream's texts.
absl::StatusOr<double> ParseNumberToken(const Token& token);

/// Go's conversion of a float to int64 on amd64: what does not fit becomes the smallest number.
int64_t GoInt64(double value);

/// Between the seconds of a NumberLiteral and milliseconds, over whole nanoseconds as upstream does.
DurationMs SecondsToMs(double seconds);
double MsToSeconds(DurationMs duration_ms);

/// Go's strconv.ParseUint(text, 10, 64) with its error text.
absl::StatusOr<uint64_t> ParseGoUint(std::string_view text);

}  // namespace tocsin::promql
