#pragma once

#include <string>
#include <string_view>

namespace tocsin::wire {

/// Appends the text of an AnyValue message: strings as they are, lists and maps as JSON, bytes as base64. False: damaged, or deeper than
/// kOtlpValueDepthMax.
bool AppendOtlpValue(std::string_view message, std::string* out);

/// The parts of a KeyValue message. False: damaged.
bool SplitKeyValue(std::string_view message, std::string_view* key, std::string_view* value);

/// A number as Go's encoding/json writes it; NaN and infinities as "NaN", "+Inf", "-Inf".
void AppendJsonNumber(double value, std::string* out);

}  // namespace tocsin::wire
