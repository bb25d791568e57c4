#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rules/template/node.h"

namespace tocsin::gotemplate {

/// Go's strconv.Unquote for "..." and `...`; false when the text is not a valid literal.
bool UnquoteGo(std::string_view literal, std::string* value);

/// A number or character literal in all forms that it allows. Errors: `bad number syntax: "1_"`, `integer overflow: "..."`,
/// `malformed character constant: ''`.
absl::Status ReadNumber(std::string_view literal, NumberForms* forms);

}  // namespace tocsin::gotemplate
