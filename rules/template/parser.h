#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rules/template/node.h"

namespace tocsin::gotemplate {

/// Limits of what is parsed; beyond them the text is refused.
inline constexpr size_t kMaxTemplateBytes = 1 << 20;
inline constexpr int kMaxTemplateDepth = 200;

/// Parses a template named `name`. Functions and variables must exist. Error texts are Go's: "template: NAME:LINE: unclosed action".
/// Threads: the result is immutable.
absl::StatusOr<std::unique_ptr<const TreeSet>> ParseTemplate(std::string_view name, std::string_view text);

}  // namespace tocsin::gotemplate
