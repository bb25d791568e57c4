#pragma once

#include <string_view>

#include "base/types.h"

namespace tocsin {

/// Reads a number at `text`, which must be followed by a byte that is no part of a number (a std::string's end will do). Returns the first
/// byte behind it, or null where it has another form than the common ones (`12`, `-0.5`, `1.5e-05`) or would need more than
/// one rounding: then ask a full parser. What it reads is exact.
const char* ReadPlainNumber(const char* text, double* value);

/// A number in any form that expositions have, up to a space or line end; null: it is none. NaN becomes the normal one.
const char* ReadNumber(const char* text, const char* end, double* value);

/// Digits; null: none, or too many for an int64.
const char* ReadMilliseconds(const char* text, TimestampMs* value);

}  // namespace tocsin
