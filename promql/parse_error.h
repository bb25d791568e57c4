#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "promql/parser.h"

namespace tocsin::promql {

/// An error when the text is longer than kMaxQueryBytes.
absl::Status CheckLength(std::string_view text);

/// The first error as users see it: "1:5: parse error: ...".
absl::Status FirstError(std::string_view text, const std::vector<ParseError>& errors);

}  // namespace tocsin::promql
