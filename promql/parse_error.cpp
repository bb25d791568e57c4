#include "promql/parse_error.h"

#include "base/strings.h"

namespace tocsin::promql {

absl::Status CheckLength(std::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return absl::InvalidArgumentError(Cat("1:1: parse error: query is longer than ", kMaxQueryBytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status FirstError(std::string_view text, const std::vector<ParseError>& errors) {
  if (errors.empty()) {
    return absl::InternalError("parse error without a text");
  }
  return absl::InvalidArgumentError(Cat(FormatPosition(text, errors[0].pos.start), ": parse error: ", errors[0].message));
}

}  // namespace tocsin::promql
